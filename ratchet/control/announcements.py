"""What the world is told of a rollout: one announcement for each step, in their order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from ratchet.rollout import Action, Decision
from ratchet.store import RolloutRecord

PREFIX = "ratchet.rollout"
STARTED, HELD = f"{PREFIX}.started", f"{PREFIX}.held"
EVENTS = {
    Action.ADVANCE: f"{PREFIX}.advanced",
    Action.HOLD: HELD,
    Action.PAUSE: f"{PREFIX}.paused",
    Action.RESUME: f"{PREFIX}.resumed",
    Action.ROLLBACK: f"{PREFIX}.rolled_back",
    Action.REALLOCATE: f"{PREFIX}.reallocated",
    Action.PROMOTE: f"{PREFIX}.completed",
}


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """One step of a rollout; `number` counts them from 1, the start being the first.

    `event_id` is the same each time the same step is announced, so that who hears of it
    twice can tell.
    """

    number: int
    event: str
    event_id: UUID
    experiment_id: str
    payload: dict[str, Any] = field(default_factory=dict)


def announcements_of(record: RolloutRecord) -> tuple[Announcement, ...]:
    """The steps that were not made known yet, the oldest first."""
    state = record.state
    steps = [(STARTED, _start(record)), *((EVENTS[d.action], _said(d)) for d in state.decisions)]
    return tuple(
        _announcement(record, number, event, said)
        for number, (event, said) in enumerate(steps, start=1)
        if number > record.announced
    )


def held(record: RolloutRecord, decision: Decision) -> Announcement:
    """A hold for a new reason; it has no number of its own, for the log does not keep it."""
    return _announcement(record, 0, HELD, _said(decision))


def _announcement(
    record: RolloutRecord, number: int, event: str, said: dict[str, Any]
) -> Announcement:
    step = str(number) if number else said["at"]
    return Announcement(
        number=number,
        event=event,
        event_id=uuid5(NAMESPACE_URL, f"{event}/{record.experiment_id}/{record.state.salt}/{step}"),
        experiment_id=record.experiment_id,
        payload={
            "signature": record.state.signature,
            "baseline_version": record.baseline_version,
            "candidate_version": record.candidate_version,
            **said,
        },
    )


def _start(record: RolloutRecord) -> dict[str, Any]:
    policy = record.state.policy
    return {
        "reason": f"started by {record.started_by} under the policy {policy.name}",
        "stage": 1,
        "percent": policy.stages[0],
        "actor": record.started_by,
        "at": record.state.started_at.isoformat(),
    }


def _said(decision: Decision) -> dict[str, Any]:
    return {
        "reason": decision.reason,
        "rule": decision.rule.value,
        "stage": decision.stage + 1,
        "percent": decision.percent,
        "actor": decision.actor,
        "at": decision.at.isoformat(),
        "alerts": list(decision.alerts),
        "missing": list(decision.missing),
    }
