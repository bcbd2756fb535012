"""Pieces of a spool file: whole lines from a mark on, of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

PIECE_BYTES = 4 * 1024 * 1024  # about 10,000 records, which the database takes in half a second
KEPT_BYTES = 64 * 1024  # of a line that can not be used
TORN = (
    "cut off: the process that wrote it ended before the end of the line (killed, or a full disk)"
)


class Line(NamedTuple):
    """A line without its newline, and the byte of the file at which it starts."""

    offset_bytes: int
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What stands in a file from byte `start` to byte `end`.

    Either `content` holds whole lines, or there is a `reason` why the one line that starts
    here can not be used; then `content` is its beginning.
    """

    start: int
    end: int
    content: bytes
    reason: str = ""

    def lines(self) -> Iterator[Line]:
        r"""The whole lines, in order.

        >>> [line.offset_bytes for line in Piece(start=7, end=12, content=b"ab\nc\n").lines()]
        [7, 10]
        """
        offset = self.start
        for content in self.content.split(b"\n")[:-1]:
            yield Line(offset, content)
            offset += len(content) + 1


def read_piece(
    stream: BinaryIO, start: int, *, is_finished: bool, max_bytes: int = PIECE_BYTES
) -> Piece | None:
    """Read whole lines from byte `start` on, at most `max_bytes` of them.

    Returns:
        None when there is nothing to use yet: at the end of the file, or when only half a
        line follows in a file that still grows. In a finished file half a line was cut off
        and comes with that reason; so does a line longer than `max_bytes`.
    """
    stream.seek(start)
    content = stream.read(max_bytes)
    if whole := content.rfind(b"\n") + 1:
        return Piece(start=start, end=start + whole, content=content[:whole])
    if len(content) == max_bytes:
        return _too_long(stream, start, content, is_finished=is_finished)
    if content and is_finished:
        end = start + len(content)
        return Piece(start=start, end=end, content=content[:KEPT_BYTES], reason=TORN)
    return None


def _too_long(stream: BinaryIO, start: int, content: bytes, *, is_finished: bool) -> Piece | None:
    """Step over a line without holding it; it may not have ended yet."""
    max_bytes, end = len(content), start + len(content)
    while more := stream.read(max_bytes):
        newline = more.find(b"\n")
        if newline >= 0:
            end += newline + 1
            break
        end += len(more)
    else:
        if not is_finished:
            return None
    reason = f"too long: {end - start:,} bytes in a line; at most {max_bytes:,} are read"
    return Piece(start=start, end=end, content=content[:KEPT_BYTES], reason=reason)
