"""The overview of a rollout at a moment: where it stands, what it waits for, what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from ratchet.rollout import Action, Mode, RolloutState
from ratchet.store import RolloutRecord
from ratchet.store.outcome_statistics import OutcomeStatistics

SILENCE = timedelta(minutes=10)  # without a tick; somebody should look whether one drives it


@dataclass(frozen=True, kw_only=True)
class Overview:
    """A rollout and its figures. `stage` counts from 1, `minutes` are of the stage's clock.

    `waits_for` is empty once it is over; `next_gate` says what the stage leads to and when.
    """

    record: RolloutRecord
    statistics: tuple[OutcomeStatistics, ...]
    stage: int
    minutes: float
    waits_for: tuple[str, ...]
    next_gate: str
    alerts: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The overview as JSON values, stages counted from 1."""
        record, state = self.record, self.record.state
        latest = record.latest
        return {
            "experiment_id": record.experiment_id,
            "signature": state.signature,
            "status": state.status.value,
            "baseline_version": record.baseline_version,
            "candidate_version": record.candidate_version,
            "started_at": state.started_at.isoformat(),
            "started_by": record.started_by,
            "ended_at": record.ended_at.isoformat() if record.ended_at else None,
            "reason": state.decisions[-1].reason if state.decisions else None,
            "stage": self.stage,
            "stages": list(state.policy.stages),
            "percent": state.percent,
            "stage_minutes": self.minutes,
            "waits_for": list(self.waits_for),
            "next_gate": self.next_gate,
            "alerts": list(self.alerts),
            "ticked_at": record.ticked_at.isoformat() if record.ticked_at else None,
            "latest": {**latest.to_json(), "stage": latest.stage + 1} if latest else None,
            "policy": state.policy.to_json(),
            "statistics": [_figures(found) for found in self.statistics],
        }


def overview_of(
    record: RolloutRecord, statistics: Sequence[OutcomeStatistics], *, now: datetime
) -> Overview:
    """Put together what there is to say of a rollout at `now`."""
    state = record.state
    return Overview(
        record=record,
        statistics=tuple(statistics),
        stage=state.stage + 1,
        minutes=state.minutes(record.ended_at or now),
        waits_for=_waits_for(record),
        next_gate=_next_gate(state, now),
        alerts=_alerts(record, now),
    )


def _waits_for(record: RolloutRecord) -> tuple[str, ...]:
    state, latest = record.state, record.latest
    if state.is_over:
        return ()
    if state.pause is not None:
        last = next(made for made in reversed(state.decisions) if made.action is Action.PAUSE)
        asked = f"a person to resume, promote or roll back; paused by {last.actor}: {last.reason}"
        return (asked,)
    if latest is None:
        return ("the first tick",)
    return (latest.reason,) if latest.action is Action.HOLD else ("the next tick",)


def _next_gate(state: RolloutState, now: datetime) -> str:
    """What the stage leads to, when at the earliest, and what it asks for.

    The deadline is said too, because something is decided then in any case.
    """
    policy = state.policy
    if state.is_over:
        return ""
    left = max(0.0, policy.stage_minutes(state.stage) - state.minutes(now))
    after = state.stage + 1
    is_last = after == policy.controlled_stages and not policy.watch_minutes
    goal = "its end" if state.is_watching or is_last else f"{policy.stages[after]:g} %"
    earliest = f"in {left:.0f} minutes at the earliest" if left else "as soon as nothing is missing"
    resumed = "" if state.pause is None else "once somebody resumes: "
    return (
        f"{resumed}{goal} {earliest}; asks for {_asked(state)}; "
        f"deadline in {_minutes_to_deadline(state, now):.0f} minutes"
    )


def _minutes_to_deadline(state: RolloutState, now: datetime) -> float:
    """How long the stage may still take; a resume after the deadline sets a new one."""
    left = state.deadline_minutes - state.minutes(now)
    if state.pause is not None and left <= 0:
        return state.policy.deadline_minutes(state.stage)
    return max(0.0, left)


def _asked(state: RolloutState) -> str:
    policy = state.policy
    if policy.mode is Mode.EXACT:
        least = f"at least {policy.min_candidate_requests} of them by the candidate"
        return f"{policy.min_requests} requests, {least}"
    return (
        f"{policy.min_requests} requests, {policy.min_per_arm} in each arm, "
        f"{policy.min_labels} labels, no limit passed"
    )


def _alerts(record: RolloutRecord, now: datetime) -> tuple[str, ...]:
    if record.state.is_over:
        return ()
    alerts = record.latest.alerts if record.latest else ()
    seen = record.ticked_at or record.state.started_at
    if now - seen > SILENCE:
        silence = (
            f"nobody has ticked it since {seen:%Y-%m-%d %H:%M} UTC; start "
            f"`ratchet rollout drive {record.experiment_id}`"
        )
        return (*alerts, silence)
    return alerts


def _figures(found: OutcomeStatistics) -> dict[str, Any]:
    stage = None if found.stage is None else found.stage + 1
    figures = asdict(found)
    return {
        **figures,
        "placement": found.placement.value,
        "stage": stage,
        "error_rate": found.error_rate,
    }
