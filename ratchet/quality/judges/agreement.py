"""How far a judge and people agree: share with bounds, kappa with bounds, ranking, table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 2_000

Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Bounded:
    """An estimate with its lower and upper bound at 95 % confidence."""

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """What the judge would have done with what people approved and rejected."""

    taken_approved: int
    taken_rejected: int
    refused_approved: int
    refused_rejected: int

    @property
    def agreeing(self) -> int:
        """The decisions in which both say the same."""
        return self.taken_approved + self.refused_rejected

    @property
    def total(self) -> int:
        """All decisions."""
        return self.agreeing + self.taken_rejected + self.refused_approved


def confusion_of(taken: Sequence[bool], approved: Sequence[bool]) -> Confusion:
    """Count the four cases of a judge's and a person's decision."""
    pairs = list(zip(taken, approved, strict=True))
    return Confusion(
        taken_approved=pairs.count((True, True)),
        taken_rejected=pairs.count((True, False)),
        refused_approved=pairs.count((False, True)),
        refused_rejected=pairs.count((False, False)),
    )


def wilson(successes: int, count: int) -> Bounded:
    """A share with its Wilson score interval, which has a width at 0 and at 1 too (1927).

    >>> found = wilson(8, 10)
    >>> round(found.lower, 3), round(found.upper, 3)
    (0.49, 0.943)
    """
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    share = successes / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    spread = math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    spread *= z / (1 + z * z / count)
    return Bounded(estimate=share, lower=max(0.0, middle - spread), upper=min(1.0, middle + spread))


def kappa(taken: Sequence[bool], approved: Sequence[bool]) -> float:
    """Cohen's kappa (1960): agreement beyond what the shares of yes give by chance, up to 1.

    Two that always say the same one thing agree no more than by chance: 0.

    >>> kappa([True, True, False, False], [True, True, False, True])
    0.5
    """
    return float(_kappas(np.asarray([taken], dtype=bool), np.asarray([approved], dtype=bool))[0])


def kappa_interval(taken: Sequence[bool], approved: Sequence[bool], *, seed: int) -> Bounded:
    """Kappa with a percentile bootstrap interval over the decisions."""
    left, right = np.asarray(taken, dtype=bool), np.asarray(approved, dtype=bool)
    drawn = np.random.default_rng(seed).integers(0, len(left), size=(RESAMPLES, len(left)))
    tail = (1 - CONFIDENCE) / 2
    lower, upper = np.quantile(_kappas(left[drawn], right[drawn]), [tail, 1 - tail])
    estimate = kappa(taken, approved)
    return Bounded(
        estimate=estimate, lower=min(float(lower), estimate), upper=max(float(upper), estimate)
    )


def area_under_curve(scores: Sequence[float], approved: Sequence[bool]) -> float:
    """The chance that an approved example has the higher score of two; ties count half.

    >>> area_under_curve([90, 60, 60, 20], [True, True, False, False])
    0.875
    """
    values, yes = np.asarray(scores, dtype=np.float64), np.asarray(approved, dtype=bool)
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    wins = ranks[yes].sum() - yes.sum() * (yes.sum() + 1) / 2
    return float(wins / (yes.sum() * (~yes).sum()))


def best_threshold(scores: Sequence[float], approved: Sequence[bool]) -> float:
    """The score from which to take examples so that both kinds are told apart best.

    Best is the highest balanced accuracy; of equals the one in the middle. It lies halfway
    between two scores that occur.

    >>> best_threshold([90, 80, 40, 30], [True, True, False, False])
    60.0
    """
    values, yes = np.asarray(scores, dtype=np.float64), np.asarray(approved, dtype=bool)
    distinct = np.unique(values)
    cuts = np.concatenate([[distinct[0]], (distinct[:-1] + distinct[1:]) / 2])
    taken = values[None, :] >= cuts[:, None]
    balance = taken[:, yes].mean(axis=1) + (~taken[:, ~yes]).mean(axis=1)
    best = np.flatnonzero(balance >= balance.max() - 1e-12)
    return float(cuts[best[len(best) // 2]])


def _kappas(taken: Flags, approved: Flags) -> NDArray[np.float64]:
    """Kappa of each row; shapes (rows, decisions)."""
    agreed = (taken == approved).mean(axis=1)
    yes, real = taken.mean(axis=1), approved.mean(axis=1)
    chance = yes * real + (1 - yes) * (1 - real)
    beyond = np.where(chance < 1, 1 - chance, 1.0)
    return np.asarray(np.where(chance < 1, (agreed - chance) / beyond, 0.0), dtype=np.float64)
