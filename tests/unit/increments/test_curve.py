"""Learning curves: what is fitted, what is forecast, and whether the bounds can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.errors import InputError
from ratchet.increments.curve import Curve, Missing, fit, forecast, what_is_missing
from ratchet.increments.points import CurvePoint
from tests.builders import NOON

SIZES = (30, 50, 80, 120, 180, 260)
TEST_EXAMPLES = 80
SIMULATIONS, DRAWS = 150, 300


def point(size: int, score: float, error: float = 0.03) -> CurvePoint:
    """An evaluation at a size; a larger one came later."""
    return CurvePoint(
        size=size,
        score=score,
        standard_error=error,
        evaluation_id=f"e{size}",
        dataset_version=f"v{size}",
        at=NOON + timedelta(hours=size),
    )


def fitted(points: Sequence[CurvePoint]) -> Curve:
    """The curve of points that are enough for one."""
    curve = fit(points)
    assert isinstance(curve, Curve)
    return curve


def law(size: float, *, limit: float, scale: float, exponent: float) -> float:
    """The score of a known curve."""
    return min(1.0, limit - scale * size**-exponent)


@pytest.mark.parametrize(
    ("limit", "scale", "exponent"),
    [(0.9, 1.5, 0.6), (0.95, 0.9, 0.2), (0.8, 0.0, 1.0), (0.85, 8.0, 1.2), (0.6, 0.6, 0.25)],
    ids=["steep", "slow", "plateau", "fast", "low"],
)
def test_nine_in_ten_intervals_hold_the_truth(limit: float, scale: float, exponent: float) -> None:
    """On known curves, bounds of 90 % hold the true gain and the next measured score.

    With 150 simulations a rate of 0.90 comes out below 0.84 once in a hundred times.
    """
    rng = np.random.default_rng(11)
    error = 0.45 / TEST_EXAMPLES**0.5
    known = {"limit": limit, "scale": scale, "exponent": exponent}
    gains = scores = 0
    for seed in range(SIMULATIONS):
        measured = [law(n, **known) + rng.normal(0.0, error) for n in SIZES]
        points = [point(n, min(1.0, y), error) for n, y in zip(SIZES, measured, strict=True)]
        ahead = forecast(fitted(points), more=200, seed=seed, draws=DRAWS)
        gain = law(SIZES[-1] + 200, **known) - law(SIZES[-1], **known)
        then = min(1.0, law(SIZES[-1] + 200, **known) + rng.normal(0.0, error))
        gains += ahead.gain_lower - 1e-9 <= gain <= ahead.gain_upper + 1e-9
        scores += ahead.score_lower <= then <= ahead.score_upper

    assert gains / SIMULATIONS >= 0.84
    assert scores / SIMULATIONS >= 0.84


def test_a_known_curve_is_found_again() -> None:
    """From points without error the forecast is what the curve will be."""
    known = {"limit": 0.9, "scale": 1.5, "exponent": 0.6}
    curve = fitted([point(n, law(n, **known), 0.005) for n in SIZES])

    ahead = forecast(curve, more=200)

    truth = law(460, **known) - law(260, **known)
    assert ahead.gain == pytest.approx(truth, abs=0.003)
    assert ahead.gain_lower <= truth <= ahead.gain_upper
    assert not curve.is_flat


def test_a_forecast_reads_as_a_sentence() -> None:
    """Points and interval, for a person."""
    curve = fitted([point(n, law(n, limit=0.9, scale=1.5, exponent=0.6)) for n in SIZES])

    sentence = forecast(curve, more=200).sentence

    assert sentence.startswith("200 more examples: +1.5 points, 90 % interval 0.")


def test_scores_that_fall_promise_no_gain() -> None:
    """More data is not forecast to harm; the curve is flat, and the lower bound is 0."""
    curve = fitted([point(n, 0.8 - n / 2000) for n in SIZES])

    ahead = forecast(curve, more=100)

    assert curve.is_flat
    assert (ahead.gain, ahead.gain_lower) == (0.0, 0.0)


def test_one_wild_evaluation_does_not_bend_the_curve() -> None:
    """A point far from the others weighs less than its error says."""
    points = [point(n, law(n, limit=0.9, scale=1.5, exponent=0.6)) for n in SIZES]
    straight = forecast(fitted(points), more=200).score
    points[3] = point(120, 0.30)

    bent = forecast(fitted(points), more=200)

    assert abs(bent.score - straight) < 0.10
    assert fitted(points).points[3].standard_error > 2 * 0.03
    assert bent.score_upper - bent.score_lower > 0.15


@pytest.mark.parametrize(
    ("sizes", "points", "reason"),
    [
        ((), 4, "there are 0: 4 more are needed"),
        ((50, 50, 80, 80), 2, "there are 2: 2 more are needed"),
        ((50, 52, 55, 60), 1, "at 75 examples or more"),
    ],
)
def test_too_few_sizes_are_no_curve(sizes: tuple[int, ...], points: int, reason: str) -> None:
    """Instead of a bold line, what is missing."""
    found = fit([point(size, 0.5) for size in sizes])

    assert isinstance(found, Missing)
    assert found.points == points
    assert reason in found.reason


@given(
    st.lists(st.tuples(st.integers(10, 2000), st.floats(0, 1)), min_size=4, max_size=12),
    st.integers(1, 5000),
)
@settings(max_examples=40, deadline=None)
def test_whatever_was_measured_the_forecast_is_possible(
    measured: list[tuple[int, float]], more: int
) -> None:
    """Scores stay within 0..1, bounds hold their estimate, and gains are no losses."""
    points = [point(size, score) for size, score in measured]
    if what_is_missing(points) is not None:
        return

    ahead = forecast(fitted(points), more=more, draws=200)

    assert 0 <= ahead.gain_lower <= ahead.gain <= ahead.gain_upper <= 1 + 1e-9
    assert 0 <= ahead.score_lower <= ahead.score_upper <= 1
    assert ahead.size_then - ahead.size_now == more


def test_no_examples_more_is_no_forecast() -> None:
    """A mistake in the call is named."""
    curve = fitted([point(n, 0.5) for n in SIZES])

    with pytest.raises(InputError, match="1 or more"):
        forecast(curve, more=0)
