"""The rows of a CSV or TSV file; the first line names the columns, dots in a name nest it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any

from ratchet.collect.json_rows import is_utf16, not_utf8
from ratchet.collect.json_values import value_problem
from ratchet.collect.row import BrokenRow, Row

DELIMITERS = (",", ";", "\t", "|")
MAX_CELL = 4 * 2**20  # characters; a quote that is never closed would take in the whole file
MAX_LINE_BYTES = 16 * 2**20


def rows_of_csv(path: Path) -> Iterator[Row | BrokenRow]:
    """Read the lines below the header; a line that does not fit it costs no other.

    The delimiter is the one of comma, semicolon, tab and bar that the header has most of.
    """
    with path.open("rb") as stream:
        lines = _Lines(stream)
        try:
            yield from _rows(lines)
        except _UnreadableLineError as error:
            yield lines.broken(str(error), column=error.column)


class _UnreadableLineError(ValueError):
    """A line that is no text; the reading ends, because a cell may have begun before it."""

    def __init__(self, reason: str, column: int | None) -> None:
        super().__init__(reason)
        self.column = column


class _Lines:
    """The lines of the file as text, counted."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.number = 0
        self.done_bytes = 0
        self._not_text: dict[int, str] = {}

    def __iter__(self) -> Iterator[str]:
        while content := self._stream.readline(MAX_LINE_BYTES + 1):
            self.number += 1
            self.done_bytes += len(content)
            if len(content) > MAX_LINE_BYTES:
                raise _UnreadableLineError(f"is longer than {MAX_LINE_BYTES:,} bytes", None)
            yield self._text(content)

    def _text(self, content: bytes) -> str:
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            reason = not_utf8(content, error)
            if is_utf16(content):
                raise _UnreadableLineError(reason, error.start + 1) from error
            self._not_text[self.number] = reason  # no byte of a sign: the cells can be told apart
            text = content.decode(errors="surrogateescape")
        return text.removeprefix("\ufeff") if self.number == 1 else text

    def not_text(self, start: int) -> str | None:
        """Why the lines from `start` to this one are no text, or None; asked once of each."""
        found = [self._not_text.pop(line) for line in sorted(self._not_text) if line >= start]
        return found[0] if found else None

    def broken(self, reason: str, *, column: int | None = None) -> BrokenRow:
        return BrokenRow(line=self.number, column=column, reason=reason, done_bytes=self.done_bytes)


def _rows(lines: _Lines) -> Iterator[Row | BrokenRow]:
    texts = iter(lines)
    first = next((text for text in texts if text.strip()), None)
    if first is None:
        yield BrokenRow(line=None, column=None, reason="is empty")
        return
    delimiter = max(DELIMITERS, key=first.count)
    if problem := lines.not_text(1):
        yield lines.broken(problem)
        return
    header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter))]
    if problem := _header_problem(header):
        yield lines.broken(problem)
        return
    yield from _rows_below(header, lines, texts, delimiter)


def _rows_below(
    header: Sequence[str], lines: _Lines, texts: Iterator[str], delimiter: str
) -> Iterator[Row | BrokenRow]:
    reader = csv.reader(texts, delimiter=delimiter, strict=True)
    csv.field_size_limit(MAX_CELL)
    number, start = 0, lines.number + 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            number += 1
            yield _broken(lines, start, number, _reason(error))
            if lines.number - start > 0:  # where the next row begins is not known
                return
            start = lines.number + 1
            continue
        if cells is None:
            break
        if any(cells):
            number += 1
            if reason := lines.not_text(start):
                yield _broken(lines, start, number, reason)
            else:
                yield _row(header, cells, lines, start=start, number=number)
        start = lines.number + 1
    if not number:
        yield BrokenRow(line=None, column=None, reason="holds no examples")


def _reason(error: csv.Error) -> str:
    if "unexpected end of data" in str(error) or "field larger" in str(error):
        return (
            "a quote is opened and not closed (or a cell is longer than "
            f"{MAX_CELL:,} characters); what follows is not read"
        )
    return f"broken CSV: {error}"


def _row(
    header: Sequence[str], cells: Sequence[str], lines: _Lines, *, start: int, number: int
) -> Row | BrokenRow:
    if len(cells) != len(header):
        reason = f"has {len(cells)} cells, the header has {len(header)}"
        names = [*header, *(f"column {n + 1}" for n in range(len(header), len(cells)))]
        padded = dict(zip_longest(names, cells, fillvalue=""))
        return _broken(lines, start, number, reason, value=padded)
    value = nested(dict(zip(header, cells, strict=True)))
    if problem := value_problem(value):
        return _broken(lines, start, number, problem)
    return Row(number=number, line=start, value=value, done_bytes=lines.done_bytes, is_text=True)


def nested(cells: dict[str, str]) -> dict[str, Any]:
    """Nest columns with a dot in their name; an empty cell below a dot is left out.

    >>> nested({"inputs.answer": "4", "metadata.notes": "", "id": ""})
    {'inputs': {'answer': '4'}, 'id': ''}
    """
    value: dict[str, Any] = {}
    for name, cell in cells.items():
        head, _, rest = name.partition(".")
        if not rest:
            value[name] = cell
        elif cell or head != "metadata":
            value.setdefault(head, {})[rest] = cell
    return value


def _header_problem(header: Sequence[str]) -> str | None:
    if not all(header):
        return f"column {header.index('') + 1} of the header has no name"
    if twice := next((name for name in header if header.count(name) > 1), None):
        return f"the header names column {twice!r} twice"
    heads = {name.partition(".")[0] for name in header if "." in name}
    if both := heads & set(header):
        return f"the header has {min(both)!r} and columns below it; keep one"
    return None


def _broken(lines: _Lines, start: int, number: int, reason: str, *, value: Any = None) -> BrokenRow:
    return BrokenRow(
        line=start,
        column=None,
        reason=reason,
        number=number,
        value=value,
        is_text=True,
        done_bytes=lines.done_bytes,
    )
