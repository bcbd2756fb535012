"""The check of the machine: disk space, the size of the database, and what waits in the spool."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ratchet.alerts import Alert, Level
from ratchet.configuration.monitoring import MonitoringSettings
from ratchet.monitoring.check import Check
from ratchet.serving.spool import spool_files
from ratchet.store import Store

NAME = "machine"
DISK, BACKLOG, DATABASE = "disk-space", "spool-backlog", "database-unreachable"
KINDS = (DISK, BACKLOG, DATABASE)
MEGABYTE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class DiskFact:
    """The disk under a folder."""

    folder: Path
    free_bytes: int
    total_bytes: int

    @property
    def free_share(self) -> float:
        return self.free_bytes / self.total_bytes if self.total_bytes else 1.0


@dataclass(frozen=True, kw_only=True)
class BacklogFact:
    """What of the spool has not been taken in, and since when the oldest of it waits."""

    files: int = 0
    unread_bytes: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class MachineFacts:
    """The disks, the spool and the database; `database_problem` says why it can not be read."""

    disks: tuple[DiskFact, ...] = ()
    backlog: BacklogFact = BacklogFact()
    database_bytes: int | None = None
    database_problem: str = ""


def read_disks(folders: Sequence[Path]) -> tuple[DiskFact, ...]:
    """The disk of each folder, each disk once; one that does not exist yet counts by its parent."""
    found: dict[int, DiskFact] = {}
    for folder in folders:
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        usage = shutil.disk_usage(existing)
        fact = DiskFact(folder=folder, free_bytes=usage.free, total_bytes=usage.total)
        found.setdefault(existing.stat().st_dev, fact)
    return tuple(found.values())


def read_backlog(store: Store, spool: Path) -> BacklogFact:
    """What waits in the spool.

    Raises:
        StoreError: the store can not be read.
    """
    files = list(spool_files(spool))
    marks = store.telemetry.consumed([file.path.name for file in files])
    waiting, unread, oldest = 0, 0, None
    for file in files:
        try:
            stat = file.path.stat()
        except FileNotFoundError:  # taken in meanwhile
            continue
        left = stat.st_size - marks.get(file.path.name, 0)
        if left > 0:
            waiting, unread = waiting + 1, unread + left
            written = datetime.fromtimestamp(stat.st_mtime, UTC)
            oldest = written if oldest is None else min(oldest, written)
    return BacklogFact(files=waiting, unread_bytes=unread, oldest=oldest)


def check_machine(facts: MachineFacts, settings: MonitoringSettings, *, now: datetime) -> Check:
    """Look at the machine."""
    found = [
        *(_disk_alert(disk, settings, now) for disk in facts.disks),
        _backlog_alert(facts.backlog, settings, now),
        _database_alert(facts, now),
    ]
    least = min((disk.free_share for disk in facts.disks), default=1.0)
    return Check(
        name=NAME,
        headline=f"{least:.0%} of the disk free, {facts.backlog.unread_bytes / MEGABYTE:.1f} MB "
        "wait in the spool.",
        figures={
            "disks": [
                {
                    "folder": str(disk.folder),
                    "free_bytes": disk.free_bytes,
                    "free_share": round(disk.free_share, 4),
                }
                for disk in facts.disks
            ],
            "spool_files": facts.backlog.files,
            "spool_bytes": facts.backlog.unread_bytes,
            "spool_oldest": facts.backlog.oldest and facts.backlog.oldest.isoformat(),
            "database_bytes": facts.database_bytes,
        },
        alerts=tuple(alert for alert in found if alert is not None),
        kinds=KINDS,
    )


def _disk_alert(disk: DiskFact, settings: MonitoringSettings, now: datetime) -> Alert | None:
    if disk.free_share >= max(settings.disk_free_warning, settings.disk_free_error):
        return None
    is_error = disk.free_share < settings.disk_free_error
    return Alert(
        kind=DISK,
        subject=str(disk.folder),
        level=Level.ERROR if is_error else Level.WARNING,
        title="Disk Nearly Full",
        message=f"{disk.free_share:.1%} of the disk of {disk.folder} is free, "
        f"{disk.free_bytes / MEGABYTE:,.0f} MB. When it is full, nothing is recorded any more.",
        at=now,
        advice="Make room: `ratchet clean-up --dry-run` says what can go.",
        runbook="emergencies#disk-full",
        details={
            "folder": str(disk.folder),
            "free_bytes": disk.free_bytes,
            "free_share": disk.free_share,
        },
    )


def _backlog_alert(
    backlog: BacklogFact, settings: MonitoringSettings, now: datetime
) -> Alert | None:
    is_large = backlog.unread_bytes > settings.spool_backlog_mb * MEGABYTE
    limit = timedelta(minutes=settings.spool_backlog_minutes)
    is_old = backlog.oldest is not None and now - backlog.oldest > limit
    if not (is_large or is_old):
        return None
    minutes = (now - backlog.oldest).total_seconds() / 60 if backlog.oldest else 0.0
    return Alert(
        kind=BACKLOG,
        level=Level.WARNING,
        title="Telemetry Waits",
        message=f"{backlog.unread_bytes / MEGABYTE:.1f} MB in {backlog.files} files of the spool "
        f"are not taken in; the oldest waits for {minutes:.0f} minutes. Rollouts do not see them.",
        at=now,
        since=backlog.oldest,
        advice="Run `ratchet telemetry ingest`, and see that the deployment ingest-telemetry has a "
        "worker and its schedule is not paused.",
        runbook="weekly#telemetry",
        details={
            "files": backlog.files,
            "unread_bytes": backlog.unread_bytes,
            "oldest": backlog.oldest and backlog.oldest.isoformat(),
        },
    )


def _database_alert(facts: MachineFacts, now: datetime) -> Alert | None:
    if not facts.database_problem:
        return None
    return Alert(
        kind=DATABASE,
        level=Level.CRITICAL,
        title="Database Unreachable",
        message=facts.database_problem,
        at=now,
        advice="Start the database or restore it; apps go on with the routes they have, and "
        "telemetry waits in the spool.",
        runbook="emergencies#database-gone",
        details={"problem": facts.database_problem},
    )
