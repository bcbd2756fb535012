"""The steps of a rollout that a person should hear of at once: taken back, or waiting for one."""

from __future__ import annotations

from datetime import datetime

from ratchet.alerts.alert import Alert, Level
from ratchet.control.announcements import Announcement
from ratchet.rollout import Action, Decision, Rule
from ratchet.store import RolloutRecord

ROLLED_BACK = "rollout-rolled-back"
PAUSED = "rollout-paused"
FIRST_DECISION = 2  # announcements count from 1, and the first is the start


def alert_of_step(record: RolloutRecord, step: Announcement) -> Alert | None:
    """The alert that goes with an announcement; None for what is as it should be.

    A rollback always has one. A pause has one when the rollout asks a person, not when a
    person paused it. The same step gives the same alert, whenever it is asked for.
    """
    number = step.number - FIRST_DECISION
    if number < 0:
        return None
    decision = record.state.decisions[number]
    if decision.action is Action.ROLLBACK:
        return _rolled_back(record, decision, _percent_before(record, number))
    if decision.action is Action.PAUSE and decision.rule is not Rule.PERSON:
        return _paused(record, decision)
    return None


def _rolled_back(record: RolloutRecord, decision: Decision, percent: float) -> Alert:
    state = record.state
    back_to = record.baseline_version or "the app's own program"
    return Alert(
        kind=ROLLED_BACK,
        subject=state.experiment_id,
        level=Level.ERROR,
        title="A/B Test Rolled Back",
        message=f"{record.candidate_version} of {state.signature} was rolled back at {percent:g} % "
        f"of the traffic; all of it goes to {back_to} again. Reason: {decision.reason}",
        at=decision.at,
        since=_stage_start(record, decision),
        advice=f"Nothing is urgent: production runs {back_to}. Read `ratchet rollout explain "
        f"{state.experiment_id}`, mend the candidate, and let the next run judge it again.",
        runbook="emergencies#rolled-back",
        details={
            "experiment_id": state.experiment_id,
            "signature": state.signature,
            "reason": decision.reason,
            "final_traffic_percent": percent,
            "candidate_version": record.candidate_version,
            "baseline_version": record.baseline_version,
            "rule": decision.rule.value,
            "actor": decision.actor,
        },
    )


def _paused(record: RolloutRecord, decision: Decision) -> Alert:
    state = record.state
    name = state.experiment_id
    return Alert(
        kind=PAUSED,
        subject=name,
        level=Level.WARNING,
        title="Rollout Waits for a Person",
        message=f"{record.candidate_version} of {state.signature} stays at {decision.percent:g} % "
        f"of the traffic. Reason: {decision.reason}",
        at=decision.at,
        since=_stage_start(record, decision),
        advice=f"Read `ratchet rollout explain {name}`, then `ratchet rollout resume {name}`, "
        f"`ratchet rollout promote {name}` or `ratchet rollout rollback {name}`.",
        runbook="weekly#rollouts-that-wait",
        details={
            "experiment_id": name,
            "signature": state.signature,
            "reason": decision.reason,
            "traffic_percent": decision.percent,
            "candidate_version": record.candidate_version,
            "missing": list(decision.missing),
        },
    )


def _percent_before(record: RolloutRecord, number: int) -> float:
    """What the candidate had until this decision."""
    if number == 0:
        return record.state.policy.stages[0]
    return record.state.decisions[number - 1].percent


def _stage_start(record: RolloutRecord, decision: Decision) -> datetime:
    """When the stage began that this decision ends: at the last advance before it."""
    earlier = [
        one.at
        for one in record.state.decisions
        if one.action is Action.ADVANCE and one.at < decision.at
    ]
    return max([record.state.started_at, *earlier])
