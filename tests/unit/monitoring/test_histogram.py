"""Latencies in counted classes."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.monitoring.histogram import (
    EDGES,
    LAST,
    added,
    class_of,
    middle_of,
    percentile,
    percentile_bounds,
)
from tests.monitoring_builders import latencies

MEASURED = st.lists(st.floats(1.0, 3_000_000.0), min_size=1, max_size=60)


@given(MEASURED, st.sampled_from([50, 95, 99]))
def test_a_percentile_is_within_three_percent_of_the_nearest_rank(
    values: list[float], percent: int
) -> None:
    """Whatever the latencies, from a millisecond to most of an hour."""
    found = percentile(Counter(map(class_of, values)), percent)

    exact = sorted(values)[math.ceil(len(values) * percent / 100) - 1]
    assert found == pytest.approx(exact, rel=0.03)


@given(MEASURED, MEASURED)
def test_histograms_add_up(one: list[float], other: list[float]) -> None:
    """The percentiles of two spans together are those of all their latencies."""
    together = added([Counter(map(class_of, one)), Counter(map(class_of, other))])

    assert together == Counter(map(class_of, [*one, *other]))


@given(st.integers(1, LAST - 1))
def test_a_class_holds_its_lower_end_and_not_its_upper(number: int) -> None:
    """So that SQL, which compares with the same edges, counts the same."""
    assert class_of(EDGES[number - 1]) == number
    assert class_of(EDGES[number]) == number + 1
    assert EDGES[number - 1] < middle_of(number) < EDGES[number]


def test_the_interval_of_a_percentile_holds_it_in_most_samples() -> None:
    """95 of 100 samples are promised; 190 of 200 come by the median."""
    truth = math.exp(7.0)
    held = 0
    for seed in range(200):
        counts = Counter(map(class_of, latencies(200, seed=seed)))
        bounds = percentile_bounds(counts, 50, z=1.96)
        assert bounds is not None
        held += bounds[0] <= truth <= bounds[1]

    assert held >= 185


def test_without_latencies_there_is_no_percentile() -> None:
    """Neither a value nor an interval."""
    assert percentile({}, 50) is None
    assert percentile_bounds({}, 50, z=2.0) is None
