"""Exact mode: the plain rule, literally, once, at the gate."""

from __future__ import annotations

import math

import pytest

from ratchet.rollout import BASELINE, CANDIDATE, Rule, observe
from tests.rollout_builders import begun, labels_for, mixed, outcomes, tick_after

TINY = 1e-7


def exact_state(
    *,
    candidate_errors: int = 0,
    candidate_latency: float = 2_000.0,
    quality: float | None = 0.8,
    counts: tuple[int, int] = (100, 100),
):
    """A first stage in exact mode; the baseline has 5 errors a hundred at 2,000 ms."""
    candidates, baselines = counts
    served = outcomes(CANDIDATE, candidates, errors=candidate_errors, latency_ms=candidate_latency)
    others = outcomes(BASELINE, baselines, errors=baselines // 20, latency_ms=2_000.0)
    labels = labels_for(served, quality) if quality is not None else []
    return observe(begun(mode="exact"), [*served, *others, *labels])


@pytest.mark.parametrize(
    ("case", "action"),
    [
        ({}, "advance"),
        ({"candidate_errors": 10}, "advance"),  # .10 - .05 is above .05 in floating point
        ({"candidate_errors": 11}, "rollback"),
        ({"candidate_latency": 2_500.0}, "advance"),
        ({"candidate_latency": 2_500.0 + 1e-10}, "advance"),
        ({"candidate_latency": 2_500.0 + TINY}, "rollback"),
        ({"quality": 0.70}, "advance"),
        ({"quality": 0.70 - 1e-10}, "advance"),
        ({"quality": 0.70 - TINY}, "rollback"),
        ({"quality": None}, "advance"),
    ],
)
def test_the_limits_are_strict(case: dict[str, float], action: str) -> None:
    """On the limit is within it, to 1e-9; beyond it rolls back."""
    _, decision = tick_after(exact_state(**case), 60)

    assert decision.action == action
    assert action != "rollback" or decision.rule is Rule.PLAIN


@pytest.mark.parametrize(
    ("counts", "minutes", "waits_for"),
    [
        ((100, 100), 59.999, "minutes"),
        ((9, 200), 60, "needs 1 more candidate requests"),
        ((10, 89), 60, "needs 1 more requests"),
        ((200, 0), 60, "needs 1 more baseline requests"),
    ],
)
def test_nothing_is_judged_before_the_gate(
    counts: tuple[int, int], minutes: float, waits_for: str
) -> None:
    """100 requests in both arms together, 10 of them the candidate's, and the hour."""
    state = exact_state(counts=counts, candidate_errors=counts[0])

    same, decision = tick_after(state, minutes)

    assert same is state
    assert waits_for in decision.reason


def test_at_the_gate_exactly_it_decides() -> None:
    """Ten candidate requests of 100, at 60 minutes, are enough."""
    _, decision = tick_after(exact_state(counts=(10, 90)), 60)

    assert decision.action == "advance"


def test_exact_mode_has_no_evidence_rules() -> None:
    """What guarded mode stops at once runs to the gate."""
    records = mixed(candidate_errors=60)

    _, exact = tick_after(observe(begun(mode="exact"), records), 30)
    _, guarded = tick_after(observe(begun(), records), 30)

    assert (exact.action, guarded.action) == ("hold", "rollback")


def test_the_last_gate_completes() -> None:
    """At 100 % the rollout is complete: there is no watch unless the policy asks for one."""
    state, actions = begun(mode="exact"), []
    for _ in range(4):
        state, decision = tick_after(observe(state, mixed(stage=state.stage)), 60)
        actions.append(decision.action.value)

    assert actions == ["advance", "advance", "advance", "promote"]
    assert (state.status, state.percent) == ("completed", 100)


def test_too_little_traffic_asks_a_person_at_the_deadline() -> None:
    """No traffic is no verdict."""
    state, decision = tick_after(begun(mode="exact"), 240)

    assert (decision.action, state.status) == ("pause", "paused")


def test_a_latency_of_nonsense_does_not_poison_the_mean() -> None:
    """NaN is left out of the mean, so the rule still decides."""
    state = observe(exact_state(), outcomes(CANDIDATE, 3, latency_ms=math.nan))

    _, decision = tick_after(state, 60)

    assert decision.action == "advance"
    assert decision.evidence["refused_latencies"] == 3
