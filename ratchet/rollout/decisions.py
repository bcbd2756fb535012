"""The decision at a tick: the rules of guarded mode in their order, or the plain rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from ratchet.rollout.allocation import first_percent, probability_better, share_percent
from ratchet.rollout.gate import last_gate_obstacles, missing_evidence, unhealthy_baseline
from ratchet.rollout.policy import Mode, OnDeadline
from ratchet.rollout.records import Action, Decision, Rule
from ratchet.rollout.state import RolloutState
from ratchet.rollout.transitions import Verdict, carry_out
from ratchet.rollout.view import View, look

RuleFunction = Callable[[View], Verdict | None]


def tick(state: RolloutState, *, now: datetime) -> tuple[RolloutState, Decision]:
    """Decide what to do now. A hold returns the state itself.

    The same state and time give the same decision, so a controller may stop between deciding
    and writing, and another may decide at the same time.
    """
    if state.is_over:
        last = state.decisions[-1]
        reason = f"the rollout is over: {state.status.value} since {last.at:%Y-%m-%d %H:%M}"
        return carry_out(state, _hold(reason, rule=Rule.ENDED), now=now)
    if state.is_paused_by_person:
        last = state.decisions[-1]
        reason = f"paused by {last.actor}: {last.reason}"
        return carry_out(state, _hold(reason), now=now)
    view = look(state, now)
    rules = EXACT if state.policy.mode is Mode.EXACT else GUARDED
    verdict = next(verdict for rule in rules if (verdict := rule(view)) is not None)
    numbers = {**view.evidence(), **verdict.evidence}
    verdict = replace(verdict, evidence=numbers, alerts=view.alerts())
    return carry_out(state, verdict, now=now)


def roll_back_on_harm(view: View) -> Verdict | None:
    """Rule 1: evidence of harm and a limit passed, in the same window."""
    for reading in (view.stage, view.cumulative):
        for words in reading.harms(view.policy):
            return Verdict(action=Action.ROLLBACK, rule=Rule.HARM, reason=words)
    return None


def roll_back_on_breaker(view: View) -> Verdict | None:
    """Rule 2: the candidate fails nearly every call."""
    if not view.state.evidence.breaker.fired:
        return None
    arm = view.state.evidence.current.candidate
    beside = (
        "no baseline runs beside it, so an outage of both can not be told apart"
        if view.state.is_watching
        else "the baseline beside it works"
    )
    reason = (
        f"the candidate fails nearly every call ({arm.errors} of {arm.requests} in this stage); "
        f"{beside}"
    )
    return Verdict(action=Action.ROLLBACK, rule=Rule.BREAKER, reason=reason)


def stay_inconclusive(view: View) -> Verdict | None:
    """A stage that ended undecided waits for a person, or for rules 1 and 2."""
    if view.state.pause is None:
        return None
    return _hold("paused as inconclusive: a person must resume, promote or roll back")


def advance_at_gate(view: View) -> Verdict | None:
    """Rules 3 and 4: everything asked for is there, and no limit is passed."""
    if view.minutes < view.stage_minutes or _obstacles(view):
        return None
    return _onwards(view)


def settle_at_deadline(view: View) -> Verdict | None:
    """Rule 5: the plain rule once, on data enough to judge; else pause and ask."""
    if view.minutes < view.state.deadline_minutes:
        return None
    breaches = _plain_breaches(view) if view.policy.on_deadline is OnDeadline.DECIDE else []
    if breaches and not view.has_sample_mismatch:
        reason = f"still undecided after {view.minutes:.0f} minutes: {breaches[0]}"
        return Verdict(action=Action.ROLLBACK, rule=Rule.DEADLINE, reason=reason)
    missing = missing_evidence(view)
    why = "; ".join(missing or _obstacles(view)) or "the evidence came too late"
    reason = f"inconclusive after {view.minutes:.0f} minutes: {why}"
    return Verdict(action=Action.PAUSE, rule=Rule.DEADLINE, reason=reason, missing=missing)


def reallocate(view: View) -> Verdict | None:
    """At its times, within a stage: the share that the posterior probability gives.

    A share that would shrink stays; that too is decided, and logged, so that the next look is
    a period away. A full share, arms that can not be compared and an unhealthy baseline move
    nothing.
    """
    state, policy, allocated = view.state, view.policy, view.state.allocated
    if allocated is None or view.minutes < (allocated.turn + 1) * policy.reallocation_minutes:
        return None
    is_full = state.percent >= policy.stages[state.stage]
    if is_full or view.has_sample_mismatch or any(unhealthy_baseline(view)):
        return None
    better = probability_better(state.evidence, policy.min_quality)
    percent = max(share_percent(policy, state.stage, better), state.percent)
    moved = "stays at" if percent == state.percent else f"grows from {state.percent:g} % to"
    reason = (
        f"the candidate is better with probability {better:.3f}: its share {moved} "
        f"{percent:g} % (at most {policy.stages[state.stage]:g} %)"
    )
    return Verdict(
        action=Action.REALLOCATE,
        rule=Rule.ALLOCATION,
        reason=reason,
        percent=percent,
        evidence={"probability_better": better},
    )


def hold(view: View) -> Verdict:
    """Rule 6: wait, and say for what."""
    missing = missing_evidence(view)
    waits = (*missing, *_obstacles_beside_missing(view))
    left = view.stage_minutes - view.minutes
    if left > 0:
        waits = (f"needs {left:.0f} more minutes", *waits)
    return _hold("; ".join(waits), missing=missing)


def plain_rule_at_gate(view: View) -> Verdict | None:
    """Exact mode: once the minimum is reached, roll back on any breach, else go on."""
    if view.minutes < view.stage_minutes or missing_evidence(view):
        return None
    for words in view.stage.breaches(view.policy):
        return Verdict(action=Action.ROLLBACK, rule=Rule.PLAIN, reason=words)
    return _onwards(view)


GUARDED: tuple[RuleFunction, ...] = (
    roll_back_on_harm,
    roll_back_on_breaker,
    stay_inconclusive,
    advance_at_gate,
    settle_at_deadline,
    reallocate,
    hold,
)
EXACT: tuple[RuleFunction, ...] = (
    stay_inconclusive,
    plain_rule_at_gate,
    settle_at_deadline,
    hold,
)


def _onwards(view: View) -> Verdict:
    policy, state = view.policy, view.state
    arm = view.state.evidence.current
    seen = f"{arm.requests} requests and {view.stage.labels} labels in {view.minutes:.0f} minutes"
    is_last = state.stage == policy.controlled_stages - 1 and not policy.watch_minutes
    if state.is_watching or is_last:
        reason = f"the last stage is done: {seen}, no limit passed"
        return Verdict(action=Action.PROMOTE, rule=Rule.GATE, reason=reason)
    percent = first_percent(policy, state.stage + 1, state.evidence)
    reason = f"on to {percent:g} %: {seen}, no limit passed"
    return Verdict(action=Action.ADVANCE, rule=Rule.GATE, reason=reason, percent=percent)


def _obstacles(view: View) -> tuple[str, ...]:
    return (*missing_evidence(view), *_obstacles_beside_missing(view))


def _obstacles_beside_missing(view: View) -> tuple[str, ...]:
    if view.policy.mode is Mode.EXACT:
        return ()
    breaches = (
        words
        for reading in (view.stage, view.cumulative)
        for words in reading.breaches(view.policy)
    )
    return (
        *dict.fromkeys(breaches),
        *unhealthy_baseline(view),
        *last_gate_obstacles(view),
        *view.alerts(),
    )


def _plain_breaches(view: View) -> list[str]:
    """The breaches of this stage by estimates that rest on enough data to judge at all."""
    if not view.has_both_arms:
        return []
    return list(view.stage.breaches(view.policy, min_labels=view.policy.min_labels))


def _hold(reason: str, *, rule: Rule = Rule.WAIT, missing: tuple[str, ...] = ()) -> Verdict:
    return Verdict(action=Action.HOLD, rule=rule, reason=reason, missing=missing)
