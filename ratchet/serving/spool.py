"""The spool folder: one growing JSONL file a process, finished by size, by age and at the end.

A file is locked by its writer for as long as it may grow. So a reader can tell a finished
file from a growing one even when the writer was killed, and whatever follows the last
newline of a finished file was cut off by a kill. `docs/telemetry_spool.md` says so to
apps in other languages.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ratchet.errors import StoreError

SUFFIX = ".jsonl"


@dataclass(frozen=True, kw_only=True)
class SpoolFile:
    """A file of the spool; nothing is appended to a finished one any more."""

    path: Path
    is_finished: bool


def spool_files(folder: Path) -> Iterator[SpoolFile]:
    """The files of the spool, the oldest first; a file that vanishes meanwhile is left out."""
    for path in sorted(folder.glob(f"[!.]*{SUFFIX}")):
        with contextlib.suppress(FileNotFoundError):
            yield SpoolFile(path=path, is_finished=_is_finished(path))


class SpoolWriter:
    """Appends lines to this process's file; opens it with the first line.

    `now` is in seconds since 1970. Not for several threads at once.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int,
        max_seconds: float,
        now: Callable[[], float],
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._max_seconds = max_seconds
        self._now = now
        self._number = 0
        self._handle: int | None = None
        self._size = 0
        self._opened_at = 0.0

    def append(self, lines: bytes) -> None:
        """Append whole lines in one write; a file that is full or old is finished first.

        Raises:
            StoreError: nothing was appended: the folder can not be written, or the disk is full.
        """
        self.finish_if_due(len(lines))
        try:
            handle = self._handle if self._handle is not None else self._open()
            written = os.write(handle, lines)
        except OSError as error:
            self._cut()
            raise StoreError(f"{self._folder} can not be written: {error.strerror}.") from error
        if written < len(lines):
            self._cut()
            raise StoreError(f"The disk of {self._folder} is full.")
        self._size += written

    def finish_if_due(self, coming: int = 0) -> None:
        """Finish the file when `coming` bytes would be too many for it, or it is old."""
        if self._handle is None:
            return
        is_full = self._size > 0 and self._size + coming > self._max_bytes
        if is_full or self._now() - self._opened_at >= self._max_seconds:
            self.finish()

    def seconds_left(self) -> float | None:
        """How long the open file may still grow; None without one."""
        if self._handle is None:
            return None
        return max(0.0, self._opened_at + self._max_seconds - self._now())

    def finish(self) -> None:
        """Put the file on disk for good and let go of it."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        with contextlib.suppress(OSError):
            os.fsync(handle)
        with contextlib.suppress(OSError):
            os.close(handle)

    def abandon(self) -> None:
        """Let go of a file that belongs to the parent process."""
        handle, self._handle = self._handle, None
        if handle is not None:
            with contextlib.suppress(OSError):
                os.close(handle)

    def _open(self) -> int:
        """Make the file under a hidden name, lock it, and only then show it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._number += 1
        started = datetime.fromtimestamp(self._now(), UTC)
        name = f"{started:%Y%m%dT%H%M%S%fZ}-{os.getpid()}-{self._number:05d}{SUFFIX}"
        hidden = self._folder / f".{name}.new"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND
        handle = os.open(hidden, flags, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            hidden.rename(self._folder / name)
        except BaseException:
            os.close(handle)
            hidden.unlink(missing_ok=True)
            raise
        self._handle, self._size, self._opened_at = handle, 0, self._now()
        return handle

    def _cut(self) -> None:
        """Take back half a line, so that the next one does not grow out of it."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, self._size)


def _is_finished(path: Path) -> bool:
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
