"""Builders for rollouts: outcomes by the handful, labels, and states at a given stage."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from ratchet.rollout import (
    BASELINE,
    CANDIDATE,
    Decision,
    Outcome,
    QualityLabel,
    RolloutPolicy,
    RolloutState,
    observe,
    start,
    tick,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_numbers = itertools.count()


def minutes_later(minutes: float) -> datetime:
    """The time so many minutes after the start of the rollout."""
    return NOON + timedelta(minutes=minutes)


def begun(policy: RolloutPolicy | None = None, **changes: Any) -> RolloutState:
    """A rollout that has just begun, under the standard policy with changes."""
    policy = policy or RolloutPolicy.standard(**changes)
    return start(policy, experiment_id="x", signature="any", salt="s", now=NOON)


def outcome(variant: str = CANDIDATE, **changes: Any) -> Outcome:
    """One good outcome of a request of its own key, at the first stage."""
    request_id = str(changes.pop("request_id", f"r{next(_numbers)}"))
    fields: dict[str, Any] = {
        "request_id": request_id,
        "key": request_id,
        "variant": variant,
        "stage": 0,
        "success": True,
        "latency_ms": 2_000.0,
        "at": NOON,
    }
    return Outcome(**{**fields, **changes})


def outcomes(variant: str, count: int, *, errors: int = 0, **changes: Any) -> list[Outcome]:
    """`count` outcomes of which the first `errors` failed; latencies vary a little."""
    return [
        outcome(
            variant,
            **{"success": n >= errors, "latency_ms": 1_990.0 + n % 3 * 10, **changes},
        )
        for n in range(count)
    ]


def label(request_id: str, quality: float = 0.8, **changes: Any) -> QualityLabel:
    """A label of one request."""
    return QualityLabel(**{"request_id": request_id, "quality": quality, "at": NOON, **changes})


def labels_for(records: list[Outcome], quality: float = 0.8) -> list[QualityLabel]:
    """One label for each outcome."""
    return [label(record.request_id, quality) for record in records]


def mixed(
    *,
    stage: int = 0,
    candidates: int = 60,
    baselines: int = 540,
    candidate_errors: int = 0,
    baseline_errors: int = 0,
    quality: float | None = 0.8,
    **changes: Any,
) -> list[Outcome | QualityLabel]:
    """Both arms evenly interleaved, errors spread over each, then labels of the candidate."""
    stream = [
        (n / candidates, CANDIDATE, _is_spread(n, candidate_errors, candidates))
        for n in range(candidates)
    ] + [
        (n / baselines, BASELINE, _is_spread(n, baseline_errors, baselines))
        for n in range(baselines)
    ]
    records = [
        outcome(
            variant,
            **{"stage": stage, "success": not failed, "latency_ms": 1_990 + n % 3 * 10, **changes},
        )
        for n, (_, variant, failed) in enumerate(sorted(stream))
    ]
    labelled = [record for record in records if record.variant == CANDIDATE]
    return [*records, *(labels_for(labelled, quality) if quality is not None else [])]


def fill_stage(state: RolloutState, **changes: Any) -> RolloutState:
    """Enough good traffic of both arms, and labels, for the stage the rollout is in."""
    share = state.policy.stages[state.stage] / 100
    sizes = {"candidates": round(600 * share), "baselines": round(600 * (1 - share))}
    return observe(state, mixed(**{"stage": state.stage, **sizes, **changes}))


def to_stage(state: RolloutState, stage: int) -> tuple[RolloutState, datetime]:
    """The rollout brought to `stage` by healthy traffic, an hour a stage, and the time then."""
    now = state.stage_started_at
    while state.stage < stage:
        now += timedelta(minutes=60)
        state, _ = tick(fill_stage(state), now=now)
    return state, now


def tick_after(state: RolloutState, minutes: float) -> tuple[RolloutState, Decision]:
    """A tick so many minutes after the stage began."""
    return tick(state, now=state.stage_started_at + timedelta(minutes=minutes))


def _is_spread(number: int, errors: int, total: int) -> bool:
    """Whether `number` of `total` is one of `errors` evenly spread positions."""
    return bool(total) and (number + 1) * errors // total > number * errors // total
