"""Advice: whether a policy fits the traffic, in words, before anything starts."""

from __future__ import annotations

import math

import pytest

from ratchet.errors import ConfigurationError
from ratchet.rollout import RolloutPolicy, advise
from ratchet.rollout.simulator import simulate
from ratchet.rollout.traffic import Traffic

STANDARD = RolloutPolicy.standard()


def test_enough_traffic_needs_no_advice() -> None:
    """At 600 requests an hour every stage ends with its hour."""
    advice = advise(STANDARD, 600)

    assert advice.fits
    assert [stage.minutes for stage in advice.stages] == [60.0] * 5
    assert advice.minutes == 300.0
    assert advice.lines()[0] == "stage 1 at 10 %: about 60 minutes, for its 60 minutes"


def test_little_traffic_should_pause_at_the_deadline() -> None:
    """With few requests the plain rule at the deadline is a guess."""
    (warning,) = advise(STANDARD, 400).warnings

    assert 'on_deadline="pause"' in warning
    assert advise(STANDARD.changed(on_deadline="pause"), 400).fits


def test_what_counts_is_a_stage_not_an_hour() -> None:
    """A day of 60 requests an hour is more than an hour of 600."""
    assert advise(RolloutPolicy.daily(), 60).fits


@pytest.mark.parametrize(
    ("changes", "rate", "waits_for", "minutes"),
    [
        ({"min_requests": 1_000}, 500, "1000 requests", 120),
        ({}, 150, "30 candidate requests", 120),
        ({"min_labels": 200}, 1_000, "200 labels", 120),
        ({"stages": (90, 100)}, 150, "30 baseline requests", 120),
        ({"mode": "exact"}, 50, "100 requests", 120),
        ({"allocation": "thompson"}, 300, "30 candidate requests", 120),
    ],
)
def test_a_stage_waits_for_what_takes_longest(
    changes: dict[str, object], rate: float, waits_for: str, minutes: float
) -> None:
    """Each minimum of the gate, by the rate at which it comes."""
    stage = advise(RolloutPolicy.standard(**changes), rate).stages[0]

    assert stage.waits_for == waits_for
    assert stage.minutes == pytest.approx(minutes)


def test_labels_that_never_come_end_no_stage() -> None:
    """A missing label is never a pass, so say it before, not after four hours."""
    advice = advise(STANDARD, 600, label_share=0)

    assert math.isinf(advice.minutes)
    assert "for ever, for 20 labels" in advice.warnings[0]


def test_a_stage_past_its_deadline_is_told() -> None:
    """30 candidate requests at 3 an hour are 10 hours."""
    advice = advise(STANDARD.changed(on_deadline="pause"), 30)

    assert "about 600 minutes" in advice.warnings[0]
    assert "deadline is 240 minutes" in advice.warnings[0]


def test_exact_mode_asks_for_much_traffic() -> None:
    """The plain rule is right at 2,000 requests a stage, not at 500; it has no watch."""
    exact = RolloutPolicy.standard(mode="exact")

    assert "use guarded" in advise(exact, 500).warnings[0]
    assert advise(exact, 2_000).fits
    assert len(advise(exact, 2_000).stages) == 4


@pytest.mark.parametrize(("rate", "most"), [(200, 2.0), (1_000, 1.1)])
def test_a_rollout_takes_the_advised_minutes_or_more(rate: float, most: float) -> None:
    """Not less; and more only where the last gate waits for certainty."""
    policy = STANDARD.changed(on_deadline="pause")
    advised = advise(policy, rate).minutes

    figures = simulate(policy, Traffic(requests_per_hour=rate), runs=9, seed=1)

    assert 0.9 * advised <= figures.median_minutes <= most * advised


def test_few_users_are_told_before_they_are_seen() -> None:
    """Their habits look like an effect: ask a person at the deadline, or assign otherwise."""
    pausing = STANDARD.changed(on_deadline="pause")

    few, decided = advise(STANDARD, 600, users=300).warnings

    assert "300 users are few" in few
    assert 'on_deadline="pause"' in decided
    assert advise(pausing, 600, users=300).warnings == (few,)
    assert advise(STANDARD, 600, users=1_000).fits


def test_no_users_are_refused() -> None:
    """Nobody sends no requests."""
    with pytest.raises(ConfigurationError):
        advise(STANDARD, 600, users=0)


@pytest.mark.parametrize(("rate", "share"), [(0, 1), (-5, 1), (math.nan, 1), (math.inf, 1), (9, 2)])
def test_impossible_traffic_is_refused(rate: float, share: float) -> None:
    """A typing error is told."""
    with pytest.raises(ConfigurationError):
        advise(STANDARD, rate, label_share=share)
