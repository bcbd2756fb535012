"""`ratchet dataset export`: a version as a file for a spreadsheet or another program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ratchet.cli.arguments import known_signature, load
from ratchet.cli.terminal import number_of, say

CSV, JSONL = ".csv", ".jsonl"


def export(
    *,
    signature: Annotated[str, typer.Argument(metavar="SIGNATURE", help="The signature.")],
    version: Annotated[str, typer.Argument(metavar="VERSION", help="The version.")] = "latest",
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="A .csv or .jsonl file.")
    ],
) -> None:
    """Write the examples of a version to a file.

    In CSV no cell can become a formula of a spreadsheet. `ratchet import` reads both.
    """
    from ratchet.datasets import DatasetFolder
    from ratchet.datasets.csv_export import csv_text
    from ratchet.files import write_jsonl, write_text

    suffix = output.suffix.lower()
    if suffix not in {CSV, JSONL}:
        raise typer.BadParameter("is called neither .csv nor .jsonl", param_hint="--output")
    spec = known_signature(signature)
    examples = DatasetFolder(load().datasets_folder).load(spec.name, version).examples
    if suffix == CSV:
        write_text(output, csv_text(spec, examples))
    else:
        write_jsonl(output, (example.to_json() for example in examples))
    say(f"Wrote {number_of(len(examples), 'example')} to {output}.")
