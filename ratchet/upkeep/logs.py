"""Logs: the growing ones are rotated under the processes that write them, old rotations go.

A log is copied, compressed and then cut to nothing in place, for its writer keeps it open. A
writer appends (`O_APPEND`), so what it writes next stands at the start of the emptied file.
What came while the log was compressed is put back at its start; only a line written between
that last look and the cut, within microseconds, would be lost.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import BinaryIO

from ratchet.errors import StoreError
from ratchet.upkeep.places import remove
from ratchet.upkeep.plan import Freed, Item, Kind, Part

GROWING, ROTATED = "*.log", "*.log.*.gz"
PIECE_BYTES = 1024 * 1024
STAMP = "%Y%m%d_%H%M%S"
PRIVATE = 0o600
_STAMPED = re.compile(r"(?P<log>.+\.log)\.(?P<stamp>\d{8}_\d{6})(?:_\d+)?\.gz")


@dataclass(frozen=True, kw_only=True)
class LogFiles:
    """The logs in a folder, rotated after `rotate_days`; rotations go after `max_age_days`."""

    folder: Path
    rotate_days: int
    max_age_days: int
    kind: Kind = Kind.LOGS

    def plan(self, now: datetime) -> Part:
        """Old rotations, and logs that hold something and were not rotated for so long."""
        rotations = list(self._rotations())
        items = [
            self._item(path, f"rotated {(now - at).days} days ago")
            for path, _, at in rotations
            if now - at > timedelta(days=self.max_age_days)
        ]
        for path in sorted(self.folder.glob(GROWING)):
            last = max((at for _, log, at in rotations if log == path.name), default=None)
            is_due = last is None or now - last > timedelta(days=self.rotate_days)
            if path.is_file() and not path.is_symlink() and path.stat().st_size and is_due:
                since = (
                    "never rotated"
                    if last is None
                    else f"last rotated {(now - last).days} days ago"
                )
                items.append(self._item(path, since))
        return Part(kind=self.kind, items=tuple(items))

    def remove(self, item: Item, now: datetime) -> Freed:
        """Delete a rotation, or rotate a log."""
        path = self.folder / item.name
        if _STAMPED.fullmatch(path.name):
            return Freed(size_bytes=remove(path))
        return Freed(size_bytes=rotate(path, now=now))

    def _item(self, path: Path, reason: str) -> Item:
        return Item(kind=self.kind, name=path.name, reason=reason, size_bytes=path.stat().st_size)

    def _rotations(self) -> Iterator[tuple[Path, str, datetime]]:
        for path in sorted(self.folder.glob(ROTATED)):
            if found := _STAMPED.fullmatch(path.name):
                at = datetime.strptime(found["stamp"], STAMP).replace(tzinfo=UTC)
                yield path, found["log"], at


def rotate(path: Path, *, now: datetime) -> int:
    """Compress what a log holds into a file beside it and empty the log; the bytes gained.

    Raises:
        StoreError: the copy can not be written; the log is as it was.
    """
    target = _free_name(path, now)
    draft = target.with_name(f".{target.name}.rotating")
    try:
        with path.open("rb") as log:
            size = _compress(log, draft)
            draft.replace(target)  # named before the log is cut: a kill leaves both, not none
            late = log.read()
            os.truncate(path, 0)
        if late:
            with path.open("ab") as log:
                log.write(late)
        return max(0, size - target.stat().st_size)
    except FileNotFoundError:  # somebody else was faster
        return 0
    except OSError as error:
        raise StoreError(
            f"{path} can not be rotated: {error.strerror or error}. Free some space; what the "
            "log holds is still there."
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _compress(log: BinaryIO, draft: Path) -> int:
    """Write all that a log holds to a new file, on disk when this returns; how much it was."""
    draft.unlink(missing_ok=True)  # of a rotation that was killed
    with draft.open("xb") as stream:
        os.fchmod(stream.fileno(), PRIVATE)
        with gzip.open(stream, "wb") as packed:
            shutil.copyfileobj(log, packed, PIECE_BYTES)
        stream.flush()
        os.fsync(stream.fileno())
    return log.tell()


def _free_name(path: Path, now: datetime) -> Path:
    """A name that no rotation has; its stamp is the time of the rotation, in UTC."""
    stem = f"{path.name}.{now.astimezone(UTC):{STAMP}}"
    for number in count():
        target = path.with_name(f"{stem}_{number}.gz" if number else f"{stem}.gz")
        if not target.exists():
            return target
    raise AssertionError("count() ends never")
