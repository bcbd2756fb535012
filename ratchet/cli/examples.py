"""`ratchet examples`: write examples at the terminal, list them, look at one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, MaybeSignatureName, SignatureName, known_signature, load
from ratchet.cli.credentials import login_name
from ratchet.cli.terminal import print_json, print_rows, print_table, say

if TYPE_CHECKING:
    from ratchet.examples import Example, ExampleId, Status
    from ratchet.store import JudgementRecord, Store

app = typer.Typer(no_args_is_help=True, help="Single examples: write, list, look at.")

COLUMNS = ("id", "signature", "status", "quality", "source", "difficulty", "category", "created")
ID_SHOWN = 8


@app.command("add")
def add(
    *,
    signature: SignatureName,
    from_json: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-",
            help="Take the examples of this file, or of standard input, instead of asking.",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Append what is stored to this .jsonl or .json, too."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Who writes them. [default: the login name]"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --from-json, print what became of them as JSON.")
    ] = False,
) -> None:
    """Write examples, field by field, with what is typed checked at once.

    Shows first what the set still lacks. Nothing is stored before you have seen it whole and
    said yes. With --from-json nobody is asked; then the command leaves with 1 when an example
    was not taken.
    """
    from ratchet.cli.example_intake import Intake

    spec = known_signature(signature)
    intake = Intake(spec=spec, settings=load(), author=by or login_name(), file=file)
    if from_json is not None:
        taken = intake.take_all(from_json)
        if as_json:
            print_json([one.to_json() for one in taken])
        else:
            for one in taken:
                say(one.sentence)
        raise typer.Exit(0 if all(one.is_stored for one in taken) else EXIT_NOT_REACHED)
    if as_json:
        raise typer.BadParameter("goes with --from-json", param_hint="--json")
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "writing an example needs a terminal; without one, use --from-json FILE or -"
        )
    from ratchet.cli.example_writing import ExampleWriter

    ExampleWriter(intake).run()


@app.command("list")
def list_examples(
    *,
    signature: MaybeSignatureName = None,
    status: Annotated[str | None, typer.Option(metavar="STATUS", help="Of this status.")] = None,
    source: Annotated[str | None, typer.Option(metavar="SOURCE", help="Of this source.")] = None,
    category: Annotated[str | None, typer.Option(metavar="WORD", help="Of this category.")] = None,
    limit: Annotated[
        int, typer.Option(min=1, metavar="N", help="At most so many of each signature.")
    ] = 20,
    as_json: AsJson = False,
) -> None:
    """List stored examples, the newest first."""
    from ratchet.store import open_store

    load()
    with open_store(load().store_url) as store:
        names = (known_signature(signature).name,) if signature else store.examples.signatures()
        found = [
            example
            for name in names
            for example in islice(_found(store, name, status, source, category), limit)
        ]
    if as_json:
        print_json([example.to_json() for example in found])
    else:
        print_rows("Examples", COLUMNS, [_row(example) for example in found], as_json=False)


@app.command("show")
def show(
    *,
    example: Annotated[
        str, typer.Argument(metavar="ID", help="The id of an example, or its first digits.")
    ],
    as_json: AsJson = False,
) -> None:
    """Show an example whole, with everything that was ever decided about it."""
    from ratchet import signatures
    from ratchet.cli.example_cards import show_example
    from ratchet.store import open_store

    with open_store(load().store_url) as store:
        found = _example(store, example)
        history = store.examples.judgements(found.example_id)
    if as_json:
        print_json({**found.to_json(), "judgements": [_judgement(j) for j in history]})
        return
    show_example(signatures.get(found.signature), found, title=found.signature)
    if history:
        print_table(
            "Decisions",
            ("at", "by", "before", "after", "quality", "why"),
            (
                (j.at, j.actor, j.status_before, j.status_after, j.quality_after, j.reason)
                for j in history
            ),
        )


def _found(
    store: Store, name: str, status: str | None, source: str | None, category: str | None
) -> Iterator[Example]:
    from ratchet.examples import Source
    from ratchet.store import Order

    found = store.examples.find(
        name,
        statuses=(_status(status),) if status else (),
        sources=(Source.parse(source),) if source else (),
        order=Order.NEWEST,
    )
    return (example for example in found if category in {None, example.category})


def _status(word: str) -> Status:
    from ratchet.examples import Status

    if word not in set(Status):
        known = ", ".join(status.value for status in Status)
        raise typer.BadParameter(
            f"{word!r} is no status; use one of {known}", param_hint="--status"
        )
    return Status(word)


def _example(store: Store, prefix: str) -> Example:
    """The example whose id begins like this.

    Raises:
        InputError: none does, or several do.
    """
    from ratchet.errors import InputError

    ids: tuple[ExampleId, ...] = store.reviews.matching(prefix.lower())
    if len(ids) > 1:
        shown = ", ".join(example_id[:12] for example_id in ids)
        raise InputError(f"Several examples begin with {prefix!r}: {shown}. Give more digits.")
    found = store.examples.get(ids[0]) if ids else None
    if found is None:
        raise InputError(
            f"No example is called {prefix!r}. `ratchet examples list` shows the newest."
        )
    return found


def _row(example: Example) -> dict[str, Any]:
    return {
        "id": example.example_id[:ID_SHOWN],
        "signature": example.signature,
        "status": example.status.value,
        "quality": example.quality_score,
        "source": example.source.value,
        "difficulty": example.difficulty.value,
        "category": example.category,
        "created": example.created_at,
    }


def _judgement(record: JudgementRecord) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(record), "at": record.at.isoformat()}
