"""Dividing a whole number by shares."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ratchet.collect.apportion import apportion


@given(st.integers(0, 500), st.lists(st.floats(0.01, 1.0), min_size=1, max_size=6))
def test_the_parts_add_up_and_none_is_off_by_one_or_more(total: int, shares: list[float]) -> None:
    """Rounding loses and invents nothing."""
    parts = apportion(total, shares)

    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - total * share / sum(shares)) < 1
