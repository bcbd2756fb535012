"""The learning curve: a power law through scores by data size, and what it says of more data.

score(n) = a - b * n^-c with b >= 0, cut at 1: the form that learning curves of most models
take (Hestness et al., "Deep Learning Scaling is Predictable, Empirically", 2017). `a` may be
above 1, or slow curves would be forecast too low: measured in tests/unit/increments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ratchet.errors import InputError
from ratchet.increments.points import CurvePoint

Floats = npt.NDArray[np.float64]

EXPONENTS: Floats = np.geomspace(0.1, 2.0, 24)
LEAST_SIZES = 4
"""Different sizes; a curve of three parameters goes through any three points."""
LEAST_SPREAD = 1.5
"""Largest size over smallest; below it a curve is all extrapolation."""
OUTLIER = 2.0  # standard errors from the first fit, from which a point weighs less
CONFIDENCE = 0.90
DRAWS = 2000


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Why there is no curve yet; `points` more evaluations at other sizes are needed at least."""

    points: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A fitted curve.

    `spread` is by how much the points scatter more than their standard errors say, 1 or more;
    `is_flat` says that the best fit knows no gain from more data.
    """

    points: tuple[CurvePoint, ...]
    limit: float
    scale: float
    exponent: float
    spread: float

    @property
    def is_flat(self) -> bool:
        return self.scale <= 0

    @property
    def largest(self) -> int:
        """The largest size that was evaluated."""
        return max(point.size for point in self.points)

    def score(self, size: float) -> float:
        """The fitted score at a size, 0..1."""
        return min(1.0, float(self.limit - self.scale * size**-self.exponent))


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What more examples will bring, at `confidence`.

    `gain` is the rise of the curve in score (0.021 is 2.1 points) with its bounds; `score` is
    what an evaluation at `size_then` would measure, with bounds that hold its own luck too.
    """

    size_now: int
    size_then: int
    gain: float
    gain_lower: float
    gain_upper: float
    score: float
    score_lower: float
    score_upper: float
    confidence: float = CONFIDENCE

    @property
    def sentence(self) -> str:
        """In words: `200 more examples: +2.1 points, 90 % interval 0.3 to 3.6`."""
        return (
            f"{self.size_then - self.size_now} more examples: {self.gain * 100:+.1f} points, "
            f"{self.confidence:.0%} interval {self.gain_lower * 100:.1f} to "
            f"{self.gain_upper * 100:.1f}"
        ).replace("%", " %")


@dataclass(frozen=True, kw_only=True)
class _Fits:
    """Fits of many sets of scores (rows) for every exponent (columns), with their misfit."""

    limits: Floats
    scales: Floats
    misfits: Floats


def fit(points: Sequence[CurvePoint]) -> Curve | Missing:
    """Fit a curve by weighted least squares; points far from it weigh less in a second pass."""
    missing = what_is_missing(points)
    if missing is not None:
        return missing
    sizes, scores, errors = _arrays(points)
    first = _best(sizes, scores, errors)
    distance = np.abs(scores - _values(first, sizes)) / errors
    robust = errors * np.sqrt(np.maximum(1.0, distance / OUTLIER))
    best = _best(sizes, scores, robust)
    weighed = (scores - _values(best, sizes)) / robust
    free = max(1, len(points) - 3)
    # As if two more residuals of size 1 had been seen, so that few points claim no precision.
    spread = float(np.sqrt(max(1.0, (np.sum(weighed**2) + 2) / (free + 2))))
    kept = tuple(
        replace(point, standard_error=float(error))
        for point, error in zip(points, robust, strict=True)
    )
    return replace(best, points=kept, spread=spread)


def forecast(
    curve: Curve, *, more: int, seed: int = 1, test_error: float | None = None, draws: int = DRAWS
) -> Forecast:
    """Forecast the gain of `more` examples beyond the largest size that was evaluated.

    The interval is a parametric bootstrap: scores are drawn anew around the curve with the
    errors of the points, refitted, and of each refit an exponent is drawn by its likelihood,
    because few points say little about the exponent. `test_error` is the standard error that
    the next evaluation will have; that of the newest point without it.

    Raises:
        InputError: `more` is below 1.
    """
    if more < 1:
        raise InputError(f"{more} more examples can not be forecast; ask for 1 or more.")
    now, then = curve.largest, curve.largest + more
    drawn = _drawn(curve, np.random.default_rng(seed), draws)
    rng = np.random.default_rng(seed + 1)
    at_now, at_then = (drawn.at(size) for size in (now, then))
    luck = test_error or curve.points[-1].standard_error
    measured = at_then + rng.normal(0.0, luck * curve.spread, draws)
    gain = curve.score(then) - curve.score(now)
    score = curve.score(then)
    gain_lower, gain_upper = _bounds(at_then - at_now, gain)
    score_lower, score_upper = _bounds(measured, score)
    return Forecast(
        size_now=now,
        size_then=then,
        gain=gain,
        gain_lower=gain_lower,
        gain_upper=gain_upper,
        score=score,
        score_lower=max(0.0, score_lower),
        score_upper=min(1.0, score_upper),
    )


def band(curve: Curve, sizes: Floats, *, seed: int = 1, draws: int = DRAWS) -> tuple[Floats, ...]:
    """The lower and the upper bound of the curve itself at each size, for a picture."""
    drawn = _drawn(curve, np.random.default_rng(seed), draws)
    values = np.stack([drawn.at(float(size)) for size in sizes], axis=1)
    tail = (1 - CONFIDENCE) / 2
    return tuple(np.quantile(values, [tail, 1 - tail], axis=0))


def what_is_missing(points: Sequence[CurvePoint]) -> Missing | None:
    """What a curve still needs; None when there is enough."""
    sizes = sorted({point.size for point in points})
    if len(sizes) < LEAST_SIZES:
        lacking = LEAST_SIZES - len(sizes)
        return Missing(
            points=lacking,
            reason=(
                f"A curve needs evaluations at {LEAST_SIZES} different sizes; there are "
                f"{len(sizes)}: {lacking} more are needed."
            ),
        )
    if sizes[-1] < LEAST_SPREAD * sizes[0]:
        wanted = int(np.ceil(LEAST_SPREAD * sizes[0]))
        return Missing(
            points=1,
            reason=(
                f"The sizes, {sizes[0]} to {sizes[-1]}, are too close together; an evaluation "
                f"at {wanted} examples or more is needed."
            ),
        )
    return None


@dataclass(frozen=True, kw_only=True)
class _Drawn:
    """Parameters of curves that could have been, one a row."""

    limits: Floats
    scales: Floats
    exponents: Floats

    def at(self, size: float) -> Floats:
        """The score of each at a size."""
        return np.minimum(1.0, self.limits - self.scales * np.power(float(size), -self.exponents))


def _drawn(curve: Curve, rng: np.random.Generator, draws: int) -> _Drawn:
    sizes, _, errors = _arrays(curve.points)
    errors = errors * curve.spread
    scores = _values(curve, sizes) + rng.normal(0.0, 1.0, (draws, len(sizes))) * errors
    fits = _fit_all(sizes, scores, errors)
    odds = np.exp(-0.5 * (fits.misfits - fits.misfits.min(axis=1, keepdims=True)))
    heights = np.cumsum(odds, axis=1)
    picks = (heights < rng.random((draws, 1)) * heights[:, -1:]).sum(axis=1)
    rows = np.arange(draws)
    return _Drawn(
        limits=fits.limits[rows, picks],
        scales=fits.scales[rows, picks],
        exponents=EXPONENTS[picks],
    )


def _best(sizes: Floats, scores: Floats, errors: Floats) -> Curve:
    fits = _fit_all(sizes, scores[None, :], errors)
    place = int(np.argmin(fits.misfits[0]))
    return Curve(
        points=(),
        limit=float(fits.limits[0, place]),
        scale=float(fits.scales[0, place]),
        exponent=float(EXPONENTS[place]),
        spread=1.0,
    )


def _fit_all(sizes: Floats, scores: Floats, errors: Floats) -> _Fits:
    """Fit each row of `scores` (shape (rows, points)) for every exponent, in closed form.

    A slope that would fall is 0.
    """
    weights = 1.0 / errors**2
    shapes = -np.power(sizes[None, :], -EXPONENTS[:, None])  # (exponents, points), rising
    total = weights.sum()
    mean_shape = shapes @ weights / total
    mean_score = scores @ weights / total
    centred = shapes - mean_shape[:, None]
    steep = (centred**2) @ weights
    scales = np.maximum(0.0, (scores * weights) @ centred.T / steep)
    limits = mean_score[:, None] - scales * mean_shape[None, :]
    fitted = limits[:, :, None] + scales[:, :, None] * shapes[None, :, :]
    misfits = ((scores[:, None, :] - fitted) ** 2) @ weights
    return _Fits(limits=limits, scales=scales, misfits=misfits)


def _bounds(values: Floats, estimate: float) -> tuple[float, float]:
    tail = (1 - CONFIDENCE) / 2
    lower, upper = (float(bound) for bound in np.quantile(values, [tail, 1 - tail]))
    return min(lower, estimate), max(upper, estimate)


def _values(curve: Curve, sizes: Floats) -> Floats:
    values = curve.limit - curve.scale * np.power(sizes, -curve.exponent)
    return np.asarray(np.minimum(1.0, values))


def _arrays(points: Sequence[CurvePoint]) -> tuple[Floats, Floats, Floats]:
    return (
        np.array([point.size for point in points], dtype=np.float64),
        np.array([point.score for point in points], dtype=np.float64),
        np.array([point.standard_error for point in points], dtype=np.float64),
    )
