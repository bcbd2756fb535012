"""Explains a rollout: every decision with its rule and its evidence, in words for a colleague.

A pure function of the stored record; what is explained is what was decided then, from the
numbers that were written down with the decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ratchet.control.comparisons import Comparison, comparisons_of
from ratchet.rollout import Action, Decision, RolloutPolicy, Rule
from ratchet.rollout.records import CONTROLLER
from ratchet.store import AuditEntry, RolloutRecord

RULES = {
    Rule.HARM: "evidence of harm: a limit was passed, and the evidence is strong enough to be "
    "believed whenever one looks",
    Rule.BREAKER: "total failure: the candidate fails nearly every call while the baseline works",
    Rule.GATE: "the gate: the stage has everything that it asks for, and no limit is passed",
    Rule.ALLOCATION: "adaptive allocation: within its stage, the share follows the probability "
    "that the candidate is better",
    Rule.DEADLINE: "the deadline: the stage took too long, so the plain rule was asked once",
    Rule.WAIT: "none applies yet, so the rollout waits",
    Rule.PLAIN: "the plain rule, at the gate (exact mode)",
    Rule.ENDED: "the rollout is over; nothing changes it but a person's rollback",
    Rule.PERSON: "a person's command",
}
DONE = {
    Action.HOLD: "holds at stage",
    Action.ADVANCE: "goes on to stage",
    Action.PAUSE: "pauses in stage",
    Action.RESUME: "goes on in stage",
    Action.ROLLBACK: "is rolled back in stage",
    Action.REALLOCATE: "sets its share in stage",
    Action.PROMOTE: "is complete after stage",
}


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """One step of a rollout in words; `comparisons` are its numbers against the limits.

    `facts` are counts and durations, `missing` what was waited for, `alerts` what a person
    should look at. `stage` counts from 1.
    """

    at: datetime
    actor: str
    action: str
    stage: int
    percent: float
    headline: str
    rule: str
    reason: str
    facts: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    missing: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """What stands below the headline."""
        yield f"why: {self.reason}"
        if self.rule:
            yield f"rule: {self.rule}"
        yield from self.facts
        yield from (comparison.words() for comparison in self.comparisons)
        yield from (f"missing: {words}" for words in self.missing)
        yield from (f"look at: {words}" for words in self.alerts)

    def to_json(self) -> dict[str, Any]:
        """The explanation as JSON values."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "at": self.at.isoformat(),
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
        }


_PLAIN = (
    *("actor", "action", "stage", "percent", "headline", "rule", "reason"),
    *("facts", "missing", "alerts"),
)


def explain(record: RolloutRecord, refusals: Sequence[AuditEntry] = ()) -> tuple[Explanation, ...]:
    """Explain a rollout from its start to where it stands, in the order of time.

    Args:
        record: The rollout.
        refusals: Commands that were refused, from the audit trail.
    """
    steps = [_start(record)]
    steps += [_step(record.state.policy, decision) for decision in record.state.decisions]
    steps += [_refused(record, entry) for entry in refusals]
    steps.sort(key=lambda step: step.at)  # stable: the start stays first
    latest = record.latest
    if latest is not None and latest.action is Action.HOLD and not record.state.is_over:
        steps.append(_step(record.state.policy, latest))
    return tuple(steps)


def _start(record: RolloutRecord) -> Explanation:
    state, policy = record.state, record.state.policy
    compared = record.baseline_version or "the app's own program"
    return Explanation(
        at=state.started_at,
        actor=record.started_by,
        action="start",
        stage=1,
        percent=policy.stages[0],
        headline=f"{record.candidate_version} starts at stage 1 of {len(policy.stages)}",
        rule="",
        reason=f"{record.started_by} rolls it out against {compared}",
        facts=(_policy_words(policy),),
    )


def _policy_words(policy: RolloutPolicy) -> str:
    stages = ", ".join(f"{percent:g}" for percent in policy.stages)
    return (
        f"policy {policy.name}, {policy.mode.value} mode, {policy.allocation.value} allocation: "
        f"{stages} %, at least {policy.min_minutes:g} minutes and {policy.min_requests} requests "
        "each; limits: "
        f"{policy.max_error_difference * 100:g} points more errors, "
        f"{policy.max_latency_difference_ms:g} ms more latency, quality {policy.min_quality:g}"
    )


def _step(policy: RolloutPolicy, decision: Decision) -> Explanation:
    stage = f"{decision.stage + 1} of {len(policy.stages)}"
    rule = RULES[decision.rule]
    if decision.actor != CONTROLLER:
        rule += f", by {decision.actor}"
    return Explanation(
        at=decision.at,
        actor=decision.actor,
        action=decision.action.value,
        stage=decision.stage + 1,
        percent=decision.percent,
        headline=f"{DONE[decision.action]} {stage}; the candidate has {decision.percent:g} %",
        rule=rule,
        reason=decision.reason,
        facts=tuple(_facts(policy, decision)),
        comparisons=tuple(comparisons_of(policy, decision.evidence, stage=_judged(decision))),
        missing=decision.missing,
        alerts=decision.alerts,
    )


def _facts(policy: RolloutPolicy, decision: Decision) -> Iterator[str]:
    """How long the judged stage had lasted and what it had seen."""
    number = decision.evidence.get
    if (minutes := number("stage_minutes")) is None:
        return
    judged = _judged(decision)
    lasted = (
        f"stage {judged + 1} had lasted {minutes:.0f} of at least "
        f"{policy.stage_minutes(judged):g} minutes"
    )
    deadline = policy.deadline_minutes(judged)
    # A person who resumes after the deadline sets a new one, which the evidence does not have.
    is_first = minutes <= deadline or decision.rule is Rule.DEADLINE
    yield f"{lasted} (deadline: {deadline:g})" if is_first else lasted
    arms = (
        f"{arm}: {number(f'stage_{arm}_requests') or 0:.0f} requests, "
        f"{number(f'stage_{arm}_errors') or 0:.0f} errors"
        for arm in ("baseline", "candidate")
    )
    yield f"it had seen, {'; '.join(arms)}"
    if refused := number("refused_records"):
        yield f"{refused:.0f} records of the rollout could not be used"
    if refused := number("refused_latencies"):
        yield f"{refused:.0f} latencies were no possible durations and were left out"
    if (better := number("probability_better")) is not None:
        yield f"the candidate was better with probability {better:.3f}"


def _judged(decision: Decision) -> int:
    """The stage, from 0, that the evidence is of; a decision carries the one after it."""
    return decision.stage - (decision.action is Action.ADVANCE)


def _refused(record: RolloutRecord, entry: AuditEntry) -> Explanation:
    before = [decision for decision in record.state.decisions if decision.at <= entry.at]
    percent = before[-1].percent if before else record.state.policy.stages[0]
    return Explanation(
        at=entry.at,
        actor=entry.actor,
        action="refuse",
        stage=(before[-1].stage if before else 0) + 1,
        percent=percent,
        headline=f"a command of {entry.actor} was refused; nothing changed",
        rule=f"{RULES[Rule.PERSON]}, by {entry.actor}",
        reason=entry.reason,
    )
