"""Monotone curves from a judge's score to the chance that a person approves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ISOTONIC_FROM = 100  # decisions; below it steps would follow single examples
STEPS = 25  # Newton steps; it converges in fewer than ten
RIDGE = 1e-3  # on the slope, so that separable scores do not send it to infinity
KNOTS = np.arange(0.0, 101.0, 4.0)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Chances 0..1 that never fall, at scores 0..100; between them the line is straight."""

    kind: Literal["isotonic", "logistic"]
    scores: tuple[float, ...]
    chances: tuple[float, ...]

    def chance(self, score: float) -> float:
        """The chance that a person approves an example with this score."""
        return float(np.interp(score, self.scores, self.chances))


def fit_curve(scores: Sequence[float], approved: Sequence[bool]) -> Curve:
    """Fit a curve to decisions: isotonic when there are many, logistic when there are few.

    >>> fit_curve([20, 40, 60, 80], [False, False, True, True]).kind
    'logistic'
    """
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(approved, dtype=np.float64)
    return _isotonic(x, y) if len(x) >= ISOTONIC_FROM else _logistic(x, y)


def pool_adjacent_violators(values: Floats, weights: Floats) -> Floats:
    """The non-falling sequence nearest to `values` in weighted squares (Barlow et al., 1972).

    >>> pool_adjacent_violators(np.array([1.0, 3.0, 2.0, 4.0]), np.ones(4)).tolist()
    [1.0, 2.5, 2.5, 4.0]
    """
    means: list[float] = []
    masses: list[float] = []
    lengths: list[int] = []
    for value, weight in zip(values, weights, strict=True):
        mean, mass, length = float(value), float(weight), 1
        while means and means[-1] > mean:
            earlier, earlier_mass = means.pop(), masses.pop()
            mean = (earlier * earlier_mass + mean * mass) / (earlier_mass + mass)
            mass, length = mass + earlier_mass, length + lengths.pop()
        means.append(mean)
        masses.append(mass)
        lengths.append(length)
    return np.repeat(means, lengths)


def _isotonic(scores: Floats, approved: Floats) -> Curve:
    distinct, place = np.unique(scores, return_inverse=True)
    weights = np.bincount(place).astype(np.float64)
    shares = np.bincount(place, weights=approved) / weights
    doubt = 1 / (len(scores) + 2)  # nobody is certain after so many decisions
    fitted = np.clip(pool_adjacent_violators(shares, weights), doubt, 1 - doubt)
    return Curve(kind="isotonic", scores=tuple(distinct.tolist()), chances=tuple(fitted.tolist()))


def _logistic(scores: Floats, approved: Floats) -> Curve:
    """Platt's fit: smoothed targets, so that few decisions never promise certainty."""
    yes, no = approved.sum(), len(approved) - approved.sum()
    targets = np.where(approved > 0, (yes + 1) / (yes + 2), 1 / (no + 2))
    x = (scores - 50) / 25
    design = np.stack([np.ones_like(x), x], axis=1)
    weights = np.zeros(2)
    for _ in range(STEPS):
        chances = _sigmoid(design @ weights)
        gradient = design.T @ (chances - targets) + RIDGE * np.array([0.0, weights[1]])
        spread = (chances * (1 - chances))[:, None]
        hessian = design.T @ (design * spread) + np.diag([1e-9, RIDGE])
        weights -= np.linalg.solve(hessian, gradient)
    if weights[1] < 0:  # a judge that people contradict tells nothing: the mean is all there is
        weights = np.array([np.log((yes + 1) / (no + 1)), 0.0])
    fitted = _sigmoid(weights[0] + weights[1] * (KNOTS - 50) / 25)
    return Curve(kind="logistic", scores=tuple(KNOTS.tolist()), chances=tuple(fitted.tolist()))


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -35, 35))), dtype=np.float64)
