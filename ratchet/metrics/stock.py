"""Samples of examples, dataset versions, champions, evaluations and forecasts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ratchet.errors import DatasetError
from ratchet.metrics.metric import Sample
from ratchet.metrics.sources import Look
from ratchet.store.measures.stock import (
    champions_now,
    example_counts,
    newest_evaluations,
    newest_forecasts,
    verdict_counts,
)

if TYPE_CHECKING:
    from ratchet.datasets import DatasetVersion
    from ratchet.store import Store

MAX_QUALITY = 100.0

logger = logging.getLogger(__name__)


def example_samples(look: Look) -> Iterator[Sample]:
    """How many examples there are of each kind."""
    for found in example_counts(look.store.database):
        labels = {"signature": found.signature, "status": found.status, "source": found.source}
        yield Sample(name="ratchet_examples", value=found.count, labels=labels)


def dataset_samples(look: Look) -> Iterator[Sample]:
    """The latest dataset version of every signature; a damaged one is logged and left out."""
    from ratchet.datasets import DatasetFolder

    folder = DatasetFolder(look.sources.datasets)
    for signature in folder.signatures():
        try:
            latest = folder.latest(signature)
        except DatasetError as error:
            logger.warning("A dataset version is in no metric: %s", error)
            continue
        if latest is not None:
            yield from _of_version(latest)


def program_samples(look: Look) -> Iterator[Sample]:
    """Champions, evaluations and what is expected of more data."""
    for champion in champions_now(look.store.database):
        labels = {"signature": champion.signature}
        named = {**labels, "version": champion.version}
        yield Sample(name="ratchet_champion_info", value=1, labels=named)
        since = champion.since.timestamp()
        yield Sample(name="ratchet_champion_since_timestamp_seconds", value=since, labels=labels)
    for (signature, verdict), count in verdict_counts(look.store.database).items():
        labels = {"signature": signature, "verdict": verdict}
        yield Sample(name="ratchet_evaluations_total", value=count, labels=labels)
    yield from _of_evaluations(look.store)
    for forecast in newest_forecasts(look.store.database):
        bounds = {
            "lower": forecast.lower,
            "expected": forecast.predicted,
            "upper": forecast.upper,
        }
        for bound, value in bounds.items():
            labels = {"signature": forecast.signature, "bound": bound}
            yield Sample(name="ratchet_forecast_score_ratio", value=value, labels=labels)


def _of_evaluations(store: Store) -> Iterator[Sample]:
    for found in newest_evaluations(store.database):
        labels = {"signature": found.signature}
        at = found.created_at.timestamp()
        yield Sample(name="ratchet_evaluation_timestamp_seconds", value=at, labels=labels)
        scores = {"baseline": found.baseline_score, "candidate": found.candidate_score}
        for arm, score in scores.items():
            if score is not None:
                named = {**labels, "arm": arm}
                yield Sample(name="ratchet_evaluation_score_ratio", value=score, labels=named)
        for bound, gain in (("lower", found.lower), ("upper", found.upper)):
            if gain is not None:
                named = {**labels, "bound": bound}
                yield Sample(name="ratchet_evaluation_gain_ratio", value=gain, labels=named)


def _of_version(version: DatasetVersion) -> Iterator[Sample]:
    labels = {"signature": version.signature}
    named = {**labels, "version": version.version}
    yield Sample(name="ratchet_dataset_info", value=1, labels=named)
    for side, count in version.side_counts.items():
        sided = {**labels, "side": side}
        yield Sample(name="ratchet_dataset_examples", value=count, labels=sided)
    mean = version.statistics.quality_scores.mean
    if mean is not None:
        value = mean / MAX_QUALITY
        yield Sample(name="ratchet_dataset_quality_ratio", value=value, labels=labels)
    created = version.created.timestamp()
    yield Sample(name="ratchet_dataset_created_timestamp_seconds", value=created, labels=labels)
