"""`ratchet collect`: examples from git histories, telemetry and generators, into files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_INTERRUPTED, EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, SignatureNames, configured, load, wanted_signatures
from ratchet.cli.terminal import counted, print_json, print_table, say, say_all, working

if TYPE_CHECKING:
    from ratchet.cli.curation import Window
    from ratchet.cli.writers import Writer
    from ratchet.collect import Collection
    from ratchet.collect.git_history.options import MiningOptions

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
    rows = [leave(found, name, folder, source="git", target=target) for name in names]
    show(rows, found, as_json=as_json)


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
    rows = [leave(found, name, folder, source="telemetry", target=target) for name in names]
    show(rows, found, as_json=as_json)


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


def leave(found: Collection, name: str, folder: Path, *, source: str, target: int) -> _Row:
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


def show(
    rows: list[_Row],
    found: Collection,
    *,
    as_json: bool,
    writer: Writer | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Print the outcome and leave with the exit code it deserves."""
    if as_json:
        print_json(
            {
                "signatures": [asdict(row) for row in rows],
                "skipped": dict(found.skipped),
                "notes": list(found.notes),
                **(extra or {}),
            }
        )
    else:
        for line in _lines(rows, found, writer):
            say(line)
    if writer is not None and writer.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    is_waiting = writer is not None and writer.is_waiting
    is_reached = all(row.collected for row in rows) and not is_waiting
    raise typer.Exit(0 if is_reached else EXIT_NOT_REACHED)


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
