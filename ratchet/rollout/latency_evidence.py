"""Evidence that the candidate is slower: an asymptotic confidence sequence for a difference.

Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and
asymptotic confidence sequences", Annals of Statistics 52 (2024), proposition 2.2 in its
one-sided form: the interval may be read after every request and still holds at level a.

Requests of one key are not independent: what they share widens the variance, see
`latency_keys`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

TUNED_REQUESTS = 500.0  # the sample size at which the interval is narrowest


@dataclass(slots=True)
class Moments:
    """Count, mean and sum of squared deviations, updated one value at a time (Welford 1962)."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        self.count += 1
        step = value - self.mean
        self.mean += step / self.count
        self.squares += step * (value - self.mean)

    def variance_of_mean(self) -> float:
        """The sample variance over the count; 0 when there are fewer than two values."""
        if self.count < 2:
            return 0.0
        return self.squares / (self.count - 1) / self.count

    def merged(self, other: Moments) -> Moments:
        """The moments of both lists of values together (Chan, Golub and LeVeque 1979)."""
        count = self.count + other.count
        if not count:
            return Moments()
        step = other.mean - self.mean
        part = other.count / count
        return Moments(
            count=count,
            mean=self.mean + step * part,
            squares=self.squares + other.squares + step * step * self.count * part,
        )

    def copy(self) -> Moments:
        return Moments(count=self.count, mean=self.mean, squares=self.squares)


@dataclass(frozen=True, slots=True)
class Difference:
    """Candidate minus baseline, its variance, and the requests of each arm behind it."""

    value: float
    variance: float
    candidate: int
    baseline: int

    @property
    def requests(self) -> int:
        return self.candidate + self.baseline


def difference_of_means(candidate: Moments, baseline: Moments) -> Difference | None:
    """The difference of two means, or None when an arm has no values."""
    if not candidate.count or not baseline.count:
        return None
    value = candidate.mean - baseline.mean
    variance = candidate.variance_of_mean() + baseline.variance_of_mean()
    return Difference(value, variance, candidate.count, baseline.count)


def over_stages(stages: Sequence[Difference], *, excess: float = 0.0) -> Difference | None:
    """The mean of the stages' differences, by the weights n_c * n_b / (n_c + n_b).

    Raw counts are never pooled. Pooling would compare times of day: the share of the
    candidate grows from stage to stage, so a ramp that both arms share would look like an
    effect (Simpson's paradox).

    `excess` is what requests of one key add to the variance of the weighted sum
    (`latency_keys`); below 0 it counts as 0, so the interval is never narrower than that of
    independent requests.

    >>> over_stages([Difference(1.0, 0.5, 10, 10), Difference(3.0, 0.5, 10, 10)])
    Difference(value=2.0, variance=0.25, candidate=20, baseline=20)
    """
    if not stages:
        return None
    if len(stages) == 1 and excess <= 0.0:
        return stages[0]
    total = value = 0.0
    variance = max(excess, 0.0)
    candidate = baseline = 0
    for stage in stages:
        weight = stage.candidate * stage.baseline / stage.requests
        total += weight
        value += weight * stage.value
        variance += weight * weight * stage.variance
        candidate += stage.candidate
        baseline += stage.baseline
    return Difference(value / total, variance / total**2, candidate, baseline)


def half_width(variance: float, requests: int, level: float) -> float:
    """The half width of the confidence sequence, in the units of the values.

    `variance` is that of the difference, `requests` those of both arms, `level` the one-sided
    error probability a over all times.

    >>> round(half_width(10_000.0, 500, 0.01) / 100.0, 3)
    3.355
    """
    log_level = -2.0 * math.log(2.0 * level)
    scale = (log_level + math.log(log_level + 1.0)) / TUNED_REQUESTS
    grown = requests * scale + 1.0
    boundary = 2.0 * grown / (requests**2 * scale) * math.log1p(math.sqrt(grown) / (2.0 * level))
    return math.sqrt(variance * requests) * math.sqrt(boundary)


def widening(freedom: float, level: float) -> float:
    """By how much Student's t is wider than the normal distribution at a one-sided level.

    The quantile of t by its expansion in 1 / freedom (Abramowitz and Stegun, 26.7.5), which
    is within 8 % from 2 degrees of freedom on; fewer than 1 count as 1.

    >>> round(widening(10.0, 0.01), 3), widening(math.inf, 0.01)
    (1.188, 1.0)
    """
    if math.isinf(freedom):
        return 1.0
    z = NormalDist().inv_cdf(1.0 - level)
    nu = max(freedom, 1.0)
    terms = (
        (z**3 + z) / (4.0 * nu),
        (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / (96.0 * nu**2),
        (3.0 * z**7 + 19.0 * z**5 + 17.0 * z**3 - 15.0 * z) / (384.0 * nu**3),
    )
    return 1.0 + sum(terms) / z
