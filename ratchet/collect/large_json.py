"""The rows of a JSON array that is too large to be held in memory: read piece by piece."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ratchet.collect.json_values import BrokenJsonError, decode_value, skip_space
from ratchet.collect.row import BrokenRow, Row

PIECE_BYTES = 2**18


def rows_of_large_array(path: Path, *, max_value_bytes: int) -> Iterator[Row | BrokenRow]:
    """Read the items of the array in `path`; memory is that of one item and a piece.

    A broken item ends the reading, because where the next one begins is not known.
    """
    with path.open("rb") as stream:
        window = _Window(stream)
        try:
            yield from _items(window, max_value_bytes)
        except BrokenJsonError as error:
            yield window.broken(error)
        except UnicodeDecodeError as error:
            reason = f"is not UTF-8: byte 0x{error.object[error.start]:02x}"
            yield BrokenRow(line=window.line, column=None, reason=f"{reason}; save it as UTF-8")


class _Window:
    """The part of the text that is in memory, from the next character on."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self.text = ""
        self.line = 1
        self.is_whole = False
        self.done_bytes = 0

    def more(self) -> None:
        """Read on, as much as is there already, so that a long item is not tried too often."""
        piece = self._stream.read(max(PIECE_BYTES, len(self.text)))
        self.is_whole = not piece
        self.text += self._decoder.decode(piece, final=self.is_whole)
        self.done_bytes = self._stream.tell()

    def drop(self, count: int) -> None:
        """Leave `count` characters behind."""
        self.line += self.text.count("\n", 0, count)
        self.text = self.text[count:]

    def next_character(self) -> str:
        """Skip white space; the character that follows, empty at the end of the file."""
        while True:
            self.drop(skip_space(self.text, 0))
            if self.text or self.is_whole:
                return self.text[:1]
            self.more()

    def broken(self, error: BrokenJsonError, *, number: int | None = None) -> BrokenRow:
        """The place of an error, `error.offset` characters into the text."""
        before = self.text[: error.offset]
        return BrokenRow(
            line=self.line + before.count("\n"),
            column=None,
            reason=error.reason,
            number=number,
            done_bytes=self.done_bytes,
        )


def _items(window: _Window, max_value_bytes: int) -> Iterator[Row | BrokenRow]:
    window.next_character()
    window.drop(1)
    number = 0
    while window.next_character() != "]" or number:
        number += 1
        yield _item(window, number, max_value_bytes)
        if (character := window.next_character()) == "]":
            break
        if character != ",":
            found = repr(character) if character else "the end of the file"
            raise BrokenJsonError(f"broken JSON: ',' is due between two examples, not {found}", 0)
        window.drop(1)
        window.next_character()
    window.drop(1)
    if window.next_character():
        raise BrokenJsonError("there is more after the end of the JSON", 0)
    if not number:
        yield BrokenRow(line=None, column=None, reason="holds no examples")


def _item(window: _Window, number: int, max_value_bytes: int) -> Row | BrokenRow:
    """Decode the item that the text begins with; read on while it is not whole.

    Raises:
        BrokenJsonError: the item is broken, or longer than it may be.
    """
    while True:
        try:
            value, end = decode_value(window.text, 0)
        except BrokenJsonError as error:
            if error.end is not None:
                broken = window.broken(error, number=number)
                window.drop(error.end)
                return broken
            if window.is_whole or len(window.text) > max_value_bytes:
                raise
            window.more()
            continue
        if end == len(window.text) and not window.is_whole:  # a number may go on
            window.more()
            continue
        row = Row(number=number, line=window.line, value=value, done_bytes=window.done_bytes)
        window.drop(end)
        return row
