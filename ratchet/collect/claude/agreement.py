"""Agreement: how often the blind second look gave the label that was written, by strategy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A share of `n`, 0..1, with its Wilson bounds; all three are None when n is 0."""

    n: int
    value: float | None
    lower: float | None
    upper: float | None


def wilson_rate(successes: int, n: int, *, confidence: float = CONFIDENCE) -> Rate:
    """The share of successes with its Wilson score interval.

    Unlike the normal interval it stays within 0..1 and has a width at 0 and at n (Wilson,
    "Probable Inference, the Law of Succession, and Statistical Inference", 1927).

    >>> rate = wilson_rate(8, 10)
    >>> rate.value, round(rate.lower, 3), round(rate.upper, 3)
    (0.8, 0.49, 0.943)
    """
    if n == 0:
        return Rate(n=0, value=None, lower=None, upper=None)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Rate(n=n, value=share, lower=max(0.0, middle - spread), upper=min(1.0, middle + spread))


@dataclass(frozen=True, kw_only=True)
class StrategyTally:
    """What became of the orders of one strategy.

    `written` drafts kept the contract and the strategy's own rules, `labelled` of them got a
    usable second label, and `agreed` of those are kept. `mean_agreement` is the mean score,
    0..1, of the kept ones.
    """

    strategy: str
    asked: int
    written: int
    labelled: int
    agreed: int
    mean_agreement: float | None

    @property
    def agreement(self) -> Rate:
        """How often the two labels agreed."""
        return wilson_rate(self.agreed, self.labelled)
