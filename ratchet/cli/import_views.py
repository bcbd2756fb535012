"""What `ratchet import` says of an import: for people and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratchet.cli.terminal import number_of, print_table, say, say_all

if TYPE_CHECKING:
    from ratchet.cli.import_refusals import Refusals
    from ratchet.cli.import_sources import ImportSource
    from ratchet.cycle.importing import ImportReport

SHOWN = 20  # rejected rows on the screen; --rejected writes all of them


def import_as_json(report: ImportReport, refusals: Refusals, *, stored: bool) -> dict[str, Any]:
    """The facts of an import."""
    forgotten = {"forgotten_rows": report.forgotten} if report.forgotten else {}
    return {
        "stored": stored,
        "signatures": [
            {
                "signature": name,
                "read": tally.read,
                "accepted": tally.accepted,
                "rejected": tally.rejected,
            }
            for name, tally in sorted(report.tallies.items())
        ],
        "new_examples": report.new,
        "existing_examples": report.existing,
        "unreadable_rows": report.unread,
        "repeated_rows": report.repeated,
        **forgotten,
        "rejected_rows": report.rejected,
        "rejected": refusals.documents,
        "quarantine": None if refusals.quarantine_path is None else str(refusals.quarantine_path),
        "notes": list(report.notes),
    }


def show_sources(sources: tuple[ImportSource, ...]) -> None:
    """Say which columns are read as which fields."""
    for source in {source.name: source for source in sources}.values():
        if source.context.mapping.fields:
            origin = "remembered for" if source.is_remembered else "from now on for"
            say(f"Columns ({origin} {source.name}): {source.context.mapping}")


def show_import(
    report: ImportReport, refusals: Refusals, *, stored: bool, judged: bool, rejected: Path | None
) -> None:
    """Say what came in, what did not and why."""
    title = "Imported" if stored else "Would be imported"
    if report.tallies:
        _show_tallies(title, report, judged=judged)
    if report.existing and not report.new and not report.forgotten:
        say("Nothing new: every example is in the store already.")
    if report.forgotten:
        say(
            f"Forgotten: {number_of(report.forgotten, 'row')} of content that was taken out of "
            "the store on request; it is not stored again."
        )
    if report.repeated:
        say(f"Repeated in the files and counted once: {number_of(report.repeated, 'row')}.")
    say_all(report.notes, indent="Note: ")
    _show_missing(report)
    _show_refusals(report, refusals)
    if rejected is not None:
        say(f"Rejected rows: {rejected}")
    if path := refusals.quarantine_path:
        say(f"To mend the bad rows: edit {path}, then ratchet import --retry {path}")
    if not stored:
        say("Nothing was stored (--dry-run).")
    elif not judged:
        say("Stored as candidates; nothing was validated yet.")


def _show_tallies(title: str, report: ImportReport, *, judged: bool) -> None:
    """A row for each signature; what was forgotten has a column when there is any."""
    columns = ["signature", "read", "new", "known", "accepted", "rejected"]
    rows = [
        [name, t.read, t.new, t.existing, t.accepted if judged else None, t.rejected]
        for name, t in sorted(report.tallies.items())
    ]
    if report.forgotten:
        columns.append("forgotten")
        for row in rows:
            row.append(report.tallies[str(row[0])].forgotten)
    print_table(title, columns, rows)


def _show_missing(report: ImportReport) -> None:
    for column, count in report.missing_columns.items():
        rows = "no row has" if count == report.taken else f"{number_of(count, 'row')} lack"
        say(f"Note: {rows} the column {column}, which the mapping names.")


def _show_refusals(report: ImportReport, refusals: Refusals) -> None:
    if report.unread:
        say(f"Not read: {number_of(report.unread, 'row')}", style="bold")
        say_all(refusals.unread, at_most=SHOWN)
    if refusals.refused:
        count = report.rejected - report.unread
        say(f"Not accepted: {number_of(count, 'example')}", style="bold")
        say_all(refusals.refused, at_most=SHOWN)
