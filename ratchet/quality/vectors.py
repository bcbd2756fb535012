"""Texts as vectors of their content words, and which of them are alike by it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ratchet.quality.words import content_stems

BUCKETS = 1024  # hashed stems a vector; collisions blur similarity by about 1 %
BLOCK = 1024  # rows compared at once: 10,000 texts need 40 MB a block

Matrix = NDArray[np.float32]


def word_vectors(texts: Sequence[str]) -> Matrix:
    """One unit row a text: hashed stems, weighed by inverse document frequency.

    The dot product of two rows is the cosine similarity of the texts, 0..1.
    """
    counts = np.zeros((len(texts), BUCKETS), dtype=np.float32)
    for row, text in enumerate(texts):
        counts[row, [_bucket(stem) for stem in content_stems(text)]] = 1.0
    frequency = counts.sum(axis=0)
    counts *= np.log((1 + len(texts)) / (1 + frequency)).astype(np.float32) + 1
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


def _bucket(stem: str) -> int:
    return zlib.crc32(stem.encode("utf-8", "surrogatepass")) % BUCKETS
