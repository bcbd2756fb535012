"""The texts as arrays of code points, in blocks of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_CHARACTERS = 1_000_000  # 8 bytes a character in each of a handful of arrays

Hashes = NDArray[np.uint64]

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, made odd (Knuth 6.4)


@dataclass(frozen=True, kw_only=True)
class TextBlock:
    """Some neighbouring texts: `codes` in a row, `owners` the text of each, from 0 on.

    `start` is the place of the block's first text among all texts, `count` their number.
    """

    start: int
    count: int
    codes: Hashes
    owners: NDArray[np.int64]

    def grams(self, size: int) -> Grams:
        """A 64-bit hash of each run of `size` characters that lies within one text."""
        if len(self.codes) < size:
            return Grams(hashes=self.codes[:0], owners=self.owners[:0])
        span = len(self.codes) - size + 1
        hashes = np.zeros(span, dtype=np.uint64)
        for offset in range(size):
            hashes *= _MULTIPLIER
            hashes += self.codes[offset : offset + span]
            hashes ^= hashes >> np.uint64(29)
        hashes *= _MULTIPLIER
        inside = self.owners[:span] == self.owners[size - 1 :]
        return Grams(hashes=hashes[inside], owners=self.owners[:span][inside])


@dataclass(frozen=True, kw_only=True)
class Grams:
    """Hashes of character runs and the texts, counted from the block's start, that own them."""

    hashes: Hashes
    owners: NDArray[np.int64]


def read_blocks(texts: Sequence[str]) -> Iterator[TextBlock]:
    """Cut `texts` into blocks of about `BLOCK_CHARACTERS`; a longer text is a block by itself.

    Any Python string has code points, so NUL and lone surrogates are characters like others.
    """
    start, size = 0, 0
    for place, text in enumerate(texts):
        if size and size + len(text) > BLOCK_CHARACTERS:
            yield _read(texts[start:place], start)
            start, size = place, 0
        size += len(text)
    if start < len(texts):
        yield _read(texts[start:], start)


def _read(texts: Sequence[str], start: int) -> TextBlock:
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    return TextBlock(
        start=start,
        count=len(texts),
        codes=np.frombuffer(joined, dtype="<u4").astype(np.uint64),
        owners=np.repeat(np.arange(len(texts)), lengths),
    )
