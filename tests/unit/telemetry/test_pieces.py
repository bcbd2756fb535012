"""Pieces of spool files: whole lines only, wherever the file is cut."""

from __future__ import annotations

from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from ratchet.telemetry.pieces import TORN, Piece, read_piece

MAX_BYTES = 16


def pieces(
    content: bytes, *, is_finished: bool, start: int = 0, max_bytes: int = MAX_BYTES
) -> list[Piece]:
    """All pieces from a mark on."""
    found = []
    while piece := read_piece(
        BytesIO(content), start, is_finished=is_finished, max_bytes=max_bytes
    ):
        found.append(piece)
        start = piece.end
    return found


def lines(found: list[Piece]) -> list[tuple[int, bytes]]:
    """The whole lines of pieces, with their offsets."""
    return [tuple(line) for piece in found if not piece.reason for line in piece.lines()]


short_lines = st.lists(st.binary(max_size=MAX_BYTES - 1).map(lambda b: b.replace(b"\n", b"\r")))


@given(content=short_lines, data=st.data())
def test_a_file_that_was_cut_at_any_byte_gives_every_line_once(
    content: list[bytes], data: st.DataObject
) -> None:
    """What was written before and after the cut joins to the lines of the whole file."""
    whole = b"".join(line + b"\n" for line in content)
    cut = data.draw(st.integers(0, len(whole)))

    before = pieces(whole[:cut], is_finished=False)
    mark = before[-1].end if before else 0
    after = pieces(whole, is_finished=True, start=mark)

    found = lines(before) + lines(after)
    assert [text for _, text in found] == content
    assert all(whole[at : at + len(text) + 1] == text + b"\n" for at, text in found)
    assert not [piece for piece in before + after if piece.reason]


@given(st.binary(max_size=200), st.booleans())
def test_no_byte_of_a_finished_file_is_lost_or_read_twice(content: bytes, grew: bool) -> None:
    """Pieces follow each other without a gap; a growing file leaves its last half line."""
    found = pieces(content, is_finished=not grew)

    ends = [0] + [piece.end for piece in found]
    assert [piece.start for piece in found] == ends[:-1]
    if not grew:
        assert ends[-1] == len(content)
    elif ends[-1] < len(content):
        assert b"\n" not in content[ends[-1] :]


def test_half_a_last_line_waits_while_the_file_grows() -> None:
    """It may still be whole a moment later."""
    found = pieces(b"one\ntw", is_finished=False)

    assert lines(found) == [(0, b"one")]
    assert found[-1].end == 4


def test_half_a_last_line_of_a_finished_file_was_cut_off() -> None:
    """Its writer was killed; the rest of the file is used."""
    whole, torn = pieces(b"one\ntw", is_finished=True)

    assert lines([whole]) == [(0, b"one")]
    assert (torn.start, torn.end, torn.content, torn.reason) == (4, 6, b"tw", TORN)


def test_a_line_longer_than_a_piece_is_stepped_over_and_said() -> None:
    """The lines around it are used, and no more than a piece of it is held."""
    content = b"a\n" + b"x" * 50 + b"\nb\n"

    first, long, last = pieces(content, is_finished=False)

    assert lines([first, last]) == [(0, b"a"), (53, b"b")]
    assert len(long.content) <= MAX_BYTES
    assert long.reason == "too long: 51 bytes in a line; at most 16 are read"


def test_a_long_line_without_an_end_waits_while_the_file_grows() -> None:
    """Only its end says how long it is."""
    content = b"x" * 50

    assert pieces(content, is_finished=False) == []
    assert [piece.end for piece in pieces(content, is_finished=True)] == [50]
