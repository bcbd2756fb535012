"""Examples from JSON and JSONL files: the good rows as examples, the others with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ratchet.collect.collection import Collection
from ratchet.collect.file_examples import RowContext, example_of_row
from ratchet.collect.file_rows import BrokenRow, Row, read_rows
from ratchet.errors import RatchetError
from ratchet.examples import Example, Source
from ratchet.signatures import registry

UNREADABLE, REFUSED, REPEATED = "unreadable", "refused", "repeated"


@dataclass(frozen=True, kw_only=True)
class RejectedRow:
    """A row that was not taken, and why.

    `line`, `column` and `row` (the number of the example in its file) count from 1; `line` is
    None for a file as a whole, `column` is there for broken JSON only, `row` where it is known.
    """

    file: str
    line: int | None
    column: int | None
    reason: str
    row: int | None = None

    def __str__(self) -> str:
        """The place and the reason, as a compiler would say it."""
        line = "" if self.line is None else f", line {self.line}"
        column = "" if self.column is None else f", column {self.column}"
        row = "" if self.row is None else f" (row {self.row})"
        return f"{self.file}{line}{column}{row}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class FileCollection(Collection):
    """A collection from files, with the rows that were rejected, in the order of the files."""

    rejected: tuple[RejectedRow, ...] = ()


def read_examples(
    paths: Iterable[Path], *, signature: str | None, source: Source, now: datetime
) -> FileCollection:
    """Read the examples of all files; a bad row or file costs no other row.

    `signature` holds for every row; None takes each row's own `metadata.signature`, or the
    one signature that has its fields. `source` and `now` are for rows that do not tell their
    source or their time.

    Raises:
        ConfigurationError: `signature` is unknown; the message names the nearest one.
    """
    if signature is not None:
        registry.get(signature)
    reader = _Reader(signature=signature, source=source, now=now)
    for path in paths:
        reader.read(Path(path))
    return FileCollection(
        examples=tuple(reader.examples.values()),
        skipped=dict(sorted(reader.skipped.items())),
        notes=tuple(dict.fromkeys(reader.notes)),
        rejected=tuple(reader.rejected),
    )


class _Reader:
    """Gathers what the files give."""

    def __init__(self, *, signature: str | None, source: Source, now: datetime) -> None:
        self.context = RowContext(signature=signature, source=source, now=now)
        self.examples: dict[str, Example] = {}
        self.skipped: Counter[str] = Counter()
        self.notes: list[str] = []
        self.rejected: list[RejectedRow] = []

    def read(self, path: Path) -> None:
        for row in read_rows(path):
            if isinstance(row, BrokenRow):
                self._reject(path, UNREADABLE, row)
            else:
                self._take(path, row)

    def _take(self, path: Path, row: Row) -> None:
        try:
            read = example_of_row(row, file=path.name, context=self.context)
        except RatchetError as error:
            broken = BrokenRow(line=row.line, column=None, reason=str(error), number=row.number)
            self._reject(path, REFUSED, broken)
            return
        self.notes.extend(f"{path}: {note}" for note in read.notes)
        if read.example.example_id in self.examples:
            self.skipped[REPEATED] += 1
        self.examples.setdefault(read.example.example_id, read.example)

    def _reject(self, path: Path, kind: str, broken: BrokenRow) -> None:
        self.skipped[kind] += 1
        self.rejected.append(
            RejectedRow(
                file=str(path),
                line=broken.line,
                column=broken.column,
                row=broken.number,
                reason=broken.reason,
            )
        )
