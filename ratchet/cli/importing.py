"""`ratchet import`: examples from JSON and JSONL files into the store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import (
    DEFAULT_THRESHOLD,
    AsJson,
    RowSignature,
    Threshold,
    known_signature,
    load,
)
from ratchet.cli.terminal import number_of, print_json, print_table, say, say_all

if TYPE_CHECKING:
    from ratchet.collect.files import FileCollection
    from ratchet.quality.validation_report import ValidationReport

SHOWN = 20  # rejected rows on the screen; --rejected writes all of them


def import_files(
    *,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="JSON or JSONL files, or folders.", show_default=False),
    ] = None,
    starter: Annotated[
        bool,
        typer.Option("--starter", help="The starter sets that come with Ratchet, not files."),
    ] = False,
    signature: RowSignature = None,
    source: Annotated[
        str, typer.Option(metavar="NAME", help="Where rows come from that do not say it.")
    ] = "manual",
    rejected: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write every rejected row to this file, as JSONL."),
    ] = None,
    threshold: Threshold = DEFAULT_THRESHOLD,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, store nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import examples into the store.

    Good rows are stored, validated against each other and against what is stored, and come
    out accepted, rejected or quarantined; bad rows are listed and cost no other row. Leaves
    with 1 when any row was rejected.
    """
    from ratchet.cli.example_files import files_below
    from ratchet.cli.validated import validate_all
    from ratchet.collect.files import read_examples
    from ratchet.examples import Source

    if signature is not None:
        known_signature(signature)
    now = datetime.now(UTC)
    found = read_examples(
        files_below(_places(files, signature, starter=starter)),
        signature=signature,
        source=Source.parse(source),
        now=now,
    )
    reports = validate_all(
        found.examples,
        store_url=load().store_url,
        threshold=threshold,
        now=now,
        keep=not dry_run,
        quiet=as_json,
    )
    if rejected is not None:
        _write_rejected(rejected, found, reports)
    if as_json:
        print_json(_as_json(found, reports, stored=not dry_run))
    else:
        _show(found, reports, stored=not dry_run, rejected=rejected)
    is_clean = not found.rejected and not any(report.rejected for report in reports)
    raise typer.Exit(0 if is_clean else EXIT_NOT_REACHED)


def _places(files: list[Path] | None, signature: str | None, *, starter: bool) -> list[Path]:
    """The files named, or those of the starter sets."""
    from ratchet.collect.starter import starter_file, starter_folder

    if bool(files) == starter:
        raise typer.BadParameter("name files, or give --starter", param_hint="FILE")
    if not starter:
        return list(files or ())
    folder = load().starter
    return [starter_file(signature, folder) if signature else starter_folder(folder)]


def _write_rejected(
    path: Path, found: FileCollection, reports: tuple[ValidationReport, ...]
) -> None:
    from ratchet.files import write_jsonl

    write_jsonl(path, _rejections(found, reports))


def _rejections(
    found: FileCollection, reports: tuple[ValidationReport, ...]
) -> list[dict[str, object]]:
    """All rejected rows: those that are no example, then those that validation refused."""
    from ratchet.cli.example_files import rejected_as_json
    from ratchet.cli.validated import rejection_as_json

    rows = [rejected_as_json(row) for row in found.rejected]
    return rows + [rejection_as_json(r) for report in reports for r in report.rejected]


def _as_json(
    found: FileCollection, reports: tuple[ValidationReport, ...], *, stored: bool
) -> dict[str, object]:
    return {
        "stored": stored,
        "signatures": [
            {
                "signature": report.signature,
                "read": report.example_count,
                "accepted": len(report.accepted),
                "rejected": len(report.rejected),
            }
            for report in reports
        ],
        "unreadable_rows": len(found.rejected),
        "repeated_rows": found.skipped.get("repeated", 0),
        "rejected": _rejections(found, reports),
        "notes": list(found.notes),
    }


def _show(
    found: FileCollection,
    reports: tuple[ValidationReport, ...],
    *,
    stored: bool,
    rejected: Path | None,
) -> None:
    from ratchet.cli.example_files import shortened
    from ratchet.cli.validated import described

    title = "Imported" if stored else "Would be imported"
    rows = ((r.signature, r.example_count, len(r.accepted), len(r.rejected)) for r in reports)
    if reports:
        print_table(title, ("signature", "read", "accepted", "rejected"), rows)
    if repeated := found.skipped.get("repeated", 0):
        say(f"Repeated in the files and counted once: {number_of(repeated, 'row')}.")
    say_all(found.notes, indent="Note: ")
    if found.rejected:
        say(f"Not read: {number_of(len(found.rejected), 'row')}", style="bold")
        say_all((str(shortened(row)) for row in found.rejected), at_most=SHOWN)
    if refused := [described(r) for report in reports for r in report.rejected]:
        say(f"Not accepted: {number_of(len(refused), 'example')}", style="bold")
        say_all(refused, at_most=SHOWN)
    if rejected is not None:
        say(f"Rejected rows: {rejected}")
    if not stored:
        say("Nothing was stored (--dry-run).")
