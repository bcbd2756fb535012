"""When another optimisation is due: each trigger alone, and what holds it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.errors import InputError
from ratchet.increments.triggers import Increment, Policy, Production, decide, due
from tests.builders import NOON

QUIET = Increment(
    signature="validate_intent",
    usable_examples=100,
    new_examples=0,
    optimised_version="v1",
    optimised_examples=100,
    optimised_at=NOON - timedelta(days=30),
    optimised_quality=80.0,
    latest_version="v2",
    latest_quality=80.0,
    production=Production(before=0.9, before_requests=50, since=0.9, since_requests=50),
)


def fallen(since: float, **changes: Any) -> Production:
    """Production that was at 0.9 before."""
    return replace(QUIET.production, since=since, **changes)


def test_where_nothing_has_changed_nothing_is_due() -> None:
    """No news is no reason."""
    assert due(QUIET, Policy()) == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"new_examples": 25, "optimised_examples": 1000}, "25 new usable examples since v1"),
        ({"new_examples": 20}, "grew by 20 %"),
        ({"production": fallen(0.85)}, "fell from 0.900 (50 judged requests) to 0.850 (50)"),
        ({"latest_quality": 72.0}, "fell by 10 %, from 80.0 in v1 to 72.0 in v2"),
        ({"optimised_version": None, "optimised_at": None}, "never optimised, and 100"),
    ],
)
def test_each_trigger_is_enough(changes: dict[str, Any], reason: str) -> None:
    """It says its values and the limit that they reached."""
    (found,) = due(replace(QUIET, **changes), Policy())

    assert reason in found


@pytest.mark.parametrize(
    "changes",
    [
        {"new_examples": 24, "optimised_examples": 1000},
        {"new_examples": 19},
        {"new_examples": 2, "optimised_examples": 5},
        {"production": fallen(0.86)},
        {"production": fallen(0.5, since_requests=29)},
        {"production": fallen(0.5, before_requests=29)},
        {"production": Production()},
        {"latest_quality": 72.5},
        {"latest_quality": 10.0, "latest_version": "v1"},
        {"latest_quality": None},
        {"optimised_version": None, "usable_examples": 9},
    ],
)
def test_just_below_a_trigger_nothing_is_due(changes: dict[str, Any]) -> None:
    """Nor on too few judged requests, on the noise of a tiny set, or without a figure."""
    assert due(replace(QUIET, **changes), Policy()) == ()


@pytest.mark.parametrize(
    ("changes", "policy", "reason"),
    [
        ({"running": "run_7"}, Policy(), "run_7 is at work; it is not disturbed"),
        ({"optimised_at": NOON - timedelta(hours=2)}, Policy(), "optimised 2.0 hours ago"),
        ({}, Policy(is_on=False), "reoptimize_on_new_data is off"),
    ],
)
def test_what_is_due_can_be_held_back(changes: dict[str, Any], policy: Policy, reason: str) -> None:
    """The reasons stay, and what is in the way is said."""
    increment = replace(QUIET, new_examples=40, **changes)

    decision = decide(increment, policy, now=NOON)

    assert not decision.is_due
    assert decision.reasons
    assert reason in decision.held_back_by


@given(st.integers(0, 500), st.integers(0, 500))
def test_more_new_data_never_speaks_against_an_optimisation(fewer: int, further: int) -> None:
    """A reason that holds for some new examples holds for more of them."""
    some = due(replace(QUIET, new_examples=fewer), Policy())
    more = due(replace(QUIET, new_examples=fewer + further), Policy())

    assert len(more) >= len(some)


def test_an_impossible_policy_is_refused() -> None:
    """Zero new examples would start an optimisation for ever."""
    with pytest.raises(InputError, match="above 0"):
        Policy(min_new_examples=0)
