"""Adaptive allocation: the share follows the posterior, and the evidence stays valid."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.errors import ConfigurationError
from ratchet.rollout import (
    BASELINE,
    CANDIDATE,
    Action,
    Outcome,
    RolloutPolicy,
    RolloutState,
    Rule,
    observe,
    pause,
    stage_of,
    tick,
)
from ratchet.rollout.allocation import (
    probability_errs_less,
    probability_good_enough,
    share_percent,
)
from ratchet.rollout.evidence import ArmStatistics, Evidence, PeriodStatistics, StageStatistics
from ratchet.rollout.quality_evidence import QualityEvidence
from ratchet.rollout.sample_ratio import SampleRatio
from ratchet.rollout.simulator import simulate
from ratchet.rollout.state import Allocated
from ratchet.rollout.traffic import Traffic
from tests.rollout_builders import (
    NOON,
    begun,
    labels_for,
    minutes_later,
    outcomes,
    tick_after,
)

THOMPSON = RolloutPolicy.standard(allocation="thompson")
# A state that the release before wrote in its second stage, and what it read from it.
VERSION_1 = Path(__file__).parent / "documents" / "state_version_1.json"
VERSION_1_NUMBERS = {
    "stage_candidate_requests": 4.0,
    "stage_error_e_value": 0.5041463907563312,
    "stage_latency_lower_ms": -171.843800621246,
    "cumulative_error_e_value": 0.5789657943194106,
    "cumulative_latency_lower_ms": -97.80877411829321,
    "cumulative_latency_upper_ms": 61.358655293573065,
    "cumulative_quality_e_value": 0.38677255137932115,
    "sample_ratio_log_e": -0.09416062225733868,
}


def under(share: float, candidate: tuple[int, int], baseline: tuple[int, int]) -> PeriodStatistics:
    """A period with (requests, errors) of each arm."""
    ours, theirs = (ArmStatistics(requests=n, errors=e) for n, e in (candidate, baseline))
    return PeriodStatistics(share=share, candidate=ours, baseline=theirs)


def errs_less(*periods: PeriodStatistics) -> float:
    """The posterior probability after these periods of one stage."""
    return probability_errs_less(Evidence(stages=[StageStatistics(periods=list(periods))]))


# The posterior


def test_nothing_seen_is_even_odds() -> None:
    """Without an error nothing is known, however the requests are divided."""
    assert errs_less(under(0.1, (30, 0), (500, 0))) == pytest.approx(0.5)


def test_the_posterior_does_not_know_the_arms_by_name() -> None:
    """Exchanging the arms exchanges the probability."""
    one = errs_less(under(0.2, (100, 9), (400, 20)))
    other = errs_less(under(0.8, (400, 20), (100, 9)))

    assert one + other == pytest.approx(1.0)
    assert one < 0.25


def test_the_posterior_is_the_integral_of_the_likelihood() -> None:
    """Against a plain sum over the ratio itself: 6 of 16 errors from a third of the requests."""
    shares = (200 + 20 / 3) / 620
    step = 1e-3
    below = above = 0.0
    for n in range(1, 60_000):
        ratio = (n - 0.5) * step
        prior = math.exp(-0.5 * math.log(ratio) ** 2) / ratio
        mass = prior * ratio**6 / (shares * ratio + 1 - shares) ** 16
        below, above = (below + mass, above) if ratio < 1 else (below, above + mass)

    found = errs_less(under(1 / 3, (200, 6), (400, 10)))

    assert found == pytest.approx(below / (below + above), abs=1e-4)


def test_a_drift_that_both_arms_share_is_not_the_candidates() -> None:
    """The rate grows tenfold while the share grows: pooled the candidate looks far worse."""
    morning = under(0.1, (1_000, 10), (9_000, 90))
    evening = under(0.5, (5_000, 500), (5_000, 500))

    assert 0.4 < errs_less(morning, evening) < 0.6


@pytest.mark.parametrize(("good", "labels"), [(3, 4), (14, 20), (150, 200)])
def test_quality_is_a_beta_posterior(good: int, labels: int) -> None:
    """P(Beta(a, b) >= x) is P(Binomial(a + b - 1, x) <= a - 1) for whole a and b."""
    a, b, limit = good + 1, labels - good + 1, 0.7
    n = a + b - 1
    exact = sum(math.comb(n, k) * limit**k * (1 - limit) ** (n - k) for k in range(a))

    found = probability_good_enough(QualityEvidence(count=labels, total=float(good)), limit)

    assert found == pytest.approx(exact, abs=1e-4)


def test_quality_does_not_matter_until_it_is_labelled() -> None:
    """Without labels the errors alone decide."""
    assert probability_good_enough(QualityEvidence(), 0.7) == 1.0


# The share


@given(st.integers(0, 3), st.floats(0, 1))
def test_a_share_lies_in_the_band_of_its_stage(stage: int, probability: float) -> None:
    """Above the stage before, at most the stage's own, so the share alone tells the stage."""
    percent = share_percent(THOMPSON, stage, probability)

    assert stage_of(THOMPSON, percent / 100) == stage


def test_a_rollout_begins_at_even_odds() -> None:
    """Half of the first band; the fixed allocation stays what it was."""
    assert begun(THOMPSON).percent == 5.0
    assert begun().percent == 10.0
    assert begun().allocated is None


def test_the_share_grows_at_its_times_and_says_why() -> None:
    """A candidate without errors beside a baseline with some, at the first quarter of an hour."""
    state = fed(begun(THOMPSON), baseline_errors=40)

    early, waiting = tick_after(state, 14)
    later, grown = tick_after(state, 15)

    assert waiting.action is Action.HOLD
    assert early is state
    assert (grown.action, grown.rule) == (Action.REALLOCATE, Rule.ALLOCATION)
    assert 5.0 < grown.percent == later.percent <= 10.0
    assert "grows from 5 %" in grown.reason
    assert grown.evidence["probability_better"] == pytest.approx(grown.percent / 10, abs=1e-3)
    assert later.decisions == (grown,)


def test_a_share_never_shrinks_within_a_stage() -> None:
    """A worse candidate keeps its keys; the look is logged, and the next is a period away."""
    state = fed(begun(THOMPSON), candidate_errors=1)

    state, looked = tick_after(state, 15)
    _, after = tick_after(state, 16)

    assert looked.action is Action.REALLOCATE
    assert looked.percent == 5.0
    assert "stays at 5 %" in looked.reason
    assert len(state.evidence.current.periods) == 1
    assert after.action is Action.HOLD


def test_a_share_that_is_full_is_not_looked_at() -> None:
    """At the percent of the stage there is nothing left to decide, or to log."""
    state, first = tick_after(fed(begun(THOMPSON), baseline_errors=40), 15)
    full = replace(state, allocated=Allocated(percent=10.0, turn=1))

    assert first.action is Action.REALLOCATE
    assert tick_after(full, 30)[1].action is Action.HOLD


def test_a_controller_that_was_away_looks_once() -> None:
    """Three times that passed unseen are one reallocation, not three in a row."""
    state, first = tick_after(fed(begun(THOMPSON), baseline_errors=40), 50)
    _, second = tick_after(state, 51)

    assert first.action is Action.REALLOCATE
    assert second.action is Action.HOLD


def test_a_sample_mismatch_moves_no_share() -> None:
    """Arms that can not be compared decide nothing."""
    state = observe(begun(THOMPSON), outcomes(BASELINE, 400, errors=40))

    assert tick_after(state, 20)[1].action is Action.HOLD


def test_a_pause_and_the_watch_have_the_shares_they_always_had() -> None:
    """A person's pause is 0 %, and at 100 % there is nothing to allocate."""
    paused, _ = pause(begun(THOMPSON), actor="ann", reason="look", now=NOON)
    short = RolloutPolicy(
        stages=(10, 100), allocation="thompson", min_per_arm=20, max_error_difference=0.9
    )
    watching, decision = tick_after(fed(begun(short)), 61)

    assert paused.percent == 0
    assert (decision.action, watching.percent) == (Action.ADVANCE, 100.0)
    assert watching.allocated is None


def test_exact_mode_refuses_an_adaptive_allocation() -> None:
    """The plain rule compares plain counts of a stage, which then can not be compared."""
    with pytest.raises(ConfigurationError, match="exact mode"):
        RolloutPolicy.standard(mode="exact", allocation="thompson")


# Its periods


def test_a_record_counts_under_the_share_of_its_assignment() -> None:
    """An app that learns late of a larger share still reports the older one."""
    state, _ = tick_after(fed(begun(THOMPSON), baseline_errors=40), 15)
    share = state.percent / 100
    late = [outcomes(CANDIDATE, 2, candidate_share=0.05), outcomes(CANDIDATE, 3)]
    fresh = outcomes(CANDIDATE, 4, candidate_share=share)

    state = observe(state, itertools.chain(*late, fresh))

    assert [each.share for each in state.evidence.current.periods] == [0.05, share]
    assert [each.candidate.requests for each in state.evidence.current.periods] == [22, 7]
    assert state.evidence.current.candidate.requests == 29


def test_the_arms_of_a_stage_are_all_its_periods() -> None:
    """Counts, mean and variance of two periods are those of their values together."""
    values = [[1.0, 2.0, 4.0], [9.0, 11.0]]
    apart, together = [ArmStatistics(), ArmStatistics()], ArmStatistics()
    for arm, each in zip(apart, values, strict=True):
        for value in each:
            arm.latency.add(value)
            together.latency.add(value)

    merged = apart[0].merged(apart[1]).latency

    assert merged.mean == pytest.approx(together.latency.mean)
    assert merged.squares == pytest.approx(together.latency.squares)
    assert merged.count == 5
    assert ArmStatistics().merged(ArmStatistics()).latency.count == 0


def test_a_unit_is_a_fair_bet_at_its_own_share() -> None:
    """Over all outcomes of 5 units at 10 % and 6 at 60 %, the e-value has mean 1."""
    mean = 0.0
    for first, second in itertools.product(range(6), range(7)):
        chance = _binomial(first, 5, 0.1) * _binomial(second, 6, 0.6)
        periods = [
            PeriodStatistics(share=0.1, units=SampleRatio(candidate=first, baseline=5 - first)),
            PeriodStatistics(share=0.6, units=SampleRatio(candidate=second, baseline=6 - second)),
        ]
        evidence = Evidence(stages=[StageStatistics(periods=periods)])
        mean += chance * math.exp(evidence.log_e_sample_ratio())

    assert mean == pytest.approx(1.0)


def test_restarts_change_no_decision() -> None:
    """Written and read back at every tick, the rollout takes the same course."""
    straight = again = begun(THOMPSON)
    for minute in range(1, 61):
        batch = _minute(minute, straight.percent / 100)
        straight, decision = tick(observe(straight, batch), now=minutes_later(minute))
        again = RolloutState.from_json(json.dumps(observe(again, batch).to_json()))
        again, same = tick(again, now=minutes_later(minute))
        assert same == decision

    assert again == straight
    assert [each.action for each in straight.decisions] == ["reallocate"] * 4
    assert len(straight.evidence.current.periods) > 1


def test_a_state_of_the_version_before_is_read() -> None:
    """A rollout that runs when the release changes goes on, with its evidence."""
    document = json.loads(VERSION_1.read_text())

    state = RolloutState.from_json(document)
    _, decision = tick(state, now=minutes_later(90))
    numbers = {name: decision.evidence[name] for name in VERSION_1_NUMBERS}

    assert document["schema_version"] == 1
    assert RolloutState.from_json(state.to_json()) == state
    assert (state.stage, state.percent) == (1, 25.0)
    assert numbers == pytest.approx(VERSION_1_NUMBERS)


# What it is worth


def test_the_error_budget_holds() -> None:
    """Identical candidates are rolled back no more often than under a fixed share."""
    figures = simulate(THOMPSON, Traffic(), runs=40, seed=11)

    assert figures.rollback_share <= 0.05 + 2 * 0.035
    assert figures.promote_share >= 0.85


def test_fewer_users_meet_a_candidate_that_goes_bad() -> None:
    """Ten points worse from the third stage on: always found, by fewer users than at 50 %."""
    late = Traffic(error_rates=lambda _, stage: (0.05, 0.05 if stage < 2 else 0.15))

    ours = simulate(THOMPSON, late, runs=30, seed=11)
    fixed = simulate(RolloutPolicy.standard(), late, runs=30, seed=11)

    assert ours.rollback_share == 1.0
    met, otherwise = ours.median_requests_at_rollback, fixed.median_requests_at_rollback
    assert met is not None
    assert otherwise is not None
    assert met < 0.9 * otherwise


def fed(
    state: RolloutState, *, candidate_errors: int = 0, baseline_errors: int = 0
) -> RolloutState:
    """20 requests of the candidate and 380 of the baseline at 5 %, with their labels."""
    ours = outcomes(CANDIDATE, 20, errors=candidate_errors)
    theirs = outcomes(BASELINE, 380, errors=baseline_errors)
    return observe(state, [*ours, *theirs, *labels_for(ours)])


def _binomial(hits: int, units: int, share: float) -> float:
    return math.comb(units, hits) * share**hits * (1 - share) ** (units - hits)


def _minute(minute: int, share: float) -> list[Outcome]:
    ours = outcomes(CANDIDATE, 1, candidate_share=share)
    return [*ours, *outcomes(BASELINE, 14, errors=minute % 2, candidate_share=share)]
