"""Diversity: how far is each example from its nearest neighbour?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ratchet.examples import Example
from ratchet.quality.dimension import Dimension
from ratchet.quality.vectors import blocks_of_similarity, word_vectors
from ratchet.signatures.spec import Values

FAR, SAME = 0.60, 1.0  # cosine similarity that costs nothing, and that costs all


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
    vectors = word_vectors([_text(example.inputs) for example in everything])
    groups = np.unique([example.group_id for example in everything], return_inverse=True)[1]
    for start, similarity in blocks_of_similarity(vectors, count):
        own = groups[start : start + len(similarity)]
        similarity[own[:, None] == groups[None, :]] = 0.0
        nearest = similarity.argmax(axis=1)
        for row, index in enumerate(nearest):
            yield _Neighbour(similarity=float(similarity[row, index]), index=int(index))


def _text(inputs: Values) -> str:
    parts: list[str] = []
    for value in inputs.values():
        items = value.values() if isinstance(value, dict) else value
        parts.extend(map(str, items if isinstance(value, list | dict) else [value]))
    return "\n".join(parts)
