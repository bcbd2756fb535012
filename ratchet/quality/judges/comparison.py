"""Two judges of the same examples: do they rank alike, and where do they part?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ratchet.examples import ExampleId
from ratchet.quality.judges.scorecard import JUDGED, Scorecard

Floats = NDArray[np.float64]

APART = 5  # of the examples on which they part most are named


@dataclass(frozen=True, kw_only=True)
class DimensionComparison:
    """One dimension by two judges over the examples that both scored.

    `rank_correlation` is Spearman's, -1..1; None when one judge gives all the same score.
    `mean_difference` is the first judge's score less the second's, in points.
    """

    dimension: str
    rank_correlation: float | None
    mean_difference: float


@dataclass(frozen=True, kw_only=True)
class Parting:
    """An example on which two judges part: their overall scores."""

    example_id: ExampleId
    first: float
    second: float


@dataclass(frozen=True, kw_only=True)
class JudgeComparison:
    """Two judges over the `n` examples that both scored; the widest partings come first."""

    first: str
    second: str
    n: int
    dimensions: tuple[DimensionComparison, ...]
    partings: tuple[Parting, ...]


def compare_judges(first: Sequence[Scorecard], second: Sequence[Scorecard]) -> JudgeComparison:
    """Compare two judges; each sequence holds the scorecards of one, at least one card."""
    others = {card.example_id: card for card in second}
    pairs = [(card, others[card.example_id]) for card in first if card.example_id in others]
    partings = [
        Parting(example_id=one.example_id, first=one.overall, second=other.overall)
        for one, other in pairs
    ]
    partings.sort(key=lambda parting: (-abs(parting.first - parting.second), parting.example_id))
    return JudgeComparison(
        first=first[0].judge,
        second=second[0].judge,
        n=len(pairs),
        dimensions=tuple(_compared(name, pairs) for name in JUDGED) if pairs else (),
        partings=tuple(partings[:APART]),
    )


def _compared(name: str, pairs: Sequence[tuple[Scorecard, Scorecard]]) -> DimensionComparison:
    left = np.array([_value(one, name) for one, _ in pairs])
    right = np.array([_value(other, name) for _, other in pairs])
    return DimensionComparison(
        dimension=name,
        rank_correlation=_rank_correlation(left, right),
        mean_difference=round(float((left - right).mean()), 1),
    )


def _value(card: Scorecard, name: str) -> float:
    return next(dimension.value for dimension in card.dimensions if dimension.name == name)


def _rank_correlation(left: Floats, right: Floats) -> float | None:
    ranks = np.array([_ranks(left), _ranks(right)])
    if len(left) < 2 or not ranks.std(axis=1).all():
        return None
    return round(float(np.corrcoef(ranks)[0, 1]), 3)


def _ranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place], dtype=np.float64)
