"""`ratchet audit`: who changed what, when and why, and the proof that nobody rewrote it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, load
from ratchet.cli.terminal import (
    number_of,
    print_json,
    print_table,
    progress_bar,
    say,
    say_all,
)
from ratchet.errors import InputError

if TYPE_CHECKING:
    from ratchet.cycle.audit_files import FileEvidence
    from ratchet.store.audit import AuditRecord
    from ratchet.store.audit_report import AuditReport

app = typer.Typer(
    no_args_is_help=True, help="Who changed what, when and why; and whether that was rewritten."
)

COLUMNS = ("entry", "at", "actor", "action", "subject", "reason")
SHOWN_CHARS = 80  # of a reason in the table; `show` and JSON have all of it


@app.command("list")
def list_entries(
    *,
    subject: Annotated[
        str | None, typer.Option(metavar="NAME", help="About this signature, example, rollout...")
    ] = None,
    action: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of this kind: examples.add, champion.set...")
    ] = None,
    actor: Annotated[
        str | None, typer.Option(metavar="NAME", help="By this person or part.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From this day or time on, UTC: 2026-03-01.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="At most so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the entries, the newest first."""
    from ratchet.store import open_store

    with open_store(load().store_url) as store:
        found = store.audit.records(
            subject=subject, action=action, actor=actor, since=_moment(since), limit=limit
        )
    if as_json:
        print_json([_as_json(record) for record in found])
    elif found:
        print_table("Audit trail", COLUMNS, map(_row, found))
    else:
        say("No entry is like that." if subject or action or actor or since else "No entry yet.")


@app.command("show")
def show(
    *,
    entry_id: Annotated[int, typer.Argument(metavar="ENTRY", help="Its number.")],
    as_json: AsJson = False,
) -> None:
    """Show an entry with what was before and after."""
    from ratchet.store import open_store

    with open_store(load().store_url) as store:
        found = store.audit.get(entry_id)
    if found is None:
        raise InputError(f"There is no entry {entry_id}; `ratchet audit list` shows the newest.")
    if as_json:
        print_json(_as_json(found))
        return
    entry = found.entry
    say(f"Entry {found.entry_id}: {entry.action} {entry.subject}", style="bold")
    say(f"by {entry.actor} at {entry.at:%Y-%m-%d %H:%M:%S} UTC")
    if entry.reason:
        say(f"because: {entry.reason}")
    for name, value in (("before", entry.before), ("after", entry.after)):
        if value is not None:
            say(f"{name}:", style="bold")
            print_json(value)
    say(f"hash: {found.hash or 'none, it is older than the chain'}")


@app.command("verify")
def verify(
    *,
    head: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="A newest hash noted earlier: it must still be there."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that nothing was rewritten.

    Follows the chain of hashes, and compares with it the examples, judgements, dataset
    versions and programs that it speaks of. Leaves with 1 when anything is broken.
    """
    from ratchet.cycle.audit_files import check_files
    from ratchet.store import open_store
    from ratchet.store.audit_verification import verify_trail

    settings = load()
    with (
        open_store(settings.store_url) as store,
        progress_bar("Checking the trail", quiet=as_json) as move,
    ):
        report = verify_trail(store.database, noted_head=head, progress=move)
        files = check_files(
            store, settings.datasets_folder, settings.programs_folder, progress=move
        )
    is_whole = report.is_whole and not files.findings.problem_count
    if as_json:
        print_json(_report_as_json(report, files, is_whole=is_whole))
    else:
        _show_report(report, files, is_whole=is_whole)
    raise typer.Exit(0 if is_whole else EXIT_NOT_REACHED)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is no time; write 2026-03-01 or 2026-03-01T12:00", param_hint="--since"
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _row(record: AuditRecord) -> tuple[Any, ...]:
    entry = record.entry
    reason = " ".join(entry.reason.split())
    shown = reason if len(reason) <= SHOWN_CHARS else f"{reason[: SHOWN_CHARS - 3]}..."
    return (record.entry_id, entry.at, entry.actor, entry.action, entry.subject, shown)


def _as_json(record: AuditRecord) -> dict[str, Any]:
    return {"entry_id": record.entry_id, **asdict(record.entry), "hash": record.hash}


def _report_as_json(report: AuditReport, files: FileEvidence, *, is_whole: bool) -> dict[str, Any]:
    return {
        **asdict(report),
        "is_whole": is_whole,
        "datasets": files.datasets,
        "programs": files.programs,
        "problems": [asdict(p) for p in (*report.problems, *files.findings.problems)],
        "problem_count": report.problem_count + files.findings.problem_count,
        "notes": [*report.notes, *files.findings.notes],
    }


def _show_report(report: AuditReport, files: FileEvidence, *, is_whole: bool) -> None:
    say(
        f"Checked {report.entries:,} {'entry' if report.entries == 1 else 'entries'}, "
        f"{number_of(report.examples, 'example')}, {number_of(report.judgements, 'judgement')}, "
        f"{number_of(files.datasets, 'dataset version')}, {number_of(files.programs, 'program')}."
    )
    say_all(f"Note: {note}" for note in (*report.notes, *files.findings.notes))
    problems = (*report.problems, *files.findings.problems)
    count = report.problem_count + files.findings.problem_count
    if is_whole:
        say("The trail is whole.", style="bold")
    else:
        say(f"BROKEN: {number_of(count, 'problem')}, the first of the chain first.", style="bold")
        say_all(map(str, problems))
        if count > len(problems):
            say(f"  ... and {count - len(problems)} more")
        say("Keep the database as it is, and compare it with the newest backup that is whole.")
    if is_whole and report.head is not None:
        say(f"Newest hash, of entry {report.head_id}: {report.head}")
        say(
            "Note it where nobody who writes this database can change it, and give it to "
            "`ratchet audit verify --head` next time: only then a cut end is seen."
        )
