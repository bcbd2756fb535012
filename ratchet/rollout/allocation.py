"""Adaptive allocation: Thompson sampling of the candidate's share within the stage's band.

Thompson (Biometrika 25, 1933) gives each arm traffic in proportion to the posterior
probability that it is the better one. Drawing from the posterior for every request does that
on average; a share of all keys does it exactly, by hashing, and without a draw the same state
gives the same share. The share of a stage lies above the percent of the stage before and at
most at its own: `floor + probability * (cap - floor)`.

What keeps the evidence valid: a share is set at fixed times, from what came before, and every
share is a period of its own (`stage_statistics`). Errors are bets at the share of their
period, latencies are compared within a period, a key counts in the sample ratio at the share
under which it was first seen. So each rests on an allocation that was known beforehand, as at
a change of stage. Within a stage the share only grows: a key that moved back would meet both
programs and err under one for what the other did to it, and stopping harm is for the rules of
evidence and the breaker, not for a smaller share of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ratchet.rollout.assignment import BUCKETS, buckets_below
from ratchet.rollout.error_evidence import expected_share
from ratchet.rollout.evidence import Evidence
from ratchet.rollout.policy import FULL, Allocation, RolloutPolicy
from ratchet.rollout.quality_evidence import QualityEvidence

PRIOR_SIGMA = 1.0  # of the log ratio of error rates: 95 % of ratios lie in 1/7 to 7
RATIO_NODES = 200  # on each side of equality
RATIO_SPAN = 4.0  # the log ratio is taken from -4 to 4, a factor of 55 either way
QUALITY_NODES = 200  # on each side of the limit
QUALITY_SIGMAS = 10.0

_STEP = RATIO_SPAN / RATIO_NODES
_LOG_RATIOS = tuple((n + 0.5) * _STEP for n in range(-RATIO_NODES, RATIO_NODES))


def first_percent(policy: RolloutPolicy, stage: int, evidence: Evidence) -> float:
    """The share with which a stage begins, in percent, after the `evidence` so far."""
    if policy.allocation is Allocation.FIXED or stage == policy.controlled_stages:
        return policy.stages[stage]
    return share_percent(policy, stage, probability_better(evidence, policy.min_quality))


def share_percent(policy: RolloutPolicy, stage: int, probability: float) -> float:
    """The share of a stage in percent, when the candidate is better with `probability`.

    Whole buckets, at least one above the stage before, so that a share tells its stage.

    >>> policy = RolloutPolicy.standard()
    >>> share_percent(policy, 0, 0.5), share_percent(policy, 1, 1.0), share_percent(policy, 1, 0.0)
    (5.0, 25.0, 10.01)
    """
    cap = buckets_below(policy.stages[stage])
    floor = buckets_below(policy.stages[stage - 1]) if stage else 0
    buckets = floor + round(probability * (cap - floor))
    return max(buckets, floor + 1) * FULL / BUCKETS


def probability_better(evidence: Evidence, min_quality: float) -> float:
    """The posterior probability that the candidate errs less and is good enough.

    The product over the risks: errors against the baseline, and quality against its limit
    once there are labels. One half without any.
    """
    return probability_errs_less(evidence) * probability_good_enough(evidence.quality, min_quality)


def probability_errs_less(evidence: Evidence) -> float:
    """The posterior probability that the candidate's error rate is below the baseline's.

    By midpoint quadrature over the logarithm of the ratio r of the rates, normal with mean 0
    before the data. Of the errors of a period each comes from the candidate with probability
    pi r / (pi r + 1 - pi), pi being its part of the requests (Cox, Biometrika 62, 1975): the
    likelihood of `error_evidence`, so a drift that both arms share does not enter, and periods
    multiply. A beta posterior on the success of each arm, the textbook choice, would pool
    periods of different shares (Simpson's paradox), and with flat priors it prefers the arm
    with more requests: of 30 and 500 requests without an error, 94 to 6.
    """
    periods = [
        (
            period.candidate.errors,
            period.candidate.errors + period.baseline.errors,
            expected_share(period.candidate.requests, period.baseline.requests, period.share),
        )
        for period in evidence.periods
        if period.share < 1.0
    ]
    seen = [period for period in periods if period[1]]

    def log_density(log_ratio: float) -> float:
        ratio = math.exp(log_ratio)
        likelihood = (
            ours * log_ratio - all_ * math.log(share * ratio + 1.0 - share)
            for ours, all_, share in seen
        )
        return sum(likelihood) - 0.5 * (log_ratio / PRIOR_SIGMA) ** 2

    below, above = _LOG_RATIOS[:RATIO_NODES], _LOG_RATIOS[RATIO_NODES:]
    return _part_below(log_density, below, above, _STEP, _STEP)


def probability_good_enough(quality: QualityEvidence, limit: float) -> float:
    """The posterior probability that the mean quality reaches `limit`; 1 without labels.

    Beta(1 + total, 1 + count - total), from a flat prior with each label taken as that part
    of a success (Agrawal and Goyal, COLT 2012, section 1.3: rewards in 0..1), by midpoint
    quadrature on both sides of the limit.

    >>> good = QualityEvidence(count=200, total=160.0)
    >>> 0.998 < probability_good_enough(good, 0.7) < 1.0
    True
    """
    if not quality.count:
        return 1.0
    a, b = 1.0 + quality.total, 1.0 + max(quality.count - quality.total, 0.0)
    mean = a / (a + b)
    reach = QUALITY_SIGMAS * math.sqrt(mean * (1.0 - mean) / (a + b + 1.0))
    low, high = max(0.0, mean - reach), min(1.0, mean + reach)
    if not low < limit < high:
        return float(limit <= low)
    (below, narrow), (above, wide) = _nodes(low, limit), _nodes(limit, high)
    return 1.0 - _part_below(
        lambda x: (a - 1.0) * math.log(x) + (b - 1.0) * math.log1p(-x), below, above, narrow, wide
    )


def _nodes(low: float, high: float) -> tuple[tuple[float, ...], float]:
    step = (high - low) / QUALITY_NODES
    return tuple(low + (n + 0.5) * step for n in range(QUALITY_NODES)), step


def _part_below(
    log_density: Callable[[float], float],
    below: tuple[float, ...],
    above: tuple[float, ...],
    below_step: float,
    above_step: float,
) -> float:
    """The part of the mass on the nodes `below`, without overflow."""
    lower, upper = [log_density(node) for node in below], [log_density(node) for node in above]
    top = max(*lower, *upper)
    left = below_step * math.fsum(math.exp(log - top) for log in lower)
    right = above_step * math.fsum(math.exp(log - top) for log in upper)
    return left / (left + right)
