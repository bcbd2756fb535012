"""Diversity: how far is each example from its nearest neighbour?"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ratchet.examples import Example
from ratchet.quality.dimension import Dimension
from ratchet.quality.words import stems_of
from ratchet.signatures.spec import Values

BUCKETS = 1024  # hashed stems a vector; collisions blur similarity by about 1 %
BLOCK = 1024  # rows compared at once: 10,000 examples need 40 MB a block
FAR, SAME = 0.60, 1.0  # cosine similarity that costs nothing, and that costs all

Matrix = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class _Neighbour:
    similarity: float
    index: int


def judge_diversity(
    examples: Sequence[Example], *, stored: Sequence[Example] = ()
) -> tuple[Dimension, ...]:
    """Judge each example by its nearest neighbour in the batch and the store.

    Similarity is the cosine of the content words of the inputs, rare words weighing more.
    Examples of one group do not count against each other: a minimal pair is alike on purpose.
    """
    everything = [*examples, *stored]
    return tuple(
        _dimension(neighbour, everything) for neighbour in _neighbours(everything, len(examples))
    )


def _dimension(neighbour: _Neighbour, everything: Sequence[Example]) -> Dimension:
    loss = (neighbour.similarity - FAR) / (SAME - FAR)
    value = round(100 * (1 - min(1.0, max(0.0, loss))), 1)
    if value == 100:
        return Dimension(name="diversity", value=value, reason="no other example is near")
    other = everything[neighbour.index]
    reason = f"it is {neighbour.similarity:.0%} like example {other.example_id[:8]}"
    return Dimension(name="diversity", value=value, reason=reason)


def _neighbours(everything: Sequence[Example], count: int) -> Iterator[_Neighbour]:
    if not everything:
        return
    vectors = _vectors(everything)
    groups = np.unique([example.group_id for example in everything], return_inverse=True)[1]
    for start in range(0, count, BLOCK):
        stop = min(start + BLOCK, count)
        similarity = vectors[start:stop] @ vectors.T
        similarity[groups[start:stop, None] == groups[None, :]] = 0.0
        nearest = similarity.argmax(axis=1)
        for row, index in enumerate(nearest):
            yield _Neighbour(similarity=float(similarity[row, index]), index=int(index))


def _vectors(examples: Sequence[Example]) -> Matrix:
    """One unit row an example: hashed stems, weighed by inverse document frequency."""
    counts = np.zeros((len(examples), BUCKETS), dtype=np.float32)
    for row, example in enumerate(examples):
        counts[row, _buckets(example.inputs)] = 1.0
    frequency = counts.sum(axis=0)
    counts *= np.log((1 + len(examples)) / (1 + frequency)).astype(np.float32) + 1
    norms = np.linalg.norm(counts, axis=1, keepdims=True)
    unit: Matrix = counts / np.maximum(norms, np.float32(1e-9))
    return unit


def _buckets(inputs: Values) -> list[int]:
    stems = stems_of(_texts(inputs))
    return [zlib.crc32(stem.encode("utf-8", "surrogatepass")) % BUCKETS for stem in stems]


def _texts(inputs: Values) -> Iterator[str]:
    for value in inputs.values():
        items = value.values() if isinstance(value, dict) else value
        yield from map(str, items if isinstance(value, list | dict) else [value])
