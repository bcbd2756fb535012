"""The texts as arrays of code points, in blocks of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_CHARACTERS = 1_000_000  # 8 bytes a character in each of a handful of arrays
BLOCK_TEXTS = 2_048

Hashes = NDArray[np.uint64]

_MULTIPLIERS = tuple(  # odd and without pattern: multiples of 2**64 / golden ratio (Knuth 6.4)
    np.uint64(0x9E3779B97F4A7C15 * odd % 2**64) for odd in (1, 3, 5, 7)
)


@dataclass(frozen=True, kw_only=True)
class TextBlock:
    """Some neighbouring texts: their code points in a row, and how many are each text's.

    `start` is the place of the block's first text among all texts.
    """

    start: int
    codes: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @property
    def texts(self) -> slice:
        """The places of the block's texts among all texts."""
        return slice(self.start, self.start + len(self.lengths))

    def hash_grams(self, doublings: int) -> Hashes:
        """A 64-bit hash of the 2**doublings characters from each place of the block on.

        Some reach over the end of a text into the next; there are none for the last places.
        """
        hashes = self.codes.astype(np.uint64)
        for doubling in range(doublings):
            step = 1 << doubling
            hashes = hashes[:-step] * _MULTIPLIERS[doubling] + hashes[step:]
            hashes ^= hashes >> np.uint64(29)
        hashes *= _MULTIPLIERS[0]
        return hashes


def read_blocks(texts: Sequence[str]) -> Iterator[TextBlock]:
    """Cut `texts` into blocks of at most `BLOCK_CHARACTERS` and `BLOCK_TEXTS`.

    A longer text is a block by itself.

    Any Python string has code points, so NUL and lone surrogates are characters like others.
    """
    start, size = 0, 0
    for place, text in enumerate(texts):
        full = size + len(text) > BLOCK_CHARACTERS or place - start == BLOCK_TEXTS
        if place > start and full:
            yield _read(texts[start:place], start)
            start, size = place, 0
        size += len(text)
    if start < len(texts):
        yield _read(texts[start:], start)


def _read(texts: Sequence[str], start: int) -> TextBlock:
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    return TextBlock(
        start=start,
        codes=np.frombuffer(joined, dtype="<u4").astype(np.int64),
        lengths=np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)),
    )
