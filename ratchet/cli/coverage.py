"""`ratchet coverage`: which kinds of examples a set has, and which are to be collected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, known_signature, load
from ratchet.cli.terminal import print_json, print_table, say, say_all

if TYPE_CHECKING:
    from ratchet.examples import Example
    from ratchet.signatures.spec import SignatureSpec

SHOWN = 12  # orders on the screen; --json has all of them


def coverage(
    *,
    signature: Annotated[str, typer.Argument(metavar="SIGNATURE", help="The signature.")],
    file: Annotated[
        list[Path] | None,
        typer.Option("--file", metavar="FILE", help="Examples of this file. Repeatable."),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(metavar="VERSION", help="A dataset version, or latest.")
    ] = None,
    from_store: Annotated[
        bool, typer.Option("--from-store", help="What the store holds as accepted. [default]")
    ] = False,
    starter: Annotated[
        bool, typer.Option("--starter", help="The starter set that comes with Ratchet.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show which kinds of examples a set has, and what to collect.

    Leaves with 1 when the coverage plan of the signature is not full.
    """
    from ratchet.collect.orders import in_words
    from ratchet.quality.coverage import measure_coverage

    if sum((bool(file), dataset is not None, from_store, starter)) > 1:
        raise typer.BadParameter("give one of --file, --dataset, --from-store and --starter")
    spec = known_signature(signature)
    examples = _examples(spec, file, dataset, starter=starter)
    report = measure_coverage(spec, examples)
    orders = in_words(spec, examples)
    if as_json:
        print_json({**report.to_json(), "orders": list(orders)})
    else:
        print_table(
            f"{spec.name}: {report.example_count} examples",
            ("cell", "have", "want", "missing", "decided by"),
            ((c.cell.key, c.have, c.cell.want, c.missing, c.cell.rule.said) for c in report.cells),
        )
        say(report.message)
        if orders:
            say("To collect:")
            say_all(orders, at_most=SHOWN)
            say(f"Next: ratchet collect synthetic --signature {spec.name} --for-coverage")
    raise typer.Exit(0 if report.is_full else EXIT_NOT_REACHED)


def _examples(
    spec: SignatureSpec, files: Sequence[Path] | None, dataset: str | None, *, starter: bool
) -> Sequence[Example]:
    """The examples that are asked about; what the store accepted when nothing is named."""
    from ratchet.cli.example_files import read_files
    from ratchet.collect.starter import starter_examples
    from ratchet.curation.admission import Admission
    from ratchet.datasets import DatasetFolder
    from ratchet.store import USABLE, open_store

    if files:
        return read_files(files, signature=spec.name, now=datetime.now(UTC)).examples
    if dataset is not None:
        return DatasetFolder(load().datasets_folder).load(spec.name, dataset).examples
    if starter:
        return starter_examples(spec.name, folder=load().starter)
    with open_store(load().store_url) as store:
        usable = store.examples.find(spec.name, statuses=USABLE)
        return Admission.of(load()).read(store, spec.name).sort(usable).examples
