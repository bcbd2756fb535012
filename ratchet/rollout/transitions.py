"""The transitions of a rollout: what a verdict does to the state, and the record of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ratchet.rollout.policy import FULL
from ratchet.rollout.records import CONTROLLER, Action, Decision, Rule
from ratchet.rollout.state import Allocated, Pause, PauseKind, RolloutState, Status, end_pause

ENDS = {Action.PROMOTE: Status.COMPLETED, Action.ROLLBACK: Status.ROLLED_BACK}


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What is to be done, by which rule and why; not yet done.

    `percent` is the share to go on with, when the verdict moves it.
    """

    action: Action
    rule: Rule
    reason: str
    missing: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    refused: bool = False
    percent: float | None = None
    evidence: Mapping[str, float | None] = field(default_factory=dict)


def carry_out(
    state: RolloutState, verdict: Verdict, *, now: datetime, actor: str = CONTROLLER
) -> tuple[RolloutState, Decision]:
    """Do what the verdict says; a hold changes nothing, anything else is logged in the state."""
    changed = _changed(state, verdict, now=now)
    decision = Decision(
        action=verdict.action,
        rule=verdict.rule,
        reason=verdict.reason,
        at=now,
        stage=changed.stage,
        percent=changed.percent,
        actor=actor,
        evidence=verdict.evidence,
        missing=verdict.missing,
        alerts=verdict.alerts,
        refused=verdict.refused,
    )
    if verdict.action is Action.HOLD:
        return state, decision
    return replace(changed, decisions=(*state.decisions, decision)), decision


def _changed(state: RolloutState, verdict: Verdict, *, now: datetime) -> RolloutState:
    match verdict.action:
        case Action.ADVANCE:
            return _advanced(state, verdict.percent, now)
        case Action.REALLOCATE:
            return _reallocated(state, verdict.percent, now)
        case Action.PROMOTE | Action.ROLLBACK:
            return _ended(state, ENDS[verdict.action], now)
        case Action.PAUSE:
            by_person = verdict.rule is Rule.PERSON
            return _paused(state, PauseKind.PERSON if by_person else PauseKind.INCONCLUSIVE, now)
        case Action.RESUME:
            return _resumed(state, now)
        case Action.HOLD:
            return state


def _advanced(state: RolloutState, percent: float | None, now: datetime) -> RolloutState:
    stage, policy = state.stage + 1, state.policy
    percent = policy.stages[stage] if percent is None else percent
    evidence = state.evidence.copy()
    evidence.begin_stage(percent / FULL)
    return replace(
        state,
        stage=stage,
        stage_started_at=now,
        deadline_minutes=policy.deadline_minutes(stage),
        evidence=evidence,
        allocated=Allocated.under(policy, percent),
    )


def _reallocated(state: RolloutState, percent: float | None, now: datetime) -> RolloutState:
    """The next period under a larger share, or the same one for another while."""
    share = state.percent if percent is None else percent
    evidence = state.evidence.copy()
    if share > state.percent:
        evidence.begin_period(share / FULL)
    turn = int(state.minutes(now) // state.policy.reallocation_minutes)
    return replace(state, evidence=evidence, allocated=Allocated(percent=share, turn=turn))


def _ended(state: RolloutState, status: Status, now: datetime) -> RolloutState:
    return replace(state, status=status, pauses=end_pause(state, now))


def _paused(state: RolloutState, kind: PauseKind, now: datetime) -> RolloutState:
    pauses = (*end_pause(state, now), Pause(kind=kind, start=now))
    return replace(state, status=Status.PAUSED, pauses=pauses)


def _resumed(state: RolloutState, now: datetime) -> RolloutState:
    """Running again: a fresh run of the breaker, and after an inconclusive end a new deadline."""
    evidence = state.evidence.copy()
    evidence.breaker.reset()
    deadline = state.deadline_minutes
    if state.minutes(now) >= deadline:
        deadline = state.minutes(now) + state.policy.deadline_minutes(state.stage)
    return replace(
        state,
        status=Status.RUNNING,
        pauses=end_pause(state, now),
        deadline_minutes=deadline,
        evidence=evidence,
    )
