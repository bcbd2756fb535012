"""Diversity: how far is each example from its nearest neighbour?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ratchet.examples import Example, ExampleId
from ratchet.quality.dimension import Dimension
from ratchet.quality.vectors import Buckets, blocks_of_similarity, stem_buckets, word_vectors
from ratchet.signatures.spec import Values

NO_BUCKETS: Mapping[ExampleId, Buckets] = MappingProxyType({})
FAR, SAME = 0.60, 1.0  # cosine similarity that costs nothing, and that costs all


@dataclass(frozen=True, kw_only=True)
class _Neighbour:
    similarity: float
    index: int


def judge_diversity(
    examples: Sequence[Example],
    *,
    stored: Sequence[Example] = (),
    buckets: Mapping[ExampleId, Buckets] = NO_BUCKETS,
) -> tuple[Dimension, ...]:
    """Judge each example by its nearest neighbour in the batch and the store.

    Similarity is the cosine of the content words of the inputs, rare words weighing more.
    Examples of one group do not count against each other: a minimal pair is alike on purpose.
    The `buckets` of some examples may be known already.
    """
    everything = [*examples, *stored]
    rows = [_row(example, buckets) for example in everything]
    return tuple(
        _dimension(neighbour, everything)
        for neighbour in _neighbours(everything, rows, len(examples))
    )


def input_buckets(inputs: Values) -> Buckets:
    """The buckets of all texts of the inputs."""
    return stem_buckets(_texts(inputs))


def _row(example: Example, known: Mapping[ExampleId, Buckets]) -> Buckets:
    found = known.get(example.example_id) if known else None
    return input_buckets(example.inputs) if found is None else found


def _dimension(neighbour: _Neighbour, everything: Sequence[Example]) -> Dimension:
    loss = (neighbour.similarity - FAR) / (SAME - FAR)
    value = round(100 * (1 - min(1.0, max(0.0, loss))), 1)
    if value == 100:
        return Dimension(name="diversity", value=value, reason="no other example is near")
    other = everything[neighbour.index]
    reason = f"it is {neighbour.similarity:.0%} like example {other.example_id[:8]}"
    return Dimension(name="diversity", value=value, reason=reason)


def _neighbours(
    everything: Sequence[Example], rows: Sequence[Buckets], count: int
) -> Iterator[_Neighbour]:
    if not everything:
        return
    vectors = word_vectors(rows)
    groups = np.unique([example.group_id for example in everything], return_inverse=True)[1]
    for start, similarity in blocks_of_similarity(vectors, count):
        own = groups[start : start + len(similarity)]
        similarity[own[:, None] == groups[None, :]] = 0.0
        nearest = similarity.argmax(axis=1)
        for row, index in enumerate(nearest):
            yield _Neighbour(similarity=float(similarity[row, index]), index=int(index))


def _texts(inputs: Values) -> Iterator[str]:
    for value in inputs.values():
        items = value.values() if isinstance(value, dict) else value
        yield from map(str, items if isinstance(value, list | dict) else [value])
