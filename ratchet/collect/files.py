"""Examples from files of every format: the good rows as examples, the others with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ratchet.collect.archives import ARCHIVE_SUFFIXES, LIMITS, Limits, unpacked
from ratchet.collect.collection import Collection
from ratchet.collect.file_examples import RowContext, example_of_row
from ratchet.collect.file_rows import DATA_SUFFIXES, file_problem, read_rows
from ratchet.collect.row import BrokenRow, Row
from ratchet.errors import RatchetError
from ratchet.examples import Example, Source
from ratchet.signatures import registry

UNREADABLE, REFUSED, REPEATED = "unreadable", "refused", "repeated"


@dataclass(frozen=True, kw_only=True)
class RejectedRow:
    """A row that was not taken, and why.

    `line`, `column` and `row` (the number of the example in its file) count from 1; `line` is
    None for a file as a whole, `column` is there for broken JSON only, `row` where it is known.
    `value` or `text` is what the row holds, for whoever mends it.
    """

    file: str
    line: int | None
    column: int | None
    reason: str
    row: int | None = None
    kind: str = field(default=UNREADABLE, compare=False)
    value: Any = field(default=None, compare=False)
    text: str | None = field(default=None, compare=False)
    is_text: bool = field(default=False, compare=False)
    done_bytes: int = field(default=0, compare=False)

    def __str__(self) -> str:
        """The place and the reason, as a compiler would say it."""
        line = "" if self.line is None else f", line {self.line}"
        column = "" if self.column is None else f", column {self.column}"
        row = "" if self.row is None else f" (row {self.row})"
        return f"{self.file}{line}{column}{row}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class TakenRow:
    """A row that is an example, the remarks on how it was read, and how far the reading is."""

    example: Example
    file: str
    notes: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    done_bytes: int = 0


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
    context = RowContext(signature=signature, source=source, now=now)
    examples: dict[str, Example] = {}
    skipped: Counter[str] = Counter()
    notes: dict[str, None] = {}
    rejected: list[RejectedRow] = []
    for row in stream_examples(paths, context=context):
        if isinstance(row, RejectedRow):
            skipped[row.kind] += 1
            rejected.append(row)
            continue
        notes.update(dict.fromkeys(row.notes))
        if row.example.example_id in examples:
            skipped[REPEATED] += 1
        examples.setdefault(row.example.example_id, row.example)
    return FileCollection(
        examples=tuple(examples.values()),
        skipped=dict(sorted(skipped.items())),
        notes=tuple(notes),
        rejected=tuple(rejected),
    )


def stream_examples(
    paths: Iterable[Path], *, context: RowContext, limits: Limits = LIMITS
) -> Iterator[TakenRow | RejectedRow]:
    """Read the rows of all files as they come; memory is that of one row.

    Archives are unpacked within `limits`, their members read like files.
    """
    for path in map(Path, paths):
        if path.suffix.lower() in ARCHIVE_SUFFIXES and file_problem(path) is None:
            yield from _archive(path, context, limits)
        else:
            yield from _file(path, str(path), path.name, context)


def example_or_rejection(
    row: Row | BrokenRow, *, file: str, name: str, context: RowContext
) -> TakenRow | RejectedRow:
    """Make an example of a row of `file`, which the provenance calls `name`."""
    if isinstance(row, BrokenRow):
        return _rejected(row, file, UNREADABLE)
    try:
        read = example_of_row(row, file=name, context=context)
    except RatchetError as error:
        broken = BrokenRow(
            line=row.line,
            column=None,
            reason=str(error),
            number=row.number,
            value=row.value,
            is_text=row.is_text,
            done_bytes=row.done_bytes,
        )
        return _rejected(broken, file, REFUSED)
    return TakenRow(
        example=read.example,
        file=file,
        notes=tuple(f"{file}: {note}" for note in read.notes),
        missing_columns=read.missing_columns,
        done_bytes=row.done_bytes,
    )


def _archive(path: Path, context: RowContext, limits: Limits) -> Iterator[TakenRow | RejectedRow]:
    with unpacked(path, DATA_SUFFIXES, limits=limits) as members:
        for member in members:
            if member.path is None:
                yield RejectedRow(
                    file=member.name, line=None, column=None, reason=str(member.problem)
                )
                continue
            name = member.name.removeprefix(f"{path.parent}/")
            yield from _file(member.path, member.name, name, context)


def _file(
    path: Path, file: str, name: str, context: RowContext
) -> Iterator[TakenRow | RejectedRow]:
    for row in read_rows(path):
        yield example_or_rejection(row, file=file, name=name, context=context)


def _rejected(broken: BrokenRow, file: str, kind: str) -> RejectedRow:
    return RejectedRow(
        file=file,
        line=broken.line,
        column=broken.column,
        row=broken.number,
        reason=broken.reason,
        kind=kind,
        value=broken.value,
        text=broken.text,
        is_text=broken.is_text,
        done_bytes=broken.done_bytes,
    )
