"""The rows of JSON: one value a line, an array, an object, or an object with `examples`."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from ratchet.collect.json_values import (
    HALF_PAIR,
    BrokenJsonError,
    decode_value,
    quick_value,
    skip_space,
    values_of,
)
from ratchet.collect.large_json import rows_of_large_array
from ratchet.collect.row import BrokenRow, Row

MAX_LINE_BYTES = 16 * 2**20  # no example is that long; a file without line ends is
UTF16 = "is UTF-16; save the file as UTF-8"
MAX_WHOLE_BYTES = 32 * 2**20  # of a document that is held in memory at once


def rows_of_lines(path: Path) -> Iterator[Row | BrokenRow]:
    """Read one value a line; a broken line costs no other, and memory is that of a line."""
    number = line = done = 0
    with path.open("rb") as stream:
        while content := stream.readline(MAX_LINE_BYTES + 1):
            line += 1
            length = len(content)
            is_long = length > MAX_LINE_BYTES
            done += length + (_skip_line(stream, content) if is_long else 0)
            if line == 1 and is_utf16(content):
                yield BrokenRow(line=1, column=1, reason=UTF16)
                return
            stripped = content.removeprefix(codecs.BOM_UTF8) if line == 1 else content
            if not stripped.strip():
                continue
            number += 1
            if is_long:
                reason = f"is longer than {MAX_LINE_BYTES:,} bytes"
                yield BrokenRow(
                    line=line, column=None, reason=reason, number=number, done_bytes=done
                )
            else:
                yield _row_of_line(stripped.rstrip(), number=number, line=line, done=done)
    if not number:
        yield BrokenRow(line=None, column=None, reason="is empty")


def first_character(path: Path) -> str:
    """The first character of a file that is no white space; empty when there is none."""
    with path.open("rb") as stream:
        start = stream.read(4096).removeprefix(codecs.BOM_UTF8).lstrip()
    return start[:1].decode("latin-1")


def _skip_line(stream: IO[bytes], content: bytes) -> int:
    skipped = 0
    while not content.endswith(b"\n") and (content := stream.readline(MAX_LINE_BYTES)):
        skipped += len(content)
    return skipped


def _row_of_line(content: bytes, *, number: int, line: int, done: int) -> Row | BrokenRow:
    def broken(column: int, reason: str) -> BrokenRow:
        return BrokenRow(
            line=line,
            column=column,
            reason=reason,
            number=number,
            text=content.decode(errors="replace"),
            done_bytes=done,
        )

    try:
        text = content.decode()
        if (quick := quick_value(text)) is not None:
            return Row(number=number, line=line, value=quick, done_bytes=done)
        value, end = decode_value(text, skip_space(text, 0))
    except UnicodeDecodeError as error:
        return broken(error.start + 1, not_utf8(content, error))
    except BrokenJsonError as error:
        return broken(error.offset + 1, error.reason)
    if (rest := skip_space(text, end)) < len(text):
        return broken(rest + 1, "holds more than one value; write one")
    return Row(number=number, line=line, value=value, done_bytes=done)


def rows_of_document(path: Path) -> Iterator[Row | BrokenRow]:
    """Read an array, an object or `examples`; the rows before a break in the JSON are given.

    A document that turns out to be one object a line is read as such. One of more than
    `MAX_WHOLE_BYTES` is read piece by piece, which an array alone allows.
    """
    if path.stat().st_size > MAX_WHOLE_BYTES:
        yield from rows_of_large_document(path)
        return
    content = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    reason = None
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        reason = not_utf8(content, error)
        if is_utf16(content):
            yield BrokenRow(line=1, column=1, reason=reason)
            return
        text = content.decode(errors="surrogateescape")  # no byte of a sign: values can be told
    start = skip_space(text, 0)
    if start == len(text):
        yield BrokenRow(line=None, column=None, reason="is empty")
    elif _is_lines(text, start):
        yield from rows_of_lines(path)
    else:
        yield from _placed(text, values_of(text, start), not_text=reason)


def rows_of_large_document(path: Path) -> Iterator[Row | BrokenRow]:
    """Read an array, or one object a line, without holding the file in memory."""
    if first_character(path) == "[":
        yield from rows_of_large_array(path, max_value_bytes=MAX_LINE_BYTES)
        return
    with path.open("rb") as stream:
        first = stream.readline(MAX_LINE_BYTES).removeprefix(codecs.BOM_UTF8)
    if _is_lines(first.decode(errors="replace") + "{", 0):
        yield from rows_of_lines(path)
        return
    reason = (
        f"is one JSON value of more than {MAX_WHOLE_BYTES // 2**20} MB; "
        "write an array, or one object a line (.jsonl)"
    )
    yield BrokenRow(line=None, column=None, reason=reason)


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


def _placed(
    text: str, values: Iterator[tuple[int, Any]], *, not_text: str | None = None
) -> Iterator[Row | BrokenRow]:
    """Turn offsets into lines; a break in the JSON is the last row.

    `not_text` says why some bytes of the file are none: it holds for the values with half pairs.
    """
    number, line, counted = 0, 1, 0
    try:
        for offset, value in values:
            number += 1
            line += text.count("\n", counted, offset)
            counted = offset
            if isinstance(value, BrokenJsonError):
                reason = not_text if value.reason == HALF_PAIR and not_text else value.reason
                yield replace(_broken_at(text, value, number=number), reason=reason)
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


def is_utf16(content: bytes) -> bool:
    """Whether a file begins as UTF-16 does."""
    return content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def not_utf8(content: bytes, error: UnicodeDecodeError) -> str:
    """Why bytes are no text, and what to do."""
    if is_utf16(content):
        return UTF16
    return f"is not UTF-8: byte 0x{content[error.start]:02x}; save the file as UTF-8"
