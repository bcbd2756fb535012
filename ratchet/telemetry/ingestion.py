"""Ingestion: every record of the spool into the store exactly once, whoever is killed when.

A batch and the mark of its file are committed together, and a mark that has moved meanwhile
refuses the batch; so collectors may race, and one that was killed goes on where its last
commit ended. A finished file is deleted only after the commit of its last byte.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from ratchet.errors import StoreError
from ratchet.serving.spool import SpoolFile, spool_files
from ratchet.store import Store
from ratchet.store.columns import refuse_naive
from ratchet.store.telemetry import Absorbed, TelemetryStore
from ratchet.telemetry.batches import BatchMaker
from ratchet.telemetry.pieces import read_piece

MARKS_KEPT = timedelta(days=7)  # marks of files that are gone; a slow collector may still come

Move = Callable[[int, int, str], None]
"""Takes how many bytes are read, how many there are, and the name of the file."""


@dataclass(frozen=True, kw_only=True)
class IngestedFile:
    """What was new in a file; `waiting_bytes` stand behind its last whole line."""

    file: str
    is_finished: bool
    is_deleted: bool = False
    lines: int = 0
    outcomes: int = 0
    labels: int = 0
    duplicates: int = 0
    quarantined: int = 0
    read_bytes: int = 0
    waiting_bytes: int = 0

    def with_batch(self, absorbed: Absorbed, *, lines: int, read_bytes: int) -> IngestedFile:
        """The counts with those of a batch added."""
        return replace(
            self,
            lines=self.lines + lines,
            outcomes=self.outcomes + absorbed.outcomes,
            labels=self.labels + absorbed.labels,
            duplicates=self.duplicates + absorbed.duplicates,
            quarantined=self.quarantined + absorbed.quarantined,
            read_bytes=self.read_bytes + read_bytes,
        )


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """What one pass over the spool brought, file by file; untouched files are left out."""

    files: tuple[IngestedFile, ...] = ()
    lines: int = field(init=False)
    outcomes: int = field(init=False)
    labels: int = field(init=False)
    duplicates: int = field(init=False)
    quarantined: int = field(init=False)
    deleted: int = field(init=False)

    def __post_init__(self) -> None:
        for name in ("lines", "outcomes", "labels", "duplicates", "quarantined"):
            object.__setattr__(self, name, sum(getattr(file, name) for file in self.files))
        object.__setattr__(self, "deleted", sum(file.is_deleted for file in self.files))

    @property
    def headline(self) -> str:
        """The counts in a line."""
        said = f"{_number_of(self.outcomes, 'new request')}, {_number_of(self.labels, 'new label')}"
        if self.duplicates:
            said += f", {_number_of(self.duplicates, 'record')} known already"
        return f"{said}, {_number_of(self.quarantined, 'line')} to quarantine"

    def to_rows(self) -> list[dict[str, Any]]:
        """A row a file, for a table."""
        return [dict(vars(file)) for file in self.files]


def ingest(
    store: Store,
    folder: Path,
    *,
    now: datetime,
    keep: bool = False,
    progress: Move | None = None,
) -> Ingested:
    """Take in what the spool in `folder` holds, and delete the files that are done.

    Several processes and threads may do so at once. What is written meanwhile is left to the
    next time. With `keep` no file is deleted.

    Raises:
        StoreError: the database or a file can not be read or written; what was committed
            before stays, and the next call goes on from there.
    """
    refuse_naive(now=now)
    collector = _Collector(store.telemetry, folder, now=now, keep=keep)
    try:
        return collector.collect(progress)
    except OSError as error:
        raise StoreError(
            f"The spool {folder} can not be read: {error}. Ingest as the user who runs the apps, "
            "or give this one the right to read and delete there."
        ) from error


class _Collector:
    """One pass over a spool."""

    def __init__(
        self, telemetry: TelemetryStore, folder: Path, *, now: datetime, keep: bool
    ) -> None:
        self._telemetry = telemetry
        self._folder = folder
        self._now = now
        self._keep = keep
        self._maker = BatchMaker(now=now, key_folder=folder.parent)
        self._read_bytes = self._total_bytes = 0

    def collect(self, progress: Move | None) -> Ingested:
        spooled = list(spool_files(self._folder))
        names = [file.path.name for file in spooled]
        marks = self._telemetry.consumed(names)
        self._total_bytes = sum(_size(file.path) - marks.get(file.path.name, 0) for file in spooled)
        files = [
            self._ingest_file(file, marks.get(file.path.name, 0), progress or _silent)
            for file in spooled
        ]
        self._telemetry.forget_files(before=self._now - MARKS_KEPT, present=names)
        return Ingested(files=tuple(file for file in files if file is not None))

    def _ingest_file(self, spooled: SpoolFile, mark: int, move: Move) -> IngestedFile | None:
        """What was done with a file; None when there was nothing to do."""
        found = IngestedFile(file=spooled.path.name, is_finished=spooled.is_finished)
        try:
            with spooled.path.open("rb") as stream:
                found = self._take_in(stream, found, mark, move)
        except FileNotFoundError:  # another collector was faster
            return None
        if found.is_finished and not found.waiting_bytes and not self._keep:
            found = replace(found, is_deleted=_delete(spooled.path))
        return found if found.lines or found.is_deleted or found.waiting_bytes else None

    def _take_in(
        self, stream: BinaryIO, found: IngestedFile, mark: int, move: Move
    ) -> IngestedFile:
        """Commit piece after piece, up to the size that the file has now."""
        size = _size_of(stream)
        while mark < size:
            piece = read_piece(stream, mark, is_finished=found.is_finished)
            if piece is None:
                break
            is_done = found.is_finished and piece.end >= size
            batch = self._maker.batch_of(found.file, piece, is_done=is_done)
            absorbed = self._telemetry.absorb(batch, now=self._now)
            if absorbed is None:  # another collector has read on
                mark = self._telemetry.consumed([found.file]).get(found.file, 0)
                continue
            length, mark = piece.end - piece.start, piece.end
            found = found.with_batch(absorbed, lines=batch.lines, read_bytes=length)
            self._read_bytes += length
            move(self._read_bytes, self._total_bytes, found.file)
        return replace(found, waiting_bytes=max(0, _size_of(stream) - mark))


def _number_of(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _delete(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:  # another collector was faster
        return False
    return True


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _size_of(stream: BinaryIO) -> int:
    return os.fstat(stream.fileno()).st_size


def _silent(_done: int, _total: int, _file: str) -> None:
    pass
