"""What the world is told of a rollout: one announcement for each step, in their order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

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
    Action.PROMOTE: f"{PREFIX}.completed",
}


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """One step of a rollout; `number` counts them from 1, the start being the first."""

    number: int
    event: str
    experiment_id: str
    payload: dict[str, Any] = field(default_factory=dict)


def announcements_of(record: RolloutRecord) -> tuple[Announcement, ...]:
    """The steps that were not made known yet, the oldest first."""
    state = record.state
    steps = [(STARTED, {"reason": f"started by {record.started_by}", "percent": state.percent})]
    steps += [
        (EVENTS.get(made.action, f"{PREFIX}.{made.action.value}"), _said(made))
        for made in state.decisions
    ]
    facts = {
        "signature": state.signature,
        "baseline_version": record.baseline_version,
        "candidate_version": record.candidate_version,
    }
    return tuple(
        Announcement(
            number=number,
            event=event,
            experiment_id=record.experiment_id,
            payload={**facts, **said},
        )
        for number, (event, said) in enumerate(steps, start=1)
        if number > record.announced
    )


def held(record: RolloutRecord, decision: Decision) -> Announcement:
    """A hold for a new reason; it has no number of its own, for the log does not keep it."""
    facts = {"signature": record.state.signature, "candidate_version": record.candidate_version}
    return Announcement(
        number=0,
        event=HELD,
        experiment_id=record.experiment_id,
        payload={**facts, **_said(decision)},
    )


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
