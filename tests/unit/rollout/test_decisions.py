"""The decisions of guarded mode, rule by rule in their order."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from ratchet.rollout import (
    BASELINE,
    CANDIDATE,
    Action,
    Rule,
    Status,
    observe,
    promote,
    resume,
    tick,
)
from tests.rollout_builders import (
    begun,
    fill_stage,
    label,
    minutes_later,
    mixed,
    outcome,
    outcomes,
    tick_after,
    to_stage,
)


def test_healthy_traffic_goes_through_all_stages_and_completes() -> None:
    """10, 25, 50, 75, then the watch at 100, then complete."""
    state, actions = begun(), []
    for _ in range(5):
        state, decision = tick_after(fill_stage(state), 60)
        actions.append((decision.action.value, decision.percent))

    assert actions == [
        ("advance", 25),
        ("advance", 50),
        ("advance", 75),
        ("advance", 100),
        ("promote", 100),
    ]
    assert state.status is Status.COMPLETED
    assert [each.action for each in state.decisions] == ["advance"] * 4 + ["promote"]


def test_rule_1_rolls_back_on_evidence_within_the_stage() -> None:
    """A candidate that errs much more often is caught before the hour is over."""
    state = observe(begun(), mixed(candidate_errors=30, baseline_errors=5))

    state, decision = tick_after(state, 20)

    assert (decision.action, decision.rule) == (Action.ROLLBACK, Rule.HARM)
    assert "error rate 49.1 points above the baseline's (limit 5" in decision.reason
    assert decision.evidence["stage_error_e_value"] >= 400
    assert (state.status, state.percent) == ("rolled_back", 0)


def test_evidence_without_a_passed_limit_is_no_harm() -> None:
    """Twice the errors, but only 4 points more: sure, and allowed."""
    state, _ = to_stage(begun(), 2)
    state = observe(
        state,
        mixed(stage=2, candidates=2000, baselines=2000, candidate_errors=160, baseline_errors=80),
    )

    state, decision = tick_after(state, 30)

    assert decision.evidence["stage_error_e_value"] > 400
    assert decision.action is Action.HOLD


def test_a_passed_limit_without_evidence_is_no_harm() -> None:
    """Two errors of 31 against none say little: hold, and say which limit is passed."""
    records = mixed(candidates=31, baselines=279, candidate_errors=2)

    _, decision = tick_after(observe(begun(), records), 61)

    assert decision.action is Action.HOLD
    assert "error rate 6.5 points above" in decision.reason


def test_rule_1_rolls_back_on_latency() -> None:
    """A second slower, with little noise, is sure after 30 requests an arm."""
    slow = [outcome(latency_ms=3_000.0 + n) for n in range(30)]
    state = observe(begun(), [*outcomes(BASELINE, 270), *slow])

    _, decision = tick_after(state, 5)

    assert decision.rule is Rule.HARM
    assert "mean latency 1014 ms above the baseline's (limit 500" in decision.reason
    assert decision.evidence["stage_latency_lower_ms"] > 0


def test_latency_is_not_judged_below_thirty_an_arm() -> None:
    """The bounds hold asymptotically, so they wait for numbers."""
    slow = [outcome(latency_ms=3_000.0 + n) for n in range(29)]

    _, decision = tick_after(observe(begun(), [*outcomes(BASELINE, 270), *slow]), 5)

    assert decision.action is Action.HOLD


def test_rule_1_rolls_back_on_quality() -> None:
    """Labels far below the limit are evidence, whatever errors and latency say."""
    _, decision = tick_after(observe(begun(), mixed(quality=0.3)), 30)

    assert decision.rule is Rule.HARM
    assert "mean quality 0.300 over 60 labels (limit 0.7" in decision.reason


def test_rule_2_is_the_breaker() -> None:
    """A candidate that fails every call of one user is stopped though one key errs once."""
    records = [
        record
        for _ in range(8)
        for record in (outcome(key="one user", success=False), *outcomes(BASELINE, 3))
    ]

    _, decision = tick_after(observe(begun(), records), 2)

    assert (decision.action, decision.rule) == (Action.ROLLBACK, Rule.BREAKER)
    assert "fails nearly every call (8 of 8 in this stage)" in decision.reason


@pytest.mark.parametrize(
    ("changes", "minutes", "missing"),
    [
        ({}, 59.9, "needs 0 more minutes"),
        ({}, 30, "needs 30 more minutes"),
        ({"candidates": 30, "baselines": 60}, 60, "needs 10 more requests"),
        ({"candidates": 29, "baselines": 271}, 60, "needs 1 more candidate requests"),
        ({"candidates": 271, "baselines": 29}, 60, "needs 1 more baseline requests"),
        ({"quality": None}, 60, "needs 20 more labels"),
        ({"latency_ms": math.nan}, 60, "needs 30 more measured candidate latencies"),
    ],
)
def test_rule_3_asks_for_everything(
    changes: dict[str, object], minutes: float, missing: str
) -> None:
    """Time, requests, both arms, latencies and labels: what is missing is never a pass."""
    # A policy that does not mind the sample ratio, so that only the minimum is missing.
    state = observe(begun(sample_ratio_limit=1e300), mixed(**changes))  # type: ignore[arg-type]

    same, decision = tick_after(state, minutes)

    assert decision.action is Action.HOLD
    assert missing in decision.reason
    assert same is state


def test_labels_are_counted_down() -> None:
    """An operator reads how many labels are missing."""
    records = mixed(quality=None)
    candidates = [record for record in records if getattr(record, "variant", "") == CANDIDATE]
    state = observe(begun(), [*records, *(label(each.request_id) for each in candidates[:6])])  # type: ignore[union-attr]  # outcomes

    _, decision = tick_after(state, 61)

    assert decision.missing == ("needs 14 more labels",)
    assert decision.reason == "needs 14 more labels"


def test_an_unhealthy_baseline_holds() -> None:
    """Being like a baseline that fails proves nothing."""
    records = mixed(candidate_errors=36, baseline_errors=324)

    _, decision = tick_after(observe(begun(), records), 60)

    assert decision.action is Action.HOLD
    assert "the baseline is unhealthy: 60% of its last 20 requests failed" in decision.reason


def test_rule_4_the_last_gate_asks_for_certainty() -> None:
    """Noisy latencies pass earlier gates and not the last one."""
    noisy = {"candidates": 60, "baselines": 60}
    state, now = to_stage(begun(sample_ratio_limit=1e300), 3)
    for stage in state.evidence.stages:
        stage.candidate.latency.squares *= 4e5
        stage.baseline.latency.squares *= 4e5
    state = observe(state, mixed(stage=3, **noisy))

    _, decision = tick(state, now=now + timedelta(minutes=60))

    assert decision.action is Action.HOLD
    assert "the last gate needs more certainty: latency may be" in decision.reason


@pytest.mark.parametrize(("minutes", "action"), [(239, "hold"), (240, "rollback")])
def test_rule_5_applies_the_plain_rule_once_at_the_deadline(minutes: float, action: str) -> None:
    """Four times the duration: a passed limit without evidence rolls back then."""
    records = mixed(candidates=31, baselines=279, candidate_errors=2)

    _, decision = tick_after(observe(begun(), records), minutes)

    assert decision.action == action
    assert minutes < 240 or decision.rule is Rule.DEADLINE


def test_rule_5_can_be_told_never_to_roll_back() -> None:
    """For few sticky users or little traffic, the deadline asks a person."""
    records = mixed(candidates=31, baselines=279, candidate_errors=2)

    state, decision = tick_after(observe(begun(on_deadline="pause"), records), 240)

    assert (decision.action, state.status, state.percent) == ("pause", "paused", 10)
    assert "error rate 6.5 points above" in decision.reason


def test_the_deadline_does_not_guess_from_a_handful() -> None:
    """One error of five requests is no ground for the plain rule: pause and ask."""
    state = observe(begun(), mixed(candidates=5, baselines=45, candidate_errors=1))

    state, decision = tick_after(state, 240)

    assert (decision.action, decision.rule) == (Action.PAUSE, Rule.DEADLINE)
    assert "needs 25 more candidate requests" in decision.reason


def test_an_inconclusive_pause_keeps_the_share_and_may_still_roll_back() -> None:
    """Evidence may still come; it can condemn and it can not promote."""
    state, _ = tick_after(observe(begun(), mixed(quality=None)), 240)
    assert (state.status, state.percent) == ("paused", 10)

    good = fill_stage(state)
    waiting, decision = tick_after(good, 400)
    bad, condemned = tick_after(observe(good, mixed(candidate_errors=40)), 401)

    assert (waiting, decision.action) == (good, Action.HOLD)
    assert (bad.status, condemned.rule) == (Status.ROLLED_BACK, Rule.HARM)


def test_after_a_resume_there_is_a_new_deadline() -> None:
    """The plain rule is not looked at again at every tick after the first deadline."""
    state, _ = tick_after(observe(begun(), mixed(quality=None)), 240)
    state, _ = resume(state, actor="ann", reason="labels are coming", now=minutes_later(300))

    _, soon = tick_after(state, 301)
    _, late = tick_after(state, 540)
    _, ready = tick_after(fill_stage(state), 301)

    assert (soon.action, late.action, ready.action) == ("hold", "pause", "advance")


def test_a_sample_ratio_mismatch_holds_and_alerts() -> None:
    """Lost records of one arm make every comparison worthless; also at the deadline."""
    records = mixed(candidates=120, baselines=120, candidate_errors=10, baseline_errors=3)
    state = observe(begun(), records)

    _, decision = tick_after(state, 60)
    _, at_deadline = tick_after(state, 240)

    assert decision.action is Action.HOLD
    assert "sample-ratio mismatch: 120 of 240 keys" in decision.alerts[0]
    assert at_deadline.action is Action.PAUSE


def test_at_full_traffic_quality_goes_on() -> None:
    """There is no baseline beside it, but labels still tell."""
    state, _ = to_stage(begun(), 4)
    assert state.is_watching

    bad = observe(state, mixed(stage=4, candidates=300, baselines=0, quality=0.2))
    state, decision = tick_after(bad, 10)

    assert decision.rule is Rule.HARM
    assert "quality" in decision.reason


def test_at_full_traffic_the_breaker_goes_on() -> None:
    """It fires without a baseline beside it, and says so."""
    state, _ = to_stage(begun(), 4)

    state, decision = tick_after(observe(state, outcomes(CANDIDATE, 8, errors=8, stage=4)), 10)

    assert decision.rule is Rule.BREAKER
    assert "no baseline runs beside it" in decision.reason


def test_a_watch_of_no_minutes_completes_at_the_last_gate() -> None:
    """Then the move to 100 % is the promotion."""
    state, _ = to_stage(begun(watch_minutes=0), 3)

    state, decision = tick_after(fill_stage(state), 60)

    assert (decision.action, state.status, state.percent) == ("promote", "completed", 100)


def test_the_watch_needs_traffic_and_labels_too() -> None:
    """An hour without requests proves nothing."""
    state, _ = to_stage(begun(), 4)

    _, decision = tick_after(state, 60)

    assert decision.missing[0] == "needs 100 more requests"


def test_evidence_and_reason_are_complete_at_every_decision() -> None:
    """Each decision carries the numbers of both windows, and reads back from JSON."""
    _, decision = tick_after(fill_stage(begun()), 60)

    assert {"stage_error_e_value", "cumulative_quality", "sample_ratio_log_e"} <= set(
        decision.evidence
    )
    assert type(decision).from_json(decision.to_json()) == decision
    assert decision.actor == "controller"


def test_a_clock_that_was_set_back_holds() -> None:
    """A tick before the stage began can not advance it."""
    _, decision = tick_after(fill_stage(begun()), -600)

    assert decision.action is Action.HOLD


def test_a_completed_rollout_only_says_so() -> None:
    """Ticks after the end change nothing."""
    state, _ = promote(begun(), actor="ann", reason="good", now=minutes_later(1))

    same, decision = tick_after(state, 1_000)

    assert same is state
    assert decision.rule is Rule.ENDED
