"""`ratchet telemetry`: take in what apps recorded, see where it stands and what was refused."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli.arguments import AsJson, load
from ratchet.cli.terminal import (
    number_of,
    print_json,
    print_rows,
    print_table,
    progress_bar,
    say,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ratchet.store import Store
    from ratchet.telemetry import Ingested, TelemetryStatus

app = typer.Typer(
    no_args_is_help=True, help="What production apps recorded: take it in, see where it stands."
)

FILE_COLUMNS = ("file", "lines", "outcomes", "labels", "duplicates", "quarantined", "waiting_bytes")
SHOWN_CHARS = 100  # of a line; JSON has all of it
FILES_SHOWN = 20


@app.command("ingest")
def ingest_spool(
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on taking in what comes, until Ctrl-C.")
    ] = False,
    every: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="With --watch, how often to look.")
    ] = 5.0,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the files that have been taken in.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take the spool into the store, each request once, and delete the files that are done.

    Run it as often as you like, also beside a rollout or the ingest-telemetry flow: they
    share the marks. A line that can not be used goes to quarantine and stops nothing.
    """
    from ratchet.store import open_store

    settings = load()
    with open_store(settings.store_url) as store:
        while True:
            found = _ingested(store, settings.telemetry_folder, keep=keep, quiet=as_json)
            if found.files or not watch:
                _show_ingested(found, settings.telemetry_folder, as_json=as_json)
            if not watch:
                return
            time.sleep(every)


@app.command("status")
def status(*, as_json: AsJson = False) -> None:
    """Show what waits in the spool, what is stored, and how fresh each signature is."""
    from ratchet.store import open_store
    from ratchet.telemetry import telemetry_status

    settings = load()
    with open_store(settings.store_url) as store:
        found = telemetry_status(store, settings.telemetry_folder)
    if as_json:
        print_json({"spool": str(settings.telemetry_folder), **asdict(found)})
        return
    _show_status(found, settings.telemetry_folder, now=datetime.now(UTC))


@app.command("quarantine")
def quarantine(
    *,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="At most so many lines.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the lines that could not be used, the newest first, each with its reason."""
    from ratchet.store import open_store

    with open_store(load().store_url) as store:
        found = store.telemetry.quarantined(limit=limit)
    rows: list[dict[str, Any]] = [row._asdict() for row in found]
    if not as_json:
        rows = [{**row, "line": row["line"][:SHOWN_CHARS]} for row in rows]
    columns = ("file", "offset_bytes", "at", "reason", "line")
    print_rows("Lines in quarantine", columns, rows, as_json=as_json)


def _ingested(store: Store, folder: Path, *, keep: bool, quiet: bool) -> Ingested:
    from ratchet.telemetry import ingest

    with progress_bar("Ingesting", quiet=quiet) as move:
        return ingest(store, folder, now=datetime.now(UTC), keep=keep, progress=move)


def _show_ingested(found: Ingested, folder: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(found))
        return
    if not found.files:
        say(f"Nothing new in {folder}. Apps write there with `from ratchet import Router`.")
        return
    rows = found.to_rows()
    shown = ([row[column] for column in FILE_COLUMNS] for row in rows[:FILES_SHOWN])
    print_table("Files", FILE_COLUMNS, shown)
    if len(rows) > FILES_SHOWN:
        say(f"... and {number_of(len(rows) - FILES_SHOWN, 'file')} more")
    say(f"{found.headline}.")
    if found.quarantined:
        say("See why with `ratchet telemetry quarantine`.")


def _show_status(found: TelemetryStatus, folder: Path, *, now: datetime) -> None:
    backlog = found.backlog
    say(
        f"Spool {folder}: {number_of(backlog.files, 'file')}, {backlog.growing} being written, "
        f"{number_of(backlog.unread_bytes, 'byte')} not taken in yet"
    )
    say(
        f"Store: {number_of(found.outcomes, 'request')}, {number_of(found.payloads, 'payload')}, "
        f"{number_of(found.labels, 'label')}; {number_of(found.quarantined, 'line')} in quarantine"
    )
    if found.newest:
        rows = [(name, at, _minutes(at, now)) for name, at in sorted(found.newest.items())]
        print_table("Newest requests", ("signature", "at (UTC)", "minutes ago"), rows)


def _minutes(at: datetime, now: datetime) -> int:
    return max(0, round((now - at).total_seconds() / 60))
