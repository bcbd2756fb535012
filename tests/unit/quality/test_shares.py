"""Requests for missing examples, when fulfilled, bring every share into its band."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.quality.shares import Band, bands, missing_counts

TARGETS = {"easy": 0.3, "medium": 0.5, "hard": 0.2}
ALLOWED = bands(TARGETS, 0.1)


@settings(deadline=None)
@given(st.fixed_dictionaries({key: st.integers(0, 300) for key in TARGETS}), st.integers(0, 30))
def test_a_fulfilled_request_reaches_the_bands(counts: dict[str, int], at_least: int) -> None:
    """Adding what is missing puts every share in its band, at the total asked for."""
    missing = missing_counts(counts, ALLOWED, at_least=at_least)
    after = {key: counts[key] + missing.get(key, 0) for key in counts}
    total = sum(after.values())
    assert total >= at_least
    assert total == 0 or all(ALLOWED[key].holds(after[key], total) for key in after)


@settings(deadline=None)
@given(st.integers(2, 40))
def test_nothing_is_asked_for_when_the_shares_are_right(tens: int) -> None:
    """A set of exactly the target shares needs nothing."""
    counts = {key: round(10 * tens * target) for key, target in TARGETS.items()}
    assert missing_counts(counts, ALLOWED) == {}


def test_bands_that_contradict_each_other_still_give_an_answer() -> None:
    """Shares that can never sum to 1 end the search and ask for the least of each."""
    impossible = {"a": Band(low=0.1, high=0.2), "b": Band(low=0.1, high=0.2)}
    assert missing_counts({"a": 2, "b": 0}, impossible)["b"] >= 1
