"""The scorecard: what one judge says of one example, a dimension at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.examples import ExampleId
from ratchet.quality.dimension import Dimension

ACCURACY, COHERENCE, RELEVANCE, EDUCATION = "accuracy", "coherence", "relevance", "education"
DIVERSITY = "diversity"
JUDGED = (ACCURACY, COHERENCE, RELEVANCE, EDUCATION)
"""The dimensions of one example. Diversity is one of a set, so it stands beside them."""

WEIGHTS = {ACCURACY: 0.35, COHERENCE: 0.25, RELEVANCE: 0.20, EDUCATION: 0.20}
HEADROOM = 25.0  # a wrong label is not redeemed by how well it is written


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """The dimensions of one example by one judge, each 0..100 with its reason.

    Raises:
        ValueError: one of the four judged dimensions is missing or given twice.
    """

    example_id: ExampleId
    judge: str
    dimensions: tuple[Dimension, ...]

    def __post_init__(self) -> None:
        names = [dimension.name for dimension in self.dimensions]
        if not set(JUDGED) <= set(names) or len(names) != len(set(names)):
            raise ValueError(f"A scorecard has each of {', '.join(JUDGED)} once, not {names}.")

    @property
    def overall(self) -> float:
        """The four judged dimensions in one figure, 0..100."""
        return overall(self.dimensions)

    @property
    def weakest(self) -> Dimension:
        """The judged dimension with the lowest value; the first of equals."""
        judged = [dimension for dimension in self.dimensions if dimension.name in JUDGED]
        return min(judged, key=lambda dimension: dimension.value)


def overall(dimensions: Sequence[Dimension]) -> float:
    """The weighted mean, but never more than `HEADROOM` above the weakest of the four.

    >>> values = {ACCURACY: 10, COHERENCE: 100, RELEVANCE: 100, EDUCATION: 100}
    >>> overall([Dimension(name=name, value=value, reason="") for name, value in values.items()])
    35.0
    """
    judged = [dimension for dimension in dimensions if dimension.name in JUDGED]
    mean = sum(WEIGHTS[dimension.name] * dimension.value for dimension in judged)
    return round(min(mean, min(d.value for d in judged) + HEADROOM), 1)
