"""The reading of a window: how far the candidate is from each limit, and how sure that is.

A window is the current stage, or all stages together. Raw counts of different stages are
never pooled, because their shares differ: differences are taken within a stage, or within each
period of it when its share changed, and averaged.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from ratchet.rollout.evidence import ArmStatistics, Evidence, StageStatistics
from ratchet.rollout.latency_evidence import (
    Difference,
    difference_of_means,
    half_width,
    over_stages,
    widening,
)
from ratchet.rollout.policy import TOLERANCE, RolloutPolicy
from ratchet.rollout.quality_evidence import QualityEvidence

POINTS = 100.0  # a difference of rates in percentage points
LARGEST_LOG = 700.0  # exp() of more overflows


@dataclass(frozen=True, kw_only=True, slots=True)
class Levels:
    """The error budget of each risk in one window."""

    error: float
    latency: float
    quality: float

    @classmethod
    def of_stage(cls, policy: RolloutPolicy) -> Self:
        """The budget of one stage."""
        return cls(
            error=policy.stage_alpha("error"),
            latency=policy.stage_alpha("latency"),
            quality=policy.stage_alpha("quality"),
        )

    @classmethod
    def cumulative(cls, policy: RolloutPolicy) -> Self:
        """The budget of all stages together."""
        return cls(
            error=policy.cumulative_alpha("error"),
            latency=policy.cumulative_alpha("latency"),
            quality=policy.cumulative_alpha("quality"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One window. A difference is None when an arm is missing, a bound when it is unknown.

    Error differences are rates (0.05 is 5 points), latencies milliseconds, e-values natural
    logarithms. `latency_lower` bounds the difference at the window's level. The upper bounds
    stand at the policy's alpha each: to pass the last gate both must lie below their limits,
    so a candidate at a limit passes with probability at most alpha.
    """

    window: str
    levels: Levels
    error_difference: float | None
    error_upper: float | None
    log_e_errors: float
    latency_difference: float | None
    latency_lower: float | None
    latency_upper: float | None
    quality: float | None
    labels: int
    log_e_quality: float

    def breaches(self, policy: RolloutPolicy, *, min_labels: int = 1) -> Iterator[str]:
        """The limits that the point estimates pass, in words; equality passes none."""
        error, latency, quality = self.error_difference, self.latency_difference, self.quality
        if error is not None and _above(error, policy.max_error_difference):
            yield self._error_words(policy)
        if latency is not None and _above(latency, policy.max_latency_difference_ms):
            yield self._latency_words(policy)
        if (
            quality is not None
            and self.labels >= min_labels
            and _above(policy.min_quality, quality)
        ):
            yield self._quality_words(policy)

    def harms(self, policy: RolloutPolicy) -> Iterator[str]:
        """The limits that are passed on evidence, in words with the evidence."""
        error, latency, quality = self.error_difference, self.latency_difference, self.quality
        if error is not None and _above(error, policy.max_error_difference):
            yield from self._proof(self._error_words(policy), self.log_e_errors, self.levels.error)
        if latency is not None and _above(latency, policy.max_latency_difference_ms):
            lower = self.latency_lower
            if lower is not None and lower > 0:
                yield f"{self._latency_words(policy)}, surely more than {lower:.0f} ms"
        if quality is not None and _above(policy.min_quality, quality):
            words = self._quality_words(policy)
            yield from self._proof(words, self.log_e_quality, self.levels.quality)

    def evidence(self) -> dict[str, float | None]:
        """The numbers of this window, for the record of a decision."""
        values = {
            "error_difference": self.error_difference,
            "error_upper": self.error_upper,
            "error_e_value": _e_value(self.log_e_errors),
            "latency_difference_ms": self.latency_difference,
            "latency_lower_ms": self.latency_lower,
            "latency_upper_ms": self.latency_upper,
            "quality": self.quality,
            "quality_labels": float(self.labels),
            "quality_e_value": _e_value(self.log_e_quality),
        }
        return {f"{self.window}_{name}": value for name, value in values.items()}

    def _proof(self, words: str, log_e: float, level: float) -> Iterator[str]:
        if log_e >= -math.log(level) - TOLERANCE:
            yield f"{words}, e-value {_e_value(log_e):.0f} where {1 / level:.0f} is enough"

    def _error_words(self, policy: RolloutPolicy) -> str:
        points = (self.error_difference or 0.0) * POINTS
        limit = policy.max_error_difference * POINTS
        return (
            f"error rate {points:.1f} points above the baseline's (limit {limit:g}, {self.window})"
        )

    def _latency_words(self, policy: RolloutPolicy) -> str:
        limit = policy.max_latency_difference_ms
        return (
            f"mean latency {self.latency_difference:.0f} ms above the baseline's "
            f"(limit {limit:g}, {self.window})"
        )

    def _quality_words(self, policy: RolloutPolicy) -> str:
        return (
            f"mean quality {self.quality:.3f} over {self.labels} labels "
            f"(limit {policy.min_quality:g}, {self.window})"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Readings:
    """Both windows at one moment."""

    stage: Reading
    cumulative: Reading


def read_windows(evidence: Evidence, policy: RolloutPolicy) -> Readings:
    """Read the current stage and all stages together; costs the same whatever the history."""
    keys, period = evidence.latency_keys, evidence.current.periods[-1]
    stage = Window(
        name="stage",
        levels=Levels.of_stage(policy),
        stages=evidence.stages[-1:],
        latency_excess=keys.stage_excess(period),
        latency_freedom=keys.stage_freedom(period),
        log_e_errors=evidence.stage_errors.log_e_value(),
        quality=evidence.current.quality,
    )
    cumulative = Window(
        name="cumulative",
        levels=Levels.cumulative(policy),
        stages=evidence.stages,
        latency_excess=keys.rollout_excess(period),
        latency_freedom=keys.rollout_freedom(period),
        log_e_errors=evidence.errors.log_e_value(),
        quality=evidence.quality,
    )
    return Readings(stage=_read(stage, policy), cumulative=_read(cumulative, policy))


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """What is read together.

    `latency_excess` is what requests of one key add to the variance of the latency, and
    `latency_freedom` how many degrees of freedom that variance has.
    """

    name: str
    levels: Levels
    stages: list[StageStatistics]
    latency_excess: float
    latency_freedom: float
    log_e_errors: float
    quality: QualityEvidence


def _read(window: Window, policy: RolloutPolicy) -> Reading:
    error = over_stages([each for stage in window.stages for each in _error_differences(stage)])
    measured = [_latency_differences(stage) for stage in window.stages]
    latency = over_stages([each for stage in measured for each in stage])
    sure = over_stages(
        [each for stage in measured for each in _settled(stage, policy)],
        excess=window.latency_excess,
    )
    return Reading(
        window=window.name,
        levels=window.levels,
        error_difference=error.value if error else None,
        error_upper=_bound(error, policy.alpha, 1),
        log_e_errors=window.log_e_errors,
        latency_difference=latency.value if latency else None,
        latency_lower=_bound(sure, window.levels.latency, -1, window.latency_freedom),
        latency_upper=_bound(sure, policy.alpha, 1, window.latency_freedom),
        quality=window.quality.mean(),
        labels=window.quality.count,
        log_e_quality=window.quality.log_e_value(),
    )


def _error_differences(stage: StageStatistics) -> Iterator[Difference]:
    """One for each period that has both arms."""
    for period in stage.periods:
        candidate, baseline = period.candidate, period.baseline
        if candidate.requests and baseline.requests:
            value = candidate.error_rate - baseline.error_rate
            variance = _rate_variance(candidate) + _rate_variance(baseline)
            yield Difference(value, variance, candidate.requests, baseline.requests)


def _latency_differences(stage: StageStatistics) -> list[Difference]:
    """One for each period that has both arms."""
    differences = (
        difference_of_means(period.candidate.latency, period.baseline.latency)
        for period in stage.periods
    )
    return [difference for difference in differences if difference]


def _settled(periods: list[Difference], policy: RolloutPolicy) -> list[Difference]:
    """The periods of a stage, once its arms have enough values for asymptotic bounds.

    A period with a single value in an arm has no variance and is left out.
    """
    arms = (sum(each.candidate for each in periods), sum(each.baseline for each in periods))
    if min(arms) < policy.min_per_arm:
        return []
    return [each for each in periods if min(each.candidate, each.baseline) > 1]


def _bound(
    difference: Difference | None, level: float, sign: int, freedom: float = math.inf
) -> float | None:
    if difference is None:
        return None
    width = half_width(difference.variance, difference.requests, level)
    return difference.value + sign * width * widening(freedom, level)


def _rate_variance(arm: ArmStatistics) -> float:
    """Of an error rate, by Laplace's rule, so that no errors do not mean certainty."""
    rate = (arm.errors + 1) / (arm.requests + 2)
    return rate * (1 - rate) / arm.requests


def _above(value: float, limit: float) -> bool:
    """Strictly above, with room for rounding.

    >>> _above(0.3 - 0.25, 0.05), _above(0.0501, 0.05)
    (False, True)
    """
    return value > limit + TOLERANCE


def _e_value(log_e: float) -> float:
    return math.exp(min(log_e, LARGEST_LOG))
