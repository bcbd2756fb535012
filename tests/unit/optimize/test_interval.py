from __future__ import annotations

import numpy as np
import pytest

from ratchet.optimize.interval import (
    Interval,
    chance_of_gain,
    examples_needed,
    mean_interval,
    student_quantile,
)


def test_the_interval_has_the_width_of_students() -> None:
    """On normal values the expanded percentile bootstrap is as wide as Student's interval."""
    values = np.random.default_rng(3).normal(0.1, 0.3, 20)
    half = student_quantile(0.975, 19) * values.std(ddof=1) / np.sqrt(20)

    interval = mean_interval(values, confidence=0.95, seed=1)

    assert interval.upper - interval.lower == pytest.approx(2 * half, rel=0.06)
    assert interval.estimate == pytest.approx(values.mean())


def test_the_interval_follows_the_skew() -> None:
    """A few large gains stretch the upper side, not the lower one."""
    values = np.array([0.0] * 18 + [1.0, 1.0])

    interval = mean_interval(values, confidence=0.95, seed=1)

    assert interval.upper - interval.estimate > interval.estimate - interval.lower
    assert interval.lower == 0.0


def test_a_larger_confidence_widens_the_interval() -> None:
    """99 % is wider than 90 % on the same values and seed."""
    values = np.random.default_rng(3).normal(0, 1, 50)

    narrow = mean_interval(values, confidence=0.90, seed=1)
    wide = mean_interval(values, confidence=0.99, seed=1)

    assert wide.lower < narrow.lower < narrow.upper < wide.upper


def test_resampling_in_chunks_covers_all_resamples() -> None:
    """Many values are resampled in parts; the interval is still that of their mean."""
    values = np.random.default_rng(3).normal(0.2, 1.0, 5_000)

    interval = mean_interval(values, confidence=0.95, seed=1, resamples=1_000)

    assert interval.upper - interval.lower == pytest.approx(3.92 / np.sqrt(5_000), rel=0.15)


def test_sampled_and_exact_chances_agree() -> None:
    """Past 12 differences signs are sampled; the answer is that of the exact test."""
    values = np.array([1.0] * 10 + [-1.0] * 3)  # P(Binomial(13, 1/2) >= 10)

    assert chance_of_gain(values, seed=1) == pytest.approx(0.0461, abs=0.008)


def test_no_difference_is_certainly_chance() -> None:
    """Without a difference there is no evidence at all."""
    assert chance_of_gain(np.zeros(20), seed=1) == 1.0


def test_half_the_effect_needs_four_times_the_examples() -> None:
    """The size of a paired test grows with the square of the effect."""
    large = examples_needed(deviation=0.4, effect=0.10, confidence=0.95)
    small = examples_needed(deviation=0.4, effect=0.05, confidence=0.95)

    assert small == pytest.approx(4 * large, rel=0.02)


@pytest.mark.parametrize(("freedom", "value"), [(5, 2.571), (10, 2.228), (50, 2.009)])
def test_students_quantile_matches_the_table(freedom: int, value: float) -> None:
    """The expansion holds the printed table to 0.003."""
    assert student_quantile(0.975, freedom) == pytest.approx(value, abs=0.003)


def test_an_interval_runs_upwards() -> None:
    """Bounds in the wrong order can not be made into a record."""
    with pytest.raises(ValueError, match="runs upwards"):
        Interval(estimate=0.0, lower=1.0, upper=-1.0, confidence=0.95)
