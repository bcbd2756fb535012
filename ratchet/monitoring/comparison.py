"""Recent production beside a reference: how large a change is, and whether it is chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from ratchet.monitoring.histogram import percentile, percentile_bounds
from ratchet.monitoring.slots import Traffic

PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, kw_only=True)
class Change:
    """The difference of recent to reference, with its interval."""

    reference: float
    recent: float
    lower: float
    upper: float

    @property
    def difference(self) -> float:
        return self.recent - self.reference


def z_of(confidence: float) -> float:
    """How many standard errors to each side a two-sided interval takes.

    >>> round(z_of(0.95), 2)
    1.96
    """
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def error_rate_change(recent: Traffic, reference: Traffic, *, confidence: float) -> Change | None:
    """The change of the error rate, with Newcombe's interval from two of Wilson's.

    Source: Newcombe, "Interval estimation for the difference between independent proportions",
    Statistics in Medicine 17, 1998, method 10. None without requests on either side.
    """
    if not recent.requests or not reference.requests:
        return None
    z = z_of(confidence)
    now, before = recent.errors / recent.requests, reference.errors / reference.requests
    now_low, now_high = _wilson(recent.errors, recent.requests, z)
    before_low, before_high = _wilson(reference.errors, reference.requests, z)
    difference = now - before
    return Change(
        reference=before,
        recent=now,
        lower=difference - math.hypot(now - now_low, before_high - before),
        upper=difference + math.hypot(now_high - now, before - before_low),
    )


def quality_change(recent: Traffic, reference: Traffic, *, confidence: float) -> Change | None:
    """The change of the mean quality, with Welch's standard error; None when one is unjudged.

    A variance is that of both together where it is larger: some equal scores are no proof that
    all are equal.
    """
    now, before = recent.mean_quality, reference.mean_quality
    if now is None or before is None:
        return None
    variance = max(recent.quality_variance, reference.quality_variance)
    error = math.sqrt(variance / recent.judged + reference.quality_variance / reference.judged)
    spread = z_of(confidence) * error
    return Change(
        reference=before, recent=now, lower=now - before - spread, upper=now - before + spread
    )


def latency_change(
    recent: Traffic, reference: Traffic, *, percent: float, confidence: float
) -> Change | None:
    """The change of a percentile in milliseconds; the bounds are those of both order statistics.

    None without latencies on either side.
    """
    z = z_of(confidence)
    now, before = percentile(recent.latencies, percent), percentile(reference.latencies, percent)
    ours = percentile_bounds(recent.latencies, percent, z=z)
    theirs = percentile_bounds(reference.latencies, percent, z=z)
    if now is None or before is None or ours is None or theirs is None:
        return None
    return Change(
        reference=before, recent=now, lower=ours[0] - theirs[1], upper=ours[1] - theirs[0]
    )


def _wilson(successes: int, total: int, z: float) -> tuple[float, float]:
    share, square = successes / total, z * z
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = z * math.sqrt(share * (1 - share) / total + square / (4 * total**2))
    half /= 1 + square / total
    return max(0.0, middle - half), min(1.0, middle + half)
