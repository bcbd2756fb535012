"""Operating figures by small seeded simulations, with room for sampling error."""

from __future__ import annotations

import pytest

from ratchet.errors import ConfigurationError
from ratchet.rollout import RolloutPolicy, Rule
from ratchet.rollout.simulator import OperatingCharacteristics, simulate
from ratchet.rollout.traffic import Traffic

STANDARD = RolloutPolicy.standard()


def under(traffic: Traffic, *, runs: int = 40, **changes: object) -> OperatingCharacteristics:
    """The standard policy with changes, under some traffic."""
    return simulate(RolloutPolicy.standard(**changes), traffic, runs=runs, seed=11)


def test_an_identical_candidate_goes_through() -> None:
    """At most the error budget is rolled back, nearly all are promoted, in five hours."""
    figures = under(Traffic(), runs=60)

    assert figures.rollback_share <= 0.05 + 2 * 0.03
    assert figures.promote_share >= 0.88
    assert 300 <= figures.median_minutes <= 330


@pytest.mark.parametrize(
    ("traffic", "most_requests"),
    [
        (Traffic(error_effect=0.10), 130),
        (Traffic(latency_effect_ms=1_000), 170),
        (Traffic(quality=0.65), 130),
        (Traffic(error_effect=0.95), 16),
    ],
)
def test_a_harmful_candidate_is_always_rolled_back(traffic: Traffic, most_requests: int) -> None:
    """Ten points, a second, or low quality: within the first stages, before many users."""
    figures = under(traffic)

    assert figures.rollback_share == 1.0
    assert figures.median_requests_at_rollback <= most_requests


def test_five_points_worse_seldom_passes() -> None:
    """On the boundary most are rolled back, some ask, nearly none is promoted."""
    figures = under(Traffic(error_effect=0.05))

    assert figures.promote_share <= 0.05
    assert figures.rollback_share >= 0.70


def test_three_points_worse_is_allowed() -> None:
    """Below the limit it may pass or ask; it is rolled back seldom."""
    figures = under(Traffic(error_effect=0.03))

    assert figures.rollback_share <= 0.25


def test_harm_that_begins_at_half_of_the_traffic_is_found() -> None:
    """Healthy at 10 and 25 %, 15 points worse from 50 % on."""
    late = Traffic(error_rates=lambda _, stage: (0.05, 0.05 if stage < 2 else 0.20))

    figures = under(late, runs=30)

    assert figures.rollback_share == 1.0
    assert sum(run.stage == 2 for run in figures.runs) >= 27


def test_a_drift_that_both_arms_share_is_not_held_against_the_candidate() -> None:
    """The error rate climbs from 1 to 20 % over the rollout, in both arms alike."""
    ramp = Traffic(error_rates=lambda minute, _: (min(0.01 + minute / 1_500, 0.2),) * 2)

    figures = under(ramp, runs=40)

    assert figures.rollback_share <= 0.125


def test_an_outage_that_both_arms_share_is_not_held_against_the_candidate() -> None:
    """Ten minutes in which everything fails, across the first change of stage."""
    outage = Traffic(
        error_rates=lambda minute, _: (1.0, 1.0) if 55 <= minute < 65 else (0.05, 0.05)
    )

    figures = under(outage, runs=40)

    assert figures.rollback_share <= 0.125


def test_heavy_users_do_not_break_the_error_evidence() -> None:
    """A hundred users with error rates of their own, some very busy: few false alarms.

    Any test that counts their requests as independent is wrong 15 to 22 times in 100 here.
    """
    figures = under(Traffic(users=100), runs=60, on_deadline="pause", max_latency_difference_ms=1e6)

    assert figures.rollback_share <= 0.10


def test_exact_mode_is_as_unreliable_as_it_was_measured() -> None:
    """The plain rule at its gate rolls back most identical candidates at 100 requests an hour."""
    figures = under(Traffic(requests_per_hour=100), mode="exact")

    assert figures.rollback_share >= 0.6
    assert set(figures.rollbacks_by_rule()) == {Rule.PLAIN}


def test_little_traffic_asks_a_person() -> None:
    """Five requests an hour reach no gate: every run pauses at the first deadline."""
    figures = under(Traffic(requests_per_hour=5), runs=10)

    assert figures.inconclusive_share == 1.0
    assert {run.minutes for run in figures.runs} == {240}
    assert figures.median_requests_at_rollback is None


def test_the_same_seed_gives_the_same_figures() -> None:
    """A figure in a document can be reproduced."""
    assert under(Traffic(users=50), runs=3) == under(Traffic(users=50), runs=3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"error_rate": 1.2},
        {"error_rate": 0.5, "error_effect": 0.6},
        {"requests_per_hour": -1},
        {"quality": 0.9, "quality_sd": 0.5},
        {"users": 0},
        {"label_share": -0.1},
    ],
)
def test_impossible_traffic_is_refused(wrong: dict[str, float]) -> None:
    """A typing error in an option is told, not simulated."""
    with pytest.raises(ConfigurationError):
        Traffic(**wrong)  # type: ignore[arg-type]  # the fault


def test_no_runs_are_refused() -> None:
    """A share of nothing is no figure."""
    with pytest.raises(ConfigurationError):
        simulate(STANDARD, Traffic(), runs=0, seed=1)
