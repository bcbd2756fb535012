"""Texts as vectors of their content words, and which of them are alike by it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ratchet.quality.words import remembered_word, stems_of

BUCKETS = 1024  # hashed stems a vector; collisions blur similarity by about 1 %
BLOCK = 1024  # rows compared at once: 10,000 texts need 40 MB a block

Matrix = NDArray[np.float32]
Buckets = NDArray[np.uint16]
"""The places of a text's stems in its vector, each once."""


def stem_buckets(texts: Iterable[str]) -> Buckets:
    """Where the content words of these texts, taken together, stand in a vector."""
    found = sorted(set(_buckets(stems_of(texts))))
    return np.array(found, dtype=np.uint16)


def word_vectors(rows: Sequence[Buckets]) -> Matrix:
    """One unit row a text: hashed stems, weighed by inverse document frequency.

    The dot product of two rows is the cosine similarity of the texts, 0..1.
    """
    counts = np.zeros((len(rows), BUCKETS), dtype=np.float32)
    if rows:
        places = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        counts[places, np.concatenate(rows)] = 1.0
    frequency = counts.sum(axis=0)
    counts *= np.log((1 + len(rows)) / (1 + frequency)).astype(np.float32) + 1
    norms = np.linalg.norm(counts, axis=1, keepdims=True)
    unit: Matrix = counts / np.maximum(norms, np.float32(1e-9))
    return unit


def blocks_of_similarity(vectors: Matrix, count: int) -> Iterator[tuple[int, Matrix]]:
    """The similarity of the first `count` rows to all rows, some rows at a time.

    Yields:
        The number of the first row in the block, and the block (rows, all texts).
    """
    for start in range(0, count, BLOCK):
        yield start, vectors[start : min(start + BLOCK, count)] @ vectors.T


@remembered_word
def _buckets(stem: str) -> int:
    return zlib.crc32(stem.encode("utf-8", "surrogatepass")) % BUCKETS
