"""The policy of a rollout: its stages, limits and error budget, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any, Self

from ratchet.errors import ConfigurationError
from ratchet.rollout.assignment import buckets_below

FULL = 100.0  # percent
TOLERANCE = 1e-9  # a difference this close to its limit lies on the limit, not beyond it
REALLOCATIONS = 4  # in the minimum duration of a stage, under adaptive allocation
ALPHA_SHARES = {"error": 0.4, "latency": 0.4, "quality": 0.2}


class Mode(StrEnum):
    """How the limits are judged."""

    GUARDED = "guarded"  # by evidence that may be looked at any time
    EXACT = "exact"  # the plain rule, once, at the gate


class Allocation(StrEnum):
    """How the candidate's share moves within a stage."""

    FIXED = "fixed"  # the stage's percent, from its beginning
    THOMPSON = "thompson"  # up to it, as it grows likely that the candidate is better


class OnDeadline(StrEnum):
    """What a stage does that reaches its deadline undecided."""

    DECIDE = "decide"  # the plain rule once: roll back, or pause and ask
    PAUSE = "pause"  # pause and ask, whatever the plain rule says


@dataclass(frozen=True, kw_only=True)
class RolloutPolicy:
    """When a rollout advances, rolls back or asks; frozen for the life of an experiment.

    `stages` are shares of traffic in percent, growing, the last 100. A stage lasts at least
    `min_minutes` and needs `min_requests` in both arms together; guarded mode also asks for
    `min_per_arm` and `min_labels` (quality labels of the candidate), exact mode for
    `min_candidate_requests`. The limits are absolute and strict: an error rate more than
    `max_error_difference` above the baseline's (0.05 is 5 points), a mean latency more than
    `max_latency_difference_ms` above it, a mean quality below `min_quality` (0..1).

    `alpha` bounds the chance to roll back, by evidence, a candidate that is not worse; the
    watch at 100 % judges quality once more and adds one more stage's part of it. A stage that
    is undecided after `deadline_factor` times its duration follows `on_deadline`; `pause` is
    the choice for less than about 500 requests an hour, where the plain rule is a guess.
    `watch_minutes` is how long the rollout is watched at 100 %; 0 completes it at once, None
    means `min_minutes` in guarded mode and 0 in exact mode. Latencies are clipped at
    `client_timeout_ms`. A baseline of whose last 20 requests more than
    `max_baseline_error_rate` failed, and a sample-ratio e-value of `sample_ratio_limit`,
    hold the rollout.

    `allocation` thompson lets the share of a stage grow from just above the percent of the
    stage before up to its own, see `allocation`; it needs guarded mode.

    Raises:
        ConfigurationError: a value is out of range.
    """

    name: str = "standard"
    stages: tuple[float, ...] = (10.0, 25.0, 50.0, 75.0, 100.0)
    min_minutes: float = 60.0
    min_requests: int = 100
    min_per_arm: int = 30
    min_candidate_requests: int = 10
    min_labels: int = 20
    max_error_difference: float = 0.05
    max_latency_difference_ms: float = 500.0
    min_quality: float = 0.70
    alpha: float = 0.05
    mode: Mode = Mode.GUARDED
    on_deadline: OnDeadline = OnDeadline.DECIDE
    allocation: Allocation = Allocation.FIXED
    deadline_factor: float = 4.0
    watch_minutes: float | None = None
    client_timeout_ms: float = 60_000.0
    max_baseline_error_rate: float = 0.5
    sample_ratio_limit: float = 1_000.0

    def __post_init__(self) -> None:
        stages = tuple(float(percent) for percent in self.stages)
        object.__setattr__(self, "stages", stages)
        object.__setattr__(self, "mode", _choice(Mode, self.mode, "mode"))
        object.__setattr__(
            self, "on_deadline", _choice(OnDeadline, self.on_deadline, "on_deadline")
        )
        object.__setattr__(self, "allocation", _choice(Allocation, self.allocation, "allocation"))
        if self.watch_minutes is None:
            watch = self.min_minutes if self.mode is Mode.GUARDED else 0.0
            object.__setattr__(self, "watch_minutes", watch)
        _refuse_bad_stages(stages)
        _refuse_bad_numbers(self)
        if self.mode is Mode.EXACT and self.allocation is not Allocation.FIXED:
            raise ConfigurationError(
                f"The policy's allocation is {self.allocation.value} in exact mode, which compares "
                "plain counts of a whole stage; use allocation fixed or mode guarded."
            )

    @classmethod
    def standard(cls, **changes: Any) -> Self:
        """10, 25, 50, 75 and 100 %, at least 60 minutes and 100 requests each.

        >>> RolloutPolicy.standard(mode="exact").stages
        (10.0, 25.0, 50.0, 75.0, 100.0)
        """
        return cls(**changes)

    @classmethod
    def daily(cls, **changes: Any) -> Self:
        """10, 50 and 100 %, at least 24 hours each.

        >>> RolloutPolicy.daily().min_minutes
        1440.0
        """
        preset = {"name": "daily", "stages": (10.0, 50.0, 100.0), "min_minutes": 1_440.0}
        return cls(**{**preset, **changes})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read a policy from a mapping, such as a file: a `preset` and what differs from it.

        >>> RolloutPolicy.from_json({"preset": "daily", "min_labels": 50}).stages
        (10.0, 50.0, 100.0)

        Raises:
            ConfigurationError: an unknown preset or field, or a value out of range.
        """
        values = dict(document)
        preset = values.pop("preset", "standard")
        if preset not in ("standard", "daily"):
            raise ConfigurationError(f"The policy preset is {preset!r}; use standard or daily.")
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ConfigurationError(
                f"A rollout policy has no {', '.join(unknown)}; it has {', '.join(sorted(known))}."
            )
        try:
            return cls.daily(**values) if preset == "daily" else cls.standard(**values)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(
                f"A value of the policy has the wrong type: {error}"
            ) from error

    def to_json(self) -> dict[str, Any]:
        """The policy as JSON values; `from_json` reads it back."""
        return {**asdict(self), "stages": list(self.stages)}

    def changed(self, **changes: Any) -> Self:
        """This policy with other values; a running rollout keeps the one it started with."""
        return replace(self, **changes)

    @property
    def controlled_stages(self) -> int:
        """The number of stages with a concurrent baseline, that is below 100 %."""
        return len(self.stages) - 1

    def stage_minutes(self, stage: int) -> float:
        """How long a stage lasts at least; the last one is the watch at 100 %."""
        is_watch = stage == self.controlled_stages
        return (self.watch_minutes or 0.0) if is_watch else self.min_minutes

    def deadline_minutes(self, stage: int) -> float:
        """How long a stage may stay undecided."""
        return self.deadline_factor * self.stage_minutes(stage)

    @property
    def reallocation_minutes(self) -> float:
        """How long a share lasts at least under adaptive allocation."""
        return self.min_minutes / REALLOCATIONS

    def cumulative_alpha(self, risk: str) -> float:
        """The error budget of a risk (error, latency, quality) over all stages together.

        >>> round(1 / RolloutPolicy.standard().cumulative_alpha("error"), 6)
        100.0
        """
        return self.alpha * ALPHA_SHARES[risk] / 2

    def stage_alpha(self, risk: str) -> float:
        """The error budget of a risk in one stage: the other half, split over the stages.

        >>> round(1 / RolloutPolicy.standard().stage_alpha("quality"), 6)
        800.0
        """
        return self.cumulative_alpha(risk) / self.controlled_stages


def _choice(kind: type[StrEnum], value: str, name: str) -> StrEnum:
    try:
        return kind(value)
    except ValueError as error:
        words = ", ".join(kind)
        raise ConfigurationError(
            f"The policy's {name} is {value!r}; use one of {words}."
        ) from error


def _refuse_bad_stages(stages: tuple[float, ...]) -> None:
    grows = all(a < b for a, b in pairwise(stages))
    if len(stages) < 2 or not grows or stages[0] <= 0 or stages[-1] != FULL:
        raise ConfigurationError(
            f"The stages are {stages}; use growing percents above 0, at least two, the last 100."
        )
    if any(abs(percent - buckets_below(percent) / 100) > TOLERANCE for percent in stages):
        raise ConfigurationError(f"The stages {stages} have more than two decimals of a percent.")


def _refuse_bad_numbers(policy: RolloutPolicy) -> None:
    ranges: dict[str, tuple[float, float]] = {
        "min_minutes": (0, math.inf),
        "min_requests": (1, math.inf),
        "min_per_arm": (2, math.inf),
        "min_candidate_requests": (1, math.inf),
        "min_labels": (1, math.inf),  # missing labels are never a pass
        "max_error_difference": (0, 1),
        "max_latency_difference_ms": (0, math.inf),
        "min_quality": (0, 0.999),
        "alpha": (1e-12, 0.5),
        "deadline_factor": (1, math.inf),
        "watch_minutes": (0, math.inf),
        "client_timeout_ms": (1, 1e12),
        "max_baseline_error_rate": (0, 1),
        "sample_ratio_limit": (1, math.inf),
    }
    for name, (low, high) in ranges.items():
        value = getattr(policy, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            raise ConfigurationError(f"The policy's {name} is {value!r}; it must be a number.")
        if not low <= value <= high:
            raise ConfigurationError(f"The policy's {name} is {value}; use {low} to {high}.")
