"""`ratchet validate` and `ratchet gate`: are the examples good, and is the set?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import (
    AsJson,
    ExampleFiles,
    RowSignature,
    SignatureName,
    Threshold,
    known_signature,
    load,
)
from ratchet.cli.collect import FOLDER as COLLECTED
from ratchet.cli.terminal import counted, number_of, print_json, print_table, say, say_all

if TYPE_CHECKING:
    from ratchet.collect.files import FileCollection, RejectedRow
    from ratchet.examples import Example
    from ratchet.quality.gate_report import GateReport
    from ratchet.quality.validation_report import ValidationReport
    from ratchet.signatures.spec import SignatureSpec

FOLDER = "validated_data"
SHOWN = 10  # of each kind of trouble on the screen; the reports hold all of them


def validate_files(
    *,
    files: ExampleFiles = None,
    signature: RowSignature = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help=f"Folder of the outcome. [default: {FOLDER} in the state folder]"
        ),
    ] = None,
    threshold: Threshold,
    store: Annotated[
        bool,
        typer.Option(
            "--store/--no-store",
            help="Compare with the store, and keep every example there with what became of it.",
        ),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Validate examples: contract, category, quality, duplicates.

    Reads what was collected when no file is named. Leaves `accepted/`, `rejected/` and
    `reports/`, a file per signature. Leaves with 1 when a row can not be read or a signature
    has no accepted example.
    """
    from ratchet.cli.example_files import read_files
    from ratchet.cli.validated import validate_all, write_reports

    settings = load()
    if signature is not None:
        known_signature(signature)
    now = datetime.now(UTC)
    found = read_files(files or [_collected(settings.home)], signature=signature, now=now)
    reports = validate_all(
        found.examples,
        store_url=settings.store_url if store else None,
        threshold=threshold,
        now=now,
        quiet=as_json,
    )
    folder = output or settings.home / FOLDER
    write_reports(reports, folder)
    if as_json:
        print_json(_validation_json(found, reports, folder))
    else:
        _show_validation(found, reports, folder)
    is_done = reports and all(r.accepted for r in reports) and not found.rejected
    raise typer.Exit(0 if is_done else EXIT_NOT_REACHED)


def gate(
    *,
    files: ExampleFiles = None,
    signature: SignatureName,
    strict: Annotated[
        bool,
        typer.Option("--strict/--no-strict", help="Refuse a set that misses a check; else warn."),
    ] = False,
    select: Annotated[
        bool,
        typer.Option("--select", help="Choose the largest set that holds the shares, check that."),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the set that was checked to it, as JSONL."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the gates whether a set of examples may train a program.

    The set is in the files, or else everything that the store holds as accepted. Leaves with
    1 when the set is refused.
    """
    from ratchet.cli.example_files import write_examples
    from ratchet.quality.gates import check

    spec = known_signature(signature)
    asked = _set_to_check(spec, files, select=select)
    report = check(spec, asked.examples, strict=strict)
    if output is not None:
        write_examples(output, asked.examples)
    if as_json:
        print_json({**report.to_json(), "left_out": dict(asked.left_out)})
    else:
        say_all((str(row) for row in asked.rejected), indent="Not read: ", at_most=SHOWN)
        if asked.left_out:
            say(f"Left out: {counted(asked.left_out)}.")
        show_gate(report)
        if output is not None:
            say(f"Set: {output}")
    raise typer.Exit(0 if report.accepted else EXIT_NOT_REACHED)


def show_gate(report: GateReport) -> None:
    """Print the checks, the line that logs hold, and what would mend the set."""
    print_table(
        f"{report.signature}: {report.statistics.example_count} examples",
        ("check", "value", "target", "passed"),
        ((c.name, _shown(c.value), _shown(c.target), c.passed) for c in report.checks),
    )
    say(report.message, style="" if report.accepted else "bold")
    if report.request:
        say(report.request)
    if not report.statistics.example_count:
        say("Bring examples with `ratchet validate` or `ratchet import`.")


def _collected(home: Path) -> Path:
    """The folder that `ratchet collect` fills.

    Raises:
        InputError: nothing was collected yet.
    """
    from ratchet.errors import InputError

    folder = home / COLLECTED
    if not folder.is_dir():
        raise InputError(
            f"Nothing was collected in {folder} yet. Run `ratchet collect git`, or name the files."
        )
    return folder


@dataclass(frozen=True, kw_only=True)
class _AskedSet:
    examples: tuple[Example, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    rejected: tuple[RejectedRow, ...] = ()


def _set_to_check(spec: SignatureSpec, files: list[Path] | None, *, select: bool) -> _AskedSet:
    """The examples of the files or the store; with `select` the set that the gates prefer."""
    from ratchet.cli.example_files import read_files
    from ratchet.curation.admission import Admission
    from ratchet.quality.sampling import select_for_gate
    from ratchet.store import USABLE, open_store

    if files:
        found = read_files(files, signature=spec.name, now=datetime.now(UTC))
        asked = _AskedSet(examples=found.examples, left_out=found.skipped, rejected=found.rejected)
    else:
        with open_store(load().store_url) as store:
            admission = Admission.of(load()).read(store, spec.name)
            usable = admission.sort(store.examples.find(spec.name, statuses=USABLE))
            asked = _AskedSet(examples=usable.examples, left_out=usable.left_out)
    if not select:
        return asked
    selection = select_for_gate(spec, asked.examples)
    return _AskedSet(
        examples=selection.examples,
        left_out={**asked.left_out, **selection.left_out},
        rejected=asked.rejected,
    )


def _validation_json(
    found: FileCollection, reports: tuple[ValidationReport, ...], folder: Path
) -> dict[str, object]:
    from ratchet.cli.example_files import rejected_as_json

    return {
        "folder": str(folder),
        "reports": [report.to_json() for report in reports],
        "unreadable": [rejected_as_json(row) for row in found.rejected],
        "notes": list(found.notes),
    }


def _show_validation(
    found: FileCollection, reports: tuple[ValidationReport, ...], folder: Path
) -> None:
    from ratchet.cli.example_files import shortened
    from ratchet.cli.validated import described

    print_table(
        "Validated",
        ("signature", "examples", "accepted", "rejected", "duplicates", "mean quality"),
        (
            (
                r.signature,
                r.example_count,
                len(r.accepted),
                len(r.rejected),
                sum(1 for rejection in r.rejected if rejection.duplicate_of),
                _mean_quality(r),
            )
            for r in reports
        ),
    )
    if found.rejected:
        say(f"Not read: {number_of(len(found.rejected), 'row')}", style="bold")
        say_all((str(shortened(row)) for row in found.rejected), at_most=SHOWN)
    if refused := [described(r) for report in reports for r in report.rejected]:
        say(f"Not accepted: {number_of(len(refused), 'example')}", style="bold")
        say_all(refused, at_most=SHOWN)
    say_all(found.notes, indent="Note: ")
    say(f"Files: {folder}")
    if reports:
        say(f"Next: ratchet gate --signature {reports[0].signature} {folder / 'accepted'}")


def _mean_quality(report: ValidationReport) -> float | None:
    scores = [e.quality_score for e in report.accepted if e.quality_score is not None]
    return round(sum(scores) / len(scores), 1) if scores else None


def _shown(value: float | Mapping[str, float]) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {share:.2f}" for key, share in value.items()) or "-"
    return f"{value:g}"
