"""Samples of what surrounds the work: alerts, the telemetry spool, backups, the disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from ratchet.alerts.alert import Level
from ratchet.metrics.metric import Sample
from ratchet.metrics.sources import Look
from ratchet.serving.spool import spool_files
from ratchet.store.measures.stock import alert_figures

COUNTED_BYTES = 16_000_000  # of the spool, whose lines are counted
CHUNK_BYTES = 1_000_000


def alert_samples(look: Look) -> Iterator[Sample]:
    """Open alerts, the messages of alerts, and when anybody last looked."""
    found = alert_figures(look.store.database)
    for level in Level:
        count = found.open_by_level.get(level.value, 0)
        yield Sample(name="ratchet_alerts_open", value=count, labels={"level": level.value})
    for (channel, status), count in sorted(found.deliveries.items()):
        labels = {"channel": channel, "status": status}
        yield Sample(name="ratchet_alert_deliveries", value=count, labels=labels)
    if found.newest_check_at is not None:
        at = found.newest_check_at.timestamp()
        yield Sample(name="ratchet_checks_timestamp_seconds", value=at)


def spool_samples(look: Look) -> Iterator[Sample]:
    """What of the telemetry has not been taken in."""
    files = [file for file in spool_files(look.sources.spool) if file.path.exists()]
    marks = look.store.telemetry.consumed([file.path.name for file in files])
    growing = sum(not file.is_finished for file in files)
    counts = {"growing": growing, "finished": len(files) - growing}
    for state, count in counts.items():
        yield Sample(name="ratchet_spool_files", value=count, labels={"state": state})
    unread, counted, lines = 0, 0, 0
    for file in files:
        start = marks.get(file.path.name, 0)
        size = max(0, _size(file.path) - start)
        unread += size
        if counted < COUNTED_BYTES:
            taken = min(size, COUNTED_BYTES - counted)
            lines += _lines(file.path, start, taken)
            counted += taken
    estimate = lines if counted == unread else round(lines * unread / counted)
    yield Sample(name="ratchet_spool_unread_bytes", value=unread)
    yield Sample(name="ratchet_spool_unread_lines", value=estimate)


def backup_samples(look: Look) -> Iterator[Sample]:
    """How many backups there are, and how old and large the newest is."""
    from ratchet.backup.folder import list_backups

    found = list_backups(look.sources.backups)
    usable = [backup.manifest for backup in found if backup.manifest is not None]
    counts = {"usable": len(usable), "damaged": len(found) - len(usable)}
    for state, count in counts.items():
        yield Sample(name="ratchet_backups", value=count, labels={"state": state})
    if usable:
        newest = max(usable, key=lambda manifest: manifest.created)
        at = newest.created.timestamp()
        yield Sample(name="ratchet_backup_timestamp_seconds", value=at)
        yield Sample(name="ratchet_backup_size_bytes", value=newest.size_bytes)


def disk_samples(look: Look) -> Iterator[Sample]:
    """The disk of the state folder; nothing while there is no such folder."""
    if look.sources.home.is_dir():
        usage = shutil.disk_usage(look.sources.home)
        yield Sample(name="ratchet_disk_size_bytes", value=usage.total)
        yield Sample(name="ratchet_disk_free_bytes", value=usage.free)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # taken in meanwhile
        return 0


def _lines(path: Path, start: int, size: int) -> int:
    """The line ends among `size` bytes from `start` on."""
    found = 0
    try:
        with path.open("rb") as stream:
            stream.seek(start)
            while size > 0 and (chunk := stream.read(min(size, CHUNK_BYTES))):
                found += chunk.count(b"\n")
                size -= len(chunk)
    except FileNotFoundError:
        return found
    return found
