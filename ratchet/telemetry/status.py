"""Where telemetry stands: what waits in the spool, what is stored, what could not be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ratchet.serving.spool import spool_files
from ratchet.store import Store


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """What of the spool has not been taken in; `growing` files are being written."""

    files: int
    growing: int
    unread_bytes: int


@dataclass(frozen=True, kw_only=True)
class TelemetryStatus:
    """The backlog, the number of rows, and the time of the newest outcome by signature."""

    backlog: Backlog
    outcomes: int
    payloads: int
    labels: int
    quarantined: int
    newest: dict[str, datetime]


def telemetry_status(store: Store, folder: Path) -> TelemetryStatus:
    """Where the telemetry of the spool in `folder` and of the store stands.

    Raises:
        StoreError: the database can not be read.
    """
    counts = store.telemetry.counts()
    return TelemetryStatus(
        backlog=_backlog(store, folder),
        outcomes=counts["outcomes"],
        payloads=counts["payloads"],
        labels=counts["labels"],
        quarantined=counts["quarantine"],
        newest=store.telemetry.newest(),
    )


def _backlog(store: Store, folder: Path) -> Backlog:
    spooled = list(spool_files(folder))
    marks = store.telemetry.consumed([file.path.name for file in spooled])
    unread = 0
    for file in spooled:
        if file.path.exists():
            unread += max(0, file.path.stat().st_size - marks.get(file.path.name, 0))
    return Backlog(
        files=len(spooled),
        growing=sum(not file.is_finished for file in spooled),
        unread_bytes=unread,
    )
