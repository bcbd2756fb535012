"""What requests of one key share: the variance of a difference when users are sticky."""

from __future__ import annotations

import json
import math
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.rollout import (
    BASELINE,
    CANDIDATE,
    RolloutPolicy,
    RolloutState,
    observe,
)
from ratchet.rollout import latency_keys as limits
from ratchet.rollout.evidence import Evidence, StageStatistics
from ratchet.rollout.latency_evidence import Difference, over_stages, widening
from ratchet.rollout.reading import read_windows
from ratchet.rollout.simulator import simulate
from ratchet.rollout.traffic import Traffic
from tests.rollout_builders import begun, outcome, outcomes

# A request: key, whether the candidate served it, latency in milliseconds.
Requests = list[tuple[int, bool, float]]
# Within a period a key stands on one side: here the keys below a threshold.
REQUESTS = st.builds(
    lambda side, requests: [(key, key < side, latency) for key, latency in requests],
    side=st.integers(0, 5),
    requests=st.lists(st.tuples(st.integers(0, 4), st.floats(0, 5_000)), max_size=25),
)


def fed(stages: list[list[Requests]]) -> Evidence:
    """The evidence of requests by stage and period."""
    evidence = Evidence(stages=[StageStatistics.at(0.1)])
    for number, periods in enumerate(stages):
        if number:
            evidence.begin_stage(number / 10)
        for turn, requests in enumerate(periods):
            if turn:
                evidence.begin_period(number / 10 + turn / 100)
            for key, is_candidate, latency in requests:
                evidence.add_outcome(number, key, latency, is_candidate=is_candidate, failed=False)
    return evidence


def excess_of(periods: list[Requests]) -> float:
    """From every residual: the squared sums of the keys less the sum of the squares."""
    sums: dict[int, float] = defaultdict(float)
    squares = 0.0
    for requests in periods:
        arms = [[x for _, side, x in requests if side is arm] for arm in (False, True)]
        total = len(requests)
        if not all(arms):
            continue
        for key, side, latency in requests:
            own, other = arms[side], arms[not side]
            residual = (latency - sum(own) / len(own)) * len(other) / total * (1 if side else -1)
            sums[key] += residual
            squares += residual * residual
    return sum(each * each for each in sums.values()) - squares


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(REQUESTS, min_size=1, max_size=3), min_size=1, max_size=3))
def test_the_excess_is_that_of_the_clusters(stages: list[list[Requests]]) -> None:
    """Sums that are kept up to date give what every residual by itself would give."""
    evidence = fed(stages)
    last = evidence.current.periods[-1]

    rollout = evidence.latency_keys.rollout_excess(last)
    stage = evidence.latency_keys.stage_excess(last)

    everything = [period for periods in stages for period in periods]
    assert rollout == pytest.approx(excess_of(everything), rel=1e-6, abs=1.0)
    assert stage == pytest.approx(excess_of(stages[-1]), rel=1e-6, abs=1.0)


def test_the_excess_widens_and_never_narrows() -> None:
    """It adds to the variance of the weighted sum; below 0 independent requests are the floor."""
    one = Difference(1.0, 4.0, 10, 10)

    assert over_stages([one], excess=50.0) == Difference(1.0, 4.0 + 50.0 / 25, 10, 10)
    assert over_stages([one], excess=-50.0) == one


def test_requests_that_are_their_own_key_leave_nothing_behind() -> None:
    """Traffic without users costs neither time nor room, and reads as it always did."""
    state = observe(begun(), [*outcomes(CANDIDATE, 40), *outcomes(BASELINE, 360)])

    keys = state.evidence.latency_keys

    assert (keys.candidate.sums, keys.baseline.sums) == ({}, {})
    assert keys.stage_excess(state.evidence.current.periods[-1]) == 0.0


def test_one_user_who_sends_much_is_little_evidence() -> None:
    """The same latencies tell less when they come from a few keys."""
    apart = [outcome(CANDIDATE, latency_ms=3_000.0 + n // 10) for n in range(60)]
    theirs = [outcome(BASELINE, latency_ms=2_000.0 + n // 60) for n in range(540)]
    sticky = [
        outcome(CANDIDATE, latency_ms=3_000.0 + n // 10, key=f"u{n // 10}") for n in range(60)
    ]

    policy = RolloutPolicy.standard()
    free = read_windows(observe(begun(), [*apart, *theirs]).evidence, policy).stage
    bound = read_windows(observe(begun(), [*sticky, *theirs]).evidence, policy).stage

    assert free.latency_difference == bound.latency_difference
    assert bound.latency_lower is not None
    assert free.latency_lower is not None
    assert bound.latency_lower < free.latency_lower
    assert bound.latency_upper is not None
    assert free.latency_upper is not None
    assert bound.latency_upper > free.latency_upper


def test_keys_beyond_the_limit_are_taken_in_proportion() -> None:
    """The followed keys, the first and busiest, speak for the rest; the document stays small."""
    evidence = Evidence(stages=[StageStatistics.at(0.5)])
    for key in range(limits.KEYS):
        for _ in range(2):
            evidence.add_outcome(0, key, 1_000.0 + key % 7, is_candidate=True, failed=False)
    evidence.add_outcome(0, -1, 1_003.0, is_candidate=False, failed=False)
    period = evidence.current.periods[-1]
    followed = evidence.latency_keys.candidate
    before = followed.excess(0, 1.0, period.candidate.latency)
    for key in range(limits.KEYS):
        evidence.add_outcome(0, limits.KEYS + key, 1_003.0, is_candidate=True, failed=False)

    after = followed.excess(0, 1.0, period.candidate.latency)

    assert len(followed.sums) == limits.KEYS
    assert followed.untracked == limits.KEYS
    assert after == pytest.approx(1.5 * before, rel=1e-3)


def test_a_rollout_carries_a_bounded_number_of_keys() -> None:
    """When a period closes, the keys with the largest residuals are kept."""
    evidence = Evidence(stages=[StageStatistics.at(0.5)])
    for key in range(limits.KEYS):
        evidence.add_outcome(0, key, float(key), is_candidate=True, failed=False)
        evidence.add_outcome(0, limits.KEYS + key, float(key), is_candidate=False, failed=False)

    evidence.begin_stage(0.75)

    kept = evidence.latency_keys.rollout.residuals
    assert len(kept) == limits.KEYS
    assert 0 in kept
    assert limits.KEYS // 2 not in kept


def test_the_sums_survive_a_round_trip() -> None:
    """In the open period and carried from closed ones, bit for bit."""
    state = observe(begun(), [outcome(CANDIDATE, key=f"u{n % 3}", latency_ms=n) for n in range(9)])
    state = observe(state, [outcome(BASELINE, key=f"v{n % 3}", latency_ms=n) for n in range(9)])
    state.evidence.begin_stage(0.25)
    state.evidence.add_outcome(1, 7, 0.1, is_candidate=True, failed=False)

    read = RolloutState.from_json(json.dumps(state.to_json()))

    assert read == state
    assert read.evidence.latency_keys.rollout.residuals


def test_a_copy_does_not_see_what_is_learned_later() -> None:
    """Two controllers that start from one state keep their sums apart."""
    state = observe(begun(), [outcome(CANDIDATE, key="u", latency_ms=5.0)])

    observe(state, [outcome(CANDIDATE, key="u", latency_ms=9.0)])

    assert [count for count, _ in state.evidence.latency_keys.candidate.sums.values()] == [1]


def test_sticky_users_do_not_roll_back_an_identical_candidate() -> None:
    """A hundred users with habits of their own: counted as independent, one in seven was."""
    figures = simulate(
        RolloutPolicy.standard(on_deadline="pause"), Traffic(users=100), runs=60, seed=7
    )

    assert figures.rollback_share <= 0.08


def test_a_slow_candidate_is_found_among_sticky_users() -> None:
    """Two seconds more are beyond what users' habits explain."""
    slow = Traffic(users=300, latency_effect_ms=2_000.0)

    figures = simulate(RolloutPolicy.standard(), slow, runs=15, seed=7)

    assert figures.rollback_share == 1.0


def test_few_keys_know_their_own_variance_badly() -> None:
    """Four equal users an arm leave 6 degrees of freedom; single requests leave no doubt."""
    evidence = Evidence(stages=[StageStatistics.at(0.5)])
    for n in range(40):
        evidence.add_outcome(0, n % 4, n, is_candidate=True, failed=False)
        evidence.add_outcome(0, 4 + n % 4, n, is_candidate=False, failed=False)
    apart = observe(begun(), [*outcomes(CANDIDATE, 40), *outcomes(BASELINE, 40)]).evidence

    period = evidence.current.periods[-1]
    assert evidence.latency_keys.stage_freedom(period) == pytest.approx(6.0)
    assert apart.latency_keys.stage_freedom(apart.current.periods[-1]) == math.inf


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(3, 4.541), (5, 3.365), (10, 2.764), (30, 2.457), (120, 2.358)]
)
def test_bounds_widen_as_students_t(freedom: float, quantile: float) -> None:
    """The 99 % quantiles of t that every table has, over the normal one."""
    assert widening(freedom, 0.01) * 2.3263 == pytest.approx(quantile, rel=0.02)
