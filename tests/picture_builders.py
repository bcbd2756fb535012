"""Builders for pictures: histories long enough to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from ratchet.alerts.alert import Alert, Level
from ratchet.datasets import DatasetVersion
from ratchet.datasets.records import QualityScores, Statistics
from ratchet.monitoring.check import Check
from ratchet.monitoring.health import Health
from ratchet.pictures.score_history import ScorePoint
from ratchet.rollout import roll_back
from ratchet.store import RolloutRecord
from ratchet.store.outcome_statistics import OutcomeStatistics, Placement
from tests.builders import NOON
from tests.rollout_builders import begun, to_stage

DAY = timedelta(days=1)
VERDICTS = ("reject", "promote", "inconclusive", "promote", "promote", "reject")


def history(count: int = 6) -> tuple[ScorePoint, ...]:
    """So many evaluations, a month apart, of a program that gets better."""
    return tuple(
        ScorePoint(
            at=NOON + 30 * number * DAY,
            baseline=0.52 + 0.05 * number,
            candidate=0.56 + 0.055 * number,
            lower=-0.01 + 0.005 * number,
            upper=0.09,
            verdict=VERDICTS[number % len(VERDICTS)],
            examples=80 + 70 * number if number != 1 else None,
        )
        for number in range(count)
    )


def rolled_out(stages: int = 3, *, is_rolled_back: bool = True) -> RolloutRecord:
    """A rollout that went through so many stages and was taken back by a person."""
    state, now = to_stage(begun(), stages)
    if is_rolled_back:
        end = now + timedelta(minutes=40)
        state, _ = roll_back(state, reason="users complain", actor="ada", now=end)
    return RolloutRecord(
        state=state,
        baseline_version="v20260201_020000",
        candidate_version="v20260301_020000",
        started_by="ada",
    )


def arm(
    stage: int, variant: str, *, errors: int = 3, quality: float | None = 0.86
) -> OutcomeStatistics:
    """The figures of one arm in one stage."""
    latency_ms = 900.0 + 40 * stage + (60 if variant == "candidate" else 0)
    return OutcomeStatistics(
        placement=Placement.STAGE,
        stage=stage,
        variant=variant,
        requests=400,
        errors=errors,
        mean_latency_ms=latency_ms,
        p50_latency_ms=latency_ms,
        p95_latency_ms=1.8 * latency_ms,
        p99_latency_ms=2.2 * latency_ms,
        input_tokens=1,
        output_tokens=1,
        cost_usd=0.1,
        mean_quality=quality,
        labels=40,
    )


def arms(stages: int = 4) -> list[OutcomeStatistics]:
    """Both arms of so many stages; the candidate gets worse, and its last stage has no label."""
    return [
        arm(
            stage,
            variant,
            errors=3 + 4 * stage * (variant == "candidate"),
            quality=None if stage == stages - 1 else 0.86 - 0.03 * stage * (variant == "candidate"),
        )
        for stage in range(stages)
        for variant in ("baseline", "candidate")
    ]


def version(signature: str, number: int, *, quality: float | None = 78.0) -> DatasetVersion:
    """A dataset version, the later ones larger."""
    created = NOON + 14 * number * DAY
    return DatasetVersion(
        signature=signature,
        version=f"v{created:%Y%m%d_%H%M%S}",
        path=Path("training_data"),
        created=created,
        example_count=90 + (40 + 12 * len(signature)) * number,
        statistics=Statistics(quality_scores=QualityScores(mean=quality)),
    )


def versions(signatures: Sequence[str], count: int = 6) -> dict[str, list[DatasetVersion]]:
    """The versions of these signatures; the first ones were not scored."""
    return {
        name: [
            version(name, number, quality=None if number == 0 else 70.0 + 2 * number + 3 * place)
            for number in range(count)
        ]
        for place, name in enumerate(signatures)
    }


def health(names: Sequence[str] = ("extract_requirements", "validate_intent")) -> Health:
    """A look that found an error, something to know, and production of these signatures."""
    slow = Alert(kind="latency", level=Level.ERROR, title="Slow", message="Slow.", at=NOON)
    idle = Alert(kind="no-improvement", level=Level.INFO, title="Idle", message="Idle.", at=NOON)
    recent = {"requests": 812, "error_rate": 0.0123, "p95_latency_ms": 1834.0}
    production = {
        name: {"recent": recent, "quality": None if number % 2 else 0.83}
        for number, name in enumerate(names)
    }
    words = (
        "validate_intent: the 95th percentile of latency is 1.83 s, 45 % above the reference. " * 3
    )
    return Health(
        at=NOON,
        checks=(
            Check(
                name="runs",
                headline="3 of 3 runs succeeded; the last on 2026-02-28.",
                alerts=(idle,),
            ),
            Check(name="rollouts", headline="No rollout is under way."),
            Check(name="production", headline=words, figures=production, alerts=(slow,)),
            Check(name="machine", headline="41 GB of 80 GB are free; the spool is empty."),
        ),
    )
