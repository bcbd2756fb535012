"""What production does to a rollout: traffic, faults, labels, telemetry, controllers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from ratchet.rollout import (
    BASELINE,
    CANDIDATE,
    Action,
    Decision,
    Outcome,
    QualityLabel,
    RolloutState,
    Rule,
    observe,
    tick,
)
from tests.rollout_builders import (
    NOON,
    begun,
    fill_stage,
    labels_for,
    minutes_later,
    mixed,
    outcome,
    outcomes,
    tick_after,
    to_stage,
)

Records = list[Outcome | QualityLabel]


def through(
    state: RolloutState,
    batches: list[Records],
    *,
    between: Callable[[RolloutState], RolloutState] = lambda state: state,
) -> tuple[RolloutState, list[Decision]]:
    """One batch and one tick a minute; `between` happens to the state after every step."""
    decisions = []
    for number, batch in enumerate(batches, start=1):
        state = between(observe(state, batch))
        state, decision = tick(state, now=minutes_later(number))
        state = between(state)
        decisions.append(decision)
    return state, decisions


def in_minutes(records: Records, minutes: int) -> list[Records]:
    """Records in equal batches, in their order."""
    size = -(-len(records) // minutes)
    return [records[n * size : (n + 1) * size] for n in range(minutes)]


# Traffic


def test_no_traffic_holds_then_asks() -> None:
    """Nothing is guessed from nothing."""
    state, decisions = through(begun(), [[] for _ in range(240)])

    assert {each.action for each in decisions[:-1]} == {Action.HOLD}
    assert decisions[-1].action is Action.PAUSE
    assert "needs 100 more requests" in decisions[-1].reason
    assert state.percent == 10


def test_traffic_that_stops_mid_stage_holds() -> None:
    """Half of the labels and then silence: the stage does not end by itself."""
    batches = in_minutes(mixed(candidates=15, baselines=135), 30)

    _, decisions = through(begun(), [*batches, *[[] for _ in range(60)]])

    assert decisions[-1].action is Action.HOLD
    assert "needs 15 more candidate requests" in decisions[-1].reason


@pytest.mark.parametrize("minute", [0, 59])
def test_a_burst_counts_like_steady_traffic(minute: int) -> None:
    """All requests in one minute are as good as spread over the hour."""
    batches: list[Records] = [[] for _ in range(60)]
    batches[minute] = mixed()

    _, decisions = through(begun(), batches)

    assert [each.action for each in decisions[58:]] == ["hold", "advance"]


@pytest.mark.parametrize("variant", [BASELINE, CANDIDATE])
def test_one_arm_alone_never_advances(variant: str) -> None:
    """Without the other there is no comparison; the lost arm is an alert."""
    records = outcomes(variant, 600)
    state = observe(begun(), [*records, *labels_for(records)])

    _, decision = tick_after(state, 120)

    assert decision.action is Action.HOLD
    assert "sample-ratio mismatch" in decision.alerts[0]


def test_many_requests_in_ten_minutes_still_wait_the_hour() -> None:
    """The duration is there for what changes with time."""
    _, decision = tick_after(observe(begun(), mixed(candidates=400, baselines=3600)), 10)

    assert decision.reason == "needs 50 more minutes"


# Faults


def test_all_errors_at_once_are_caught_within_minutes() -> None:
    """A candidate that breaks at once meets few users."""
    batches = in_minutes(mixed(candidate_errors=60, quality=None), 60)

    state, decisions = through(begun(), batches)

    caught = next(n for n, each in enumerate(decisions) if each.action is Action.ROLLBACK)
    assert caught <= 10
    assert state.status == "rolled_back"


@pytest.mark.parametrize("outage", [range(20, 40), range(58, 70)])
def test_an_outage_of_both_arms_is_not_the_candidates(outage: range) -> None:
    """The provider fails for everybody, also over the change of stage: no rollback."""
    state, actions = begun(), []
    for minute in range(1, 181):
        down = minute in outage
        sizes = {"candidates": 10, "baselines": 10, "quality": None if down else 0.8}
        if state.stage == 0:
            sizes |= {"candidates": 2, "baselines": 18}
        elif state.stage == 1:
            sizes |= {"candidates": 5, "baselines": 15}
        errors = {
            "candidate_errors": sizes["candidates"] if down else 0,
            "baseline_errors": sizes["baselines"] if down else 0,
        }
        state = observe(state, mixed(stage=state.stage, **sizes, **errors))
        state, decision = tick(state, now=minutes_later(minute))
        actions.append(decision.action)

    assert Action.ROLLBACK not in actions
    assert state.stage == 2 + (outage.start == 20)


def test_failing_fast_does_not_buy_a_pass() -> None:
    """Errors that return at once lower the mean latency and are errors all the same."""
    good = mixed(candidates=45, baselines=540)
    fast = [outcome(success=False, latency_ms=20.0) for _ in range(15)]

    _, decision = tick_after(observe(begun(), [*good[:400], *fast, *good[400:]]), 60)

    assert decision.rule is Rule.HARM
    assert "error rate" in decision.reason
    assert decision.evidence["stage_latency_difference_ms"] < 0


def test_timeouts_count_as_errors_and_as_slow() -> None:
    """A timeout carries the latency of the client's patience."""
    state = begun(client_timeout_ms=30_000)
    late = [outcome(success=False, latency_ms=45_000.0) for _ in range(12)]

    state = observe(state, [*outcomes(BASELINE, 108), *late])

    arm = state.evidence.current.candidate
    assert (arm.errors, arm.latency.mean) == (12, 30_000)
    assert tick_after(state, 2)[1].action is Action.ROLLBACK


def test_one_heavy_outlier_is_not_evidence() -> None:
    """One request of a minute moves the mean beyond the limit: hold, not roll back."""
    state = observe(begun(), [*mixed(), outcome(latency_ms=60_000.0)])

    _, decision = tick_after(state, 60)

    assert decision.evidence["stage_latency_difference_ms"] > 500
    assert decision.action is Action.HOLD


def test_harm_that_begins_late_is_found() -> None:
    """Good at 10 and 25 %, failing from 50 % on: the stage's own window sees it."""
    state, _ = to_stage(begun(), 2)
    batches = in_minutes(
        mixed(stage=2, candidates=300, baselines=300, candidate_errors=75, baseline_errors=15), 60
    )

    actions = []
    for minute, batch in enumerate(batches, start=1):
        state = observe(state, batch)
        state, decision = tick_after(state, minute)
        actions.append(decision.action)

    assert actions.index(Action.ROLLBACK) < 40


def test_a_ramp_that_both_arms_share_is_no_effect() -> None:
    """Errors rise with the hour in both arms: pooled counts would blame the candidate."""
    state = begun()
    for stage, rate in enumerate((0.02, 0.06, 0.12, 0.20)):
        share = state.policy.stages[stage] / 100
        sizes = {"candidates": round(600 * share), "baselines": round(600 * (1 - share))}
        errors = {
            "candidate_errors": round(sizes["candidates"] * rate),
            "baseline_errors": round(sizes["baselines"] * rate),
        }
        state = observe(state, mixed(stage=stage, **sizes, **errors))
        state, decision = tick_after(state, 60)
        assert decision.action is Action.ADVANCE

    arms = state.evidence.stages[:4]
    pooled = sum(each.candidate.errors for each in arms) / sum(
        each.candidate.requests for each in arms
    ) - sum(each.baseline.errors for each in arms) / sum(each.baseline.requests for each in arms)
    assert pooled > 0.05
    assert abs(decision.evidence["cumulative_error_difference"] or 0.0) < 0.01


def test_no_errors_on_both_sides_is_fine() -> None:
    """Nothing divides by zero, and the last gate is not certain of nothing."""
    state, _ = to_stage(begun(), 4)

    assert state.is_watching
    assert state.decisions[-1].evidence["cumulative_error_upper"] > 0


def test_a_better_candidate_goes_through() -> None:
    """Fewer errors are never held against it."""
    state = begun()
    for _ in range(4):
        share = state.policy.stages[state.stage] / 100
        state = fill_stage(state, baseline_errors=round(60 * (1 - share)), quality=0.95)
        state, decision = tick_after(state, 60)
        assert decision.action is Action.ADVANCE


# Labels


def test_labels_that_come_after_the_hour_are_awaited() -> None:
    """The gate opens with the label that was missing."""
    records = mixed(quality=None)
    served = [each for each in records if isinstance(each, Outcome) and each.variant == CANDIDATE]
    state = observe(begun(), [*records, *labels_for(served[:19])])

    _, before = tick_after(state, 90)
    _, after = tick_after(observe(state, labels_for(served[19:20])), 91)

    assert (before.reason, after.action) == ("needs 1 more labels", "advance")


def test_late_bad_labels_still_roll_back() -> None:
    """Labels of an earlier stage that come late count in what runs over all stages."""
    records = mixed(quality=None)
    served = [each for each in records if isinstance(each, Outcome) and each.variant == CANDIDATE]
    state = observe(begun(), [*records, *labels_for(served[:20], 0.8)])
    state, advanced = tick_after(state, 60)

    _, decision = tick_after(observe(state, labels_for(served[20:], 0.1)), 10)

    assert advanced.action is Action.ADVANCE
    assert "(limit 0.7, cumulative)" in decision.reason


# Telemetry


def test_order_within_an_arm_and_duplicates_do_not_change_what_is_counted() -> None:
    """Counts, moments and quality are the same however records are shuffled and repeated."""
    records = mixed(candidate_errors=5, baseline_errors=20)
    shuffled = [*records[::-1], *records[::7]]

    one, other = observe(begun(), records), observe(begun(), shuffled)

    first, second = one.evidence.current, other.evidence.current
    assert (first.candidate.errors, first.baseline.errors) == (5, 20)
    assert (second.candidate.errors, second.baseline.errors) == (5, 20)
    assert second.candidate.latency.mean == pytest.approx(first.candidate.latency.mean)
    assert second.quality.log_e_value() == pytest.approx(first.quality.log_e_value())


def test_lost_records_of_one_arm_raise_the_alarm() -> None:
    """Half of the candidate's records lost is seen within some hundred requests."""
    state = observe(begun(), mixed(candidates=50, baselines=1_900))

    _, decision = tick_after(state, 60)

    assert decision.action is Action.HOLD
    assert decision.alerts


# Controllers


def failing_later() -> list[Records]:
    """An hour of good traffic, then one of the second stage in which the candidate errs."""
    return [
        *in_minutes(mixed(), 60),
        *in_minutes(mixed(stage=1, candidates=150, baselines=450, candidate_errors=30), 60),
    ]


def test_a_restart_at_every_tick_decides_the_same() -> None:
    """Writing and reading the state between any two steps changes no decision."""
    batches = failing_later()

    plain, expected = through(begun(), batches)
    restarted, decisions = through(
        begun(), batches, between=lambda state: RolloutState.from_json(json.dumps(state.to_json()))
    )

    assert decisions == expected
    assert restarted == plain
    assert [each.action for each in plain.decisions] == ["advance", "rollback"]


def test_a_kill_between_decision_and_write_decides_again_the_same() -> None:
    """The tick that was not written is made again, from the same state and records."""
    state = fill_stage(begun())
    lost = tick(state, now=minutes_later(60))

    again = tick(RolloutState.from_json(state.to_json()), now=minutes_later(60))

    assert again == lost


def test_two_controllers_decide_the_same() -> None:
    """Each from its own copy; whoever writes second writes the same."""
    batches = failing_later()
    document = begun().to_json()

    one = through(RolloutState.from_json(document), batches)
    other = through(RolloutState.from_json(document), batches)

    assert one == other


def test_a_controller_that_was_away_goes_on() -> None:
    """Ticks that did not happen are not missed: everything absorbed at once, one tick."""
    state = observe(begun(), mixed())

    state, decision = tick(state, now=NOON + timedelta(hours=3))

    assert decision.action is Action.ADVANCE
    assert state.stage_started_at == NOON + timedelta(hours=3)


def test_outcomes_in_flight_at_a_change_of_stage_are_kept() -> None:
    """A crash after the split changed leaves outcomes of both stages, each where it belongs."""
    state, _ = to_stage(begun(), 1)
    restarted = RolloutState.from_json(state.to_json())

    after = observe(restarted, [*outcomes(CANDIDATE, 3), *outcomes(CANDIDATE, 4, stage=1)])

    before = state.evidence.stages[0].candidate.requests
    assert [each.candidate.requests for each in after.evidence.stages] == [before + 3, 4]


# Cost


def test_a_hundred_thousand_outcomes_are_absorbed_in_seconds_and_a_tick_in_milliseconds() -> None:
    """The state keeps statistics, not records; its document stays a few megabytes."""
    records = mixed(candidates=10_000, baselines=90_000, baseline_errors=4_500, quality=None)

    began = time.perf_counter()
    state = observe(begun(), records)
    absorbed = time.perf_counter() - began
    ticks = []
    for minute in range(20):
        began = time.perf_counter()
        tick_after(state, minute)
        ticks.append(time.perf_counter() - began)

    assert absorbed < 5
    assert min(ticks) < 0.02
    assert len(json.dumps(state.to_json())) < 3_000_000
    assert observe(state, records) == state
