"""`ratchet collect`: examples from git histories, telemetry and generators, into files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.cli import EXIT_INTERRUPTED, EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, SignatureNames, configured, load, wanted_signatures
from ratchet.cli.terminal import counted, print_json, print_table, say, say_all, working

if TYPE_CHECKING:
    from ratchet.cli.curation import Window
    from ratchet.cli.writers import Writer
    from ratchet.collect import Collection
    from ratchet.collect.git_history.options import MiningOptions
    from ratchet.collect.orders import CoverageOrder

FOLDER = "collected_data"

app = typer.Typer(no_args_is_help=True, help="Collect examples into files, one per signature.")

Output = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder of the files; what they hold already stays. "
        f"[default: {FOLDER} in the state folder]",
    ),
]


@dataclass(frozen=True, kw_only=True)
class _Row:
    """What one signature got: `collected` now, `in_file` with what the file held before."""

    signature: str
    collected: int
    target: int
    in_file: int
    file: str


@app.command("git")
def collect_git(
    *,
    repo: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH", help="Git repository, also as an address. Repeatable. [default: .]"
        ),
    ] = None,
    since_days: Annotated[
        int,
        configured(
            "collection.since_days", min=1, max=20_000, metavar="N", help="Days of history to mine."
        ),
    ],
    target: Annotated[
        int,
        configured(
            "collection.git_target", min=1, metavar="N", help="Examples wanted, per signature."
        ),
    ],
    signature: SignatureNames = None,
    output: Output = None,
    include: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Paths to look at (src/**). Repeatable."),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Paths to leave out. Repeatable.")
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--type", metavar="TYPE", help="Commits to look at: feat, fix, docs... Repeatable."
        ),
    ] = None,
    min_message_length: Annotated[
        int, typer.Option(min=0, metavar="N", help="Characters that a commit message must have.")
    ] = 10,
    exclude_merges: Annotated[
        bool,
        typer.Option("--exclude-merges/--include-merges", help="Whether to skip merge commits."),
    ] = True,
    authors_in_clear: Annotated[
        bool, typer.Option("--authors-in-clear", help="Keep names of authors, not hashes of them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Mine examples from git histories.

    One JSONL file per signature. Leaves with 1 when a signature came home with nothing.
    """
    names = wanted_signatures(signature)
    from ratchet.collect.git_history.options import MiningOptions

    options = MiningOptions(
        since_days=since_days,
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        types=tuple(kind or ()),
        min_message_length=min_message_length,
        exclude_merges=exclude_merges,
        include_authors_in_clear=authors_in_clear,
    )
    folder = output or load().home / FOLDER
    with working("Reading the history", quiet=as_json):
        found = _mine(repo or ["."], names, options, target)
    rows = [_leave(found, name, folder, source="git", target=target) for name in names]
    _show(rows, found, as_json=as_json)


@app.command("synthetic")
def collect_synthetic(
    *,
    target: Annotated[
        int,
        configured(
            "collection.synthetic_target",
            min=1,
            metavar="N",
            help="Examples wanted, per signature.",
        ),
    ],
    signature: SignatureNames = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed gives other examples.")] = 1,
    lm: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="anthropic/<model> has Claude write them, offline/in-context takes templates. "
            "[default: Claude with ANTHROPIC_API_KEY, otherwise templates]",
        ),
    ] = "",
    max_cost_usd: Annotated[
        float,
        typer.Option(min=0.0, metavar="USD", help="What Claude may cost for all of them."),
    ] = 5.0,
    for_coverage: Annotated[
        bool,
        typer.Option("--for-coverage", help="First what the accepted examples in the store lack."),
    ] = False,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Write synthetic examples, from templates or with Claude.

    One JSONL file per signature. Every label of Claude's is confirmed by a second call that
    does not see it. Leaves with 1 when a signature came home with nothing.
    """
    from ratchet.cli.writers import choose_writer

    names = wanted_signatures(signature)
    settings = load()
    writer = choose_writer(
        lm or settings.model,
        chosen=bool(lm),
        max_cost_usd=max_cost_usd,
        api_base=settings.api_base or None,
    )
    folder = output or settings.home / FOLDER
    rows, found = [], None
    for name in names:
        with working(f"Writing {name} with {writer.name}", quiet=as_json):
            orders = _orders(name, target) if for_coverage else ()
            part = writer.write(name, target, seed=seed, now=datetime.now(UTC), orders=orders)
        rows.append(_leave(part, name, folder, source="synthetic", target=target))
        found = part if found is None else found + part
        if writer.interrupted:
            break
    assert found is not None  # noqa: S101 - for mypy: there is at least one signature
    _show(rows, found, as_json=as_json, writer=writer)


@app.command("telemetry")
def collect_telemetry(
    *,
    signature: SignatureNames = None,
    since_days: Annotated[
        int,
        configured(
            "collection.since_days",
            min=1,
            max=20_000,
            metavar="N",
            help="Days of requests to look at.",
        ),
    ],
    min_quality: Annotated[
        float,
        typer.Option(
            min=0.0, max=1.0, metavar="Q", help="Quality from which feedback confirms an answer."
        ),
    ] = 0.8,
    target: Annotated[
        int,
        configured(
            "collection.telemetry_target",
            min=1,
            metavar="N",
            help="Examples wanted, or failures shown, per signature.",
        ),
    ],
    failures: Annotated[
        bool,
        typer.Option("--failures", help="Show what went wrong and wants a right answer instead."),
    ] = False,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Collect requests of production that feedback corrected or confirmed.

    One JSONL file per signature. What production answered is no example unless feedback says
    that it is right. Leaves with 1 when a signature came home with nothing; with --failures,
    which writes nothing, with 0.
    """
    from ratchet.cli.curation import Window, queues_of, show_queues

    names = wanted_signatures(signature)
    settings = load()
    window = Window(
        since_days=since_days, min_quality=min_quality, target=target, now=datetime.now(UTC)
    )
    with working("Reading telemetry", quiet=as_json):
        if failures:
            queues = queues_of(names, window, store_url=settings.store_url)
        else:
            found = _recorded(names, window, store_url=settings.store_url)
    if failures:
        show_queues(queues, as_json=as_json)
        return
    folder = output or settings.home / FOLDER
    rows = [_leave(found, name, folder, source="telemetry", target=target) for name in names]
    _show(rows, found, as_json=as_json)


def _recorded(names: tuple[str, ...], window: Window, *, store_url: str) -> Collection:
    """The examples of all signatures that telemetry gives."""
    from ratchet.collect import Collection
    from ratchet.collect.telemetry import collect_telemetry as collect
    from ratchet.store import open_store

    found = Collection()
    with open_store(store_url) as store:
        for name in names:
            found += collect(
                store.payloads,
                name,
                since_days=window.since_days,
                now=window.now,
                min_quality=window.min_quality,
                target=window.target,
            )
    return found


def _orders(name: str, target: int) -> tuple[CoverageOrder, ...]:
    """What the coverage plan lacks beside the accepted examples of the store."""
    from ratchet import signatures
    from ratchet.collect.orders import orders_for
    from ratchet.store import USABLE, open_store

    with open_store(load().store_url) as store:
        held = tuple(store.examples.find(name, statuses=USABLE))
    return orders_for(signatures.get(name), held, limit=target)


def _mine(
    locations: Iterable[str], names: tuple[str, ...], options: MiningOptions, target: int
) -> Collection:
    """The examples of all repositories, of which each signature keeps the target."""
    from ratchet import signatures
    from ratchet.collect import Collection
    from ratchet.collect.git_history import mine
    from ratchet.collect.repositories import bring_repository
    from ratchet.collect.selection import select

    found = Collection()
    for location in locations:
        path = bring_repository(location, cache=load().cache_folder)
        found += mine(path, options, now=datetime.now(UTC), signatures=names)
    chosen = [
        select(signatures.get(name), [e for e in found.examples if e.signature == name], target)
        for name in names
    ]
    return Collection(
        examples=tuple(e for selection in chosen for e in selection.examples),
        skipped=found.skipped,
        notes=(*found.notes, *(note for selection in chosen for note in selection.shortfalls)),
    )


def _leave(found: Collection, name: str, folder: Path, *, source: str, target: int) -> _Row:
    """Write what was found for a signature, so that nothing is lost when the next one fails."""
    from ratchet.cli.example_files import add_to_file

    examples = [example for example in found.examples if example.signature == name]
    path = folder / f"{name}.{source}.jsonl"
    in_file = add_to_file(path, examples) if examples or path.exists() else 0
    return _Row(
        signature=name,
        collected=len(examples),
        target=target,
        in_file=in_file,
        file=str(path) if in_file else "",
    )


def _show(
    rows: list[_Row], found: Collection, *, as_json: bool, writer: Writer | None = None
) -> None:
    """Print the outcome and leave with the exit code it deserves."""
    if as_json:
        print_json(
            {
                "signatures": [asdict(row) for row in rows],
                "skipped": dict(found.skipped),
                "notes": list(found.notes),
                **(writer.bill if writer else {}),
            }
        )
    else:
        for line in _lines(rows, found, writer):
            say(line)
    if writer is not None and writer.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    raise typer.Exit(0 if all(row.collected for row in rows) else EXIT_NOT_REACHED)


def _lines(rows: list[_Row], found: Collection, writer: Writer | None) -> Iterator[str]:
    columns = ("signature", "collected", "target", "in file")
    cells = ((row.signature, row.collected, row.target, row.in_file) for row in rows)
    print_table("Collected", columns, cells)
    if found.skipped:
        yield f"Skipped: {counted(found.skipped)}."
    if found.notes:
        say("Notes:")
        say_all(found.notes)
    if writer is not None:
        yield writer.said
    if written := [row.file for row in rows if row.file]:
        folder = Path(written[0]).parent
        yield f"Files: {folder}"
        yield f"Next: ratchet validate {folder}"
