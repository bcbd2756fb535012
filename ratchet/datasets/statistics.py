"""The statistics of a set of examples, and how they drift from one version to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from statistics import fmean, median
from typing import Any

from ratchet.datasets.records import QualityScores, Statistics
from ratchet.examples import Example

COUNTED = ("sources", "difficulty", "categories", "labels")


def summarise(examples: Sequence[Example], *, labels: Iterable[str]) -> Statistics:
    """Count the examples by source, difficulty, category and label, and sum up their quality."""
    scores = [e.quality_score for e in examples if e.quality_score is not None]
    return Statistics(
        sources=_counts(e.source.value for e in examples),
        difficulty=_counts(e.difficulty.value for e in examples),
        categories=_counts(e.category for e in examples),
        labels=_counts(labels),
        quality_scores=_quality(scores) if scores else QualityScores(),
    )


def share_drift(old: Statistics, new: Statistics) -> Mapping[str, Mapping[str, float]]:
    """The change of every share that changed, as new minus old."""
    drift = {}
    for name in COUNTED:
        before, after = _shares(getattr(old, name)), _shares(getattr(new, name))
        changes = {
            key: round(after.get(key, 0.0) - before.get(key, 0.0), 4)
            for key in sorted({*before, *after})
        }
        if found := {key: change for key, change in changes.items() if change}:
            drift[name] = found
    return drift


def quality_change(old: Statistics, new: Statistics) -> float | None:
    """The change of the mean quality relative to the old one; None when either is unknown.

    >>> eighty, sixty = (Statistics(quality_scores=QualityScores(mean=m)) for m in (80.0, 60.0))
    >>> quality_change(eighty, sixty)
    -0.25
    """
    before, after = old.quality_scores.mean, new.quality_scores.mean
    if not before or after is None:
        return None
    return round(after / before - 1, 4)


def statistics_to_json(statistics: Statistics) -> dict[str, Any]:
    """The form in metadata.json."""
    return asdict(statistics)


def statistics_from_json(document: Mapping[str, Any]) -> Statistics:
    """Read the statistics of a metadata.json, of the older form too.

    The older form has `quality_score_avg` beside the statistics, or in them.
    """
    found = document.get("statistics", {})
    quality = found.get("quality_scores", {})
    average = document.get("quality_score_avg", found.get("quality_score_avg"))
    return Statistics(
        **{name: dict(found.get(name, {})) for name in COUNTED},
        quality_scores=QualityScores(
            mean=quality.get("mean", average),
            min=quality.get("min"),
            p50=quality.get("p50"),
            max=quality.get("max"),
        ),
    )


def _counts(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _quality(scores: Sequence[float]) -> QualityScores:
    return QualityScores(
        mean=round(fmean(scores), 2),
        min=round(min(scores), 2),
        p50=round(median(scores), 2),
        max=round(max(scores), 2),
    )


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    return {key: count / total for key, count in counts.items()}
