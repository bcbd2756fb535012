"""The report on a judge's scores: how they are distributed, by source, and what is worst."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ratchet.examples import Example, ExampleId
from ratchet.quality.judges.banding import Banding
from ratchet.quality.judges.bands import Band, band_of
from ratchet.quality.judges.scorecard import JUDGED, Scorecard

if TYPE_CHECKING:
    from ratchet.configuration.quality import QualitySettings

OVERALL = "overall"
WORST = 10


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """How one dimension is distributed over `n` examples, 0..100; `values` are sorted."""

    dimension: str
    n: int
    mean: float
    low: float
    median: float
    high: float
    values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class SourceMeans:
    """The means of the dimensions of the examples of one source, 0..100."""

    source: str
    n: int
    means: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Weak:
    """One of the worst examples: its overall score and the dimension that holds it down."""

    example_id: ExampleId
    source: str
    status: str
    overall: float
    dimension: str
    value: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class QualityReport:
    """What one judge found in the examples of a signature.

    `bands` counts by the score that `banding` says; the distributions are of raw scores.
    """

    signature: str
    judge: str
    n: int
    banding: Banding
    bands: Mapping[Band, int]
    distributions: tuple[Distribution, ...]
    sources: tuple[SourceMeans, ...]
    worst: tuple[Weak, ...]


def report_on(
    signature: str,
    judge: str,
    cards: Sequence[Scorecard],
    examples: Mapping[ExampleId, Example],
    *,
    settings: QualitySettings,
    banding: Banding,
    worst: int = WORST,
) -> QualityReport:
    """Sum up the scorecards of one judge.

    Args:
        signature: Whose examples they are.
        judge: Who made the scorecards.
        cards: Each of an example in `examples`; others are left out.
        examples: The examples by id.
        settings: The bands.
        banding: Which score they act on.
        worst: How many of the worst are listed.
    """
    known = [card for card in cards if card.example_id in examples]
    values: dict[str, list[float]] = defaultdict(list)
    for card in known:
        values[OVERALL].append(card.overall)
        for dimension in card.dimensions:
            values[dimension.name].append(dimension.value)
    lowest = sorted(known, key=lambda card: (card.overall, card.example_id))[:worst]
    return QualityReport(
        signature=signature,
        judge=judge,
        n=len(known),
        banding=banding,
        bands=dict(Counter(band_of(banding.score(card.overall), settings) for card in known)),
        distributions=tuple(_distribution(name, found) for name, found in values.items()),
        sources=_by_source(known, examples),
        worst=tuple(_weak(card, examples[card.example_id]) for card in lowest),
    )


def _distribution(name: str, values: Sequence[float]) -> Distribution:
    low, median, high = (round(float(q), 1) for q in np.quantile(values, [0.1, 0.5, 0.9]))
    return Distribution(
        dimension=name,
        n=len(values),
        mean=round(float(np.mean(values)), 1),
        low=low,
        median=median,
        high=high,
        values=tuple(sorted(values)),
    )


def _by_source(
    cards: Sequence[Scorecard], examples: Mapping[ExampleId, Example]
) -> tuple[SourceMeans, ...]:
    found: dict[str, list[Scorecard]] = defaultdict(list)
    for card in cards:
        found[examples[card.example_id].source.value].append(card)
    return tuple(
        SourceMeans(source=source, n=len(of_source), means=_means(of_source))
        for source, of_source in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    )


def _means(cards: Sequence[Scorecard]) -> dict[str, float]:
    means = {OVERALL: round(float(np.mean([card.overall for card in cards])), 1)}
    for name in JUDGED:
        values = [d.value for card in cards for d in card.dimensions if d.name == name]
        means[name] = round(float(np.mean(values)), 1)
    return means


def _weak(card: Scorecard, example: Example) -> Weak:
    return Weak(
        example_id=card.example_id,
        source=example.source.value,
        status=example.status.value,
        overall=card.overall,
        dimension=card.weakest.name,
        value=card.weakest.value,
        reason=card.weakest.reason,
    )
