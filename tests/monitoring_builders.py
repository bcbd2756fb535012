"""Builders for monitoring: the facts of the checks, each as it should be."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ratchet.configuration.monitoring import MonitoringSettings
from ratchet.datasets import DatasetVersion, QualityScores, Statistics
from ratchet.monitoring.histogram import class_of
from ratchet.monitoring.slots import HOUR, Slot, Traffic, start_of_hour
from ratchet.store.monitoring import DecisionFact, EvaluationFact, RolloutFact, RunFact
from tests.builders import NOON

SETTINGS = MonitoringSettings()
SIGNATURE = "validate_completeness"


def days_ago(days: float) -> datetime:
    """The time so many days before noon."""
    return NOON - timedelta(days=days)


def run_fact(status: str = "failed", *, days: float = 1.0, **changes: Any) -> RunFact:
    """A run that took an hour, so many days ago."""
    started = days_ago(days)
    fields: dict[str, Any] = {
        "run_id": f"run_{days:g}",
        "status": status,
        "started_at": started,
        "finished_at": None if status == "running" else started + HOUR,
        "error": "The disk is full." if status == "failed" else "",
    }
    return RunFact(**{**fields, **changes})


def run_facts(statuses: Iterable[str]) -> tuple[RunFact, ...]:
    """Runs a day apart, the newest first."""
    return tuple(run_fact(status, days=number) for number, status in enumerate(statuses, 2))


def evaluation_fact(
    verdict: str = "reject", *, days: float = 1.0, **changes: Any
) -> EvaluationFact:
    """A verdict in a run of its own, so many days ago."""
    fields: dict[str, Any] = {
        "evaluation_id": f"e{days:g}",
        "run_id": f"run_{days:g}",
        "signature": SIGNATURE,
        "verdict": verdict,
        "baseline_score": 0.5,
        "candidate_score": 0.5625,
        "at": days_ago(days),
    }
    return EvaluationFact(**{**fields, **changes})


def rollout_fact(status: str = "running", *, days: float = 1.0, **changes: Any) -> RolloutFact:
    """A rollout at its first stage that began so many days ago and was decided about just now."""
    is_over = status in {"completed", "rolled_back"}
    fields: dict[str, Any] = {
        "experiment_id": "x",
        "signature": SIGNATURE,
        "status": status,
        "stage": 0,
        "percent": 0.0 if status == "rolled_back" else 10.0,
        "baseline_version": "v1",
        "candidate_version": "v2",
        "stages": (10.0, 25.0, 50.0, 75.0, 100.0),
        "started_at": days_ago(days),
        "ended_at": NOON if is_over else None,
        "end_reason": "Errors rose by 12 points." if is_over else "",
        "ticked_at": NOON,
    }
    return RolloutFact(**{**fields, **changes})


def decision_fact(
    action: str, percent: float, *, rule: str = "gate", minutes: float = 60.0
) -> DecisionFact:
    """A logged decision so many minutes before noon."""
    at = NOON - timedelta(minutes=minutes)
    reason = f"because of {rule}"
    return DecisionFact(
        action=action, rule=rule, actor="controller", reason=reason, percent=percent, at=at
    )


def dataset_version(
    version: str = "v20260301_120000",
    *,
    quality: float | None = 80.0,
    examples: int = 100,
    sources: dict[str, int] | None = None,
) -> DatasetVersion:
    """A version as its metadata tells it."""
    return DatasetVersion(
        signature=SIGNATURE,
        version=version,
        path=Path(version),
        created=NOON,
        example_count=examples,
        statistics=Statistics(
            sources={"git": 60, "manual": 40} if sources is None else sources,
            quality_scores=QualityScores(mean=quality),
        ),
    )


def hour_slot(*, hours: int = 0, signature: str = SIGNATURE) -> Slot:
    """The full hour so many hours before that of noon."""
    start = start_of_hour(NOON) - hours * HOUR
    return Slot(signature=signature, start=start, end=start + HOUR)


def traffic(requests: int = 1_000, *, errors: int = 0, **changes: Any) -> Traffic:
    """Requests that took a second each."""
    fields: dict[str, Any] = {
        "requests": requests,
        "errors": errors,
        "latencies": {class_of(1_000.0): requests},
    }
    return Traffic(**{**fields, **changes})


def judged(count: int, quality: float, *, spread: float = 0.1) -> Traffic:
    """Requests of which each was judged, at `quality` give or take `spread`."""
    scores = [quality + spread * (-1) ** number for number in range(count)]
    return traffic(
        count,
        judged=count,
        quality_sum=sum(scores),
        quality_squares=sum(score**2 for score in scores),
    )


def latencies(count: int, *, scale: float = 1.0, seed: int = 1) -> Sequence[float]:
    """Latencies of a language model, in milliseconds."""
    rng = random.Random(seed)
    return [scale * rng.lognormvariate(7.0, 0.5) for _ in range(count)]
