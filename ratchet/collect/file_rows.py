"""The rows of a JSON or JSONL file, each with its line; what is broken is a row too, with why."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ratchet.collect.json_values import BrokenJsonError, decode_value, skip_space, values_of

LINES_SUFFIXES = (".jsonl", ".ndjson")
SUFFIXES = (".json", *LINES_SUFFIXES)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One value of a file: its number among the rows (from 1) and the line it starts on."""

    number: int
    line: int
    value: Any


@dataclass(frozen=True, kw_only=True)
class BrokenRow:
    """A place that can not be read, and why; `line` is None for a file as a whole.

    `number` is that among the rows, where the rows around it can be read.
    """

    line: int | None
    column: int | None
    reason: str
    number: int | None = None


def read_rows(path: Path) -> Iterator[Row | BrokenRow]:
    """Read the rows of `path`: JSONL line by line, JSON as an array, an object or `examples`.

    A file that is called .json and holds one object a line is read as JSONL. The rows before
    a break in a JSON file are given; those after it can not be found.
    """
    try:
        if problem := _file_problem(path):
            yield BrokenRow(line=None, column=None, reason=problem)
        elif path.suffix.lower() in LINES_SUFFIXES and _first_character(path) != "[":
            yield from _rows_of_lines(path)
        else:
            yield from _rows_of_document(path)
    except OSError as error:
        reason = f"can not be read: {error.strerror or error}"
        yield BrokenRow(line=None, column=None, reason=reason)


def _file_problem(path: Path) -> str | None:
    if not path.exists():
        return "does not exist"
    if path.is_dir():
        return "is a directory; name the files in it"
    if not path.is_file():
        return "is not a regular file"
    if path.suffix.lower() not in SUFFIXES:
        return f"is called {path.suffix or 'without a suffix'}; {', '.join(SUFFIXES)} can be read"
    if not path.stat().st_size:
        return "is empty"
    return None


def _first_character(path: Path) -> str:
    with path.open("rb") as stream:
        start = stream.read(4096).removeprefix(codecs.BOM_UTF8).lstrip()
    return start[:1].decode("latin-1")


def _rows_of_lines(path: Path) -> Iterator[Row | BrokenRow]:
    number = 0
    with path.open("rb") as stream:
        for line, content in enumerate(stream, 1):
            stripped = content.removeprefix(codecs.BOM_UTF8) if line == 1 else content
            if not stripped.strip():
                continue
            number += 1
            yield _row_of_line(stripped.rstrip(), number=number, line=line)
    if not number:
        yield BrokenRow(line=None, column=None, reason="is empty")


def _row_of_line(content: bytes, *, number: int, line: int) -> Row | BrokenRow:
    try:
        text = content.decode()
        value, end = decode_value(text, skip_space(text, 0))
    except UnicodeDecodeError as error:
        return BrokenRow(line=line, column=error.start + 1, reason=_not_utf8(content, error))
    except BrokenJsonError as error:
        return BrokenRow(line=line, column=error.offset + 1, reason=error.reason)
    if (rest := skip_space(text, end)) < len(text):
        return BrokenRow(line=line, column=rest + 1, reason="holds more than one value; write one")
    return Row(number=number, line=line, value=value)


def _rows_of_document(path: Path) -> Iterator[Row | BrokenRow]:
    content = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start]
        column = error.start - before.rfind(b"\n")
        yield BrokenRow(
            line=before.count(b"\n") + 1, column=column, reason=_not_utf8(content, error)
        )
        return
    start = skip_space(text, 0)
    if start == len(text):
        yield BrokenRow(line=None, column=None, reason="is empty")
    elif _is_lines(text, start):
        yield from _rows_of_lines(path)
    else:
        yield from _placed(text, values_of(text, start))


def _is_lines(text: str, start: int) -> bool:
    """Whether a .json file holds one object a line: its first line is one, and there are more."""
    first, _, rest = text[start:].partition("\n")
    if not rest.strip() or not first.startswith("{"):
        return False
    try:
        _, end = decode_value(first, 0)
    except BrokenJsonError:
        return False
    return not first[end:].strip()


def _placed(text: str, values: Iterator[tuple[int, Any]]) -> Iterator[Row | BrokenRow]:
    """Turn offsets into lines; a break in the JSON is the last row."""
    number, line, counted = 0, 1, 0
    try:
        for offset, value in values:
            number += 1
            line += text.count("\n", counted, offset)
            counted = offset
            if isinstance(value, BrokenJsonError):
                yield _broken_at(text, value, number=number)
            else:
                yield Row(number=number, line=line, value=value)
    except BrokenJsonError as error:
        yield _broken_at(text, error, number=None)
    else:
        if not number:
            yield BrokenRow(line=None, column=None, reason="holds no examples")


def _broken_at(text: str, error: BrokenJsonError, *, number: int | None) -> BrokenRow:
    line = text.count("\n", 0, error.offset) + 1
    column = error.offset - text.rfind("\n", 0, error.offset)
    return BrokenRow(line=line, column=column, reason=error.reason, number=number)


def _not_utf8(content: bytes, error: UnicodeDecodeError) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "is UTF-16; save the file as UTF-8"
    return f"is not UTF-8: byte 0x{content[error.start]:02x}; save the file as UTF-8"
