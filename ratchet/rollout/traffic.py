"""Simulated traffic: requests of both variants with the errors, latencies and labels one asks for.

Drawn by the chunk with numpy; nothing here knows the rules of a rollout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
import numpy.typing as npt

from ratchet.errors import ConfigurationError
from ratchet.rollout.assignment import BUCKETS, bucket_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CHUNK_MINUTES = 60
USER_ERROR_CONCENTRATION = 2.0  # of the beta that users' error rates come from: most near 0
USER_ACTIVITY_SIGMA = 1.0  # lognormal: the busiest of 100 sends about a tenth of the traffic
USER_LATENCY_SIGMA = 0.3  # lognormal: users with slow requests and users with quick ones

Rates = tuple[float, float]  # error rate of the baseline, of the candidate


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What production is assumed to be like.

    Error rates and qualities are 0..1. Latencies are lognormal with a median in milliseconds
    and a log standard deviation; the candidate's are `latency_effect_ms` longer. Qualities
    are beta with the given mean and standard deviation; `label_share` of the candidate's
    requests get a label. Each request is its own key, or belongs to one of `users` with
    activity, error rate and speed of their own, the hardest case for the statistics.
    `error_rates`, if given, replaces the error rates by a function of (minute, stage).

    Raises:
        ConfigurationError: a value is out of range.
    """

    requests_per_hour: float = 500.0
    error_rate: float = 0.05
    error_effect: float = 0.0
    latency_median_ms: float = 2_000.0
    latency_sigma: float = 0.8
    latency_effect_ms: float = 0.0
    quality: float = 0.80
    quality_sd: float = 0.15
    label_share: float = 1.0
    users: int | None = None
    error_rates: Callable[[float, int], Rates] | None = None

    def __post_init__(self) -> None:
        shares = (self.error_rate, self.error_rate + self.error_effect, self.label_share)
        if not all(0 <= share <= 1 for share in shares):
            raise ConfigurationError(f"Error rates and label share are {shares}; use 0 to 1.")
        if self.requests_per_hour < 0 or self.latency_median_ms <= 0 or self.latency_sigma < 0:
            raise ConfigurationError("Requests an hour and latencies must be positive.")
        if not 0 < self.quality < 1 or not 0 < self.quality_sd**2 < self.quality * (
            1 - self.quality
        ):
            raise ConfigurationError(
                f"No quality in 0..1 has mean {self.quality} and deviation {self.quality_sd}."
            )
        if self.users is not None and self.users < 1:
            raise ConfigurationError(f"There are {self.users} users; use 1 or more, or none.")

    def rates(self, minute: float, stage: int) -> Rates:
        """The error rates of baseline and candidate at a moment."""
        if self.error_rates is not None:
            return self.error_rates(minute, stage)
        return self.error_rate, self.error_rate + self.error_effect


@dataclass(frozen=True, slots=True)
class Request:
    """One request before its variant is known: draws that the variant turns into an outcome.

    `error_draw` below the error rate times `error_factor` is an error. `quality` is None
    without a label.
    """

    key: int
    bucket: int
    error_draw: float
    error_factor: float
    latency_ms: float
    quality: float | None


def minutes_of(traffic: Traffic, *, salt: str, rng: np.random.Generator) -> Iterator[list[Request]]:
    """The requests of minute after minute, for ever."""
    users = _Users.draw(traffic, salt, rng)
    for first_key in count(0, 1_000_000):
        counts = rng.poisson(traffic.requests_per_hour / 60, CHUNK_MINUTES)
        requests = _requests(traffic, users, int(counts.sum()), first_key, rng)
        for size in counts:
            yield [next(requests) for _ in range(size)]


@dataclass(frozen=True, slots=True)
class _Users:
    """The users' habits; factors multiply the error rate and the latency."""

    activity: Floats
    buckets: Integers
    error_factors: Floats
    latency_factors: Floats

    @classmethod
    def draw(cls, traffic: Traffic, salt: str, rng: np.random.Generator) -> _Users | None:
        if traffic.users is None:
            return None
        activity = rng.lognormal(0.0, USER_ACTIVITY_SIGMA, traffic.users)
        mean = min(max(traffic.error_rate, 1e-6), 1 - 1e-6)
        heavy, light = mean * USER_ERROR_CONCENTRATION, (1 - mean) * USER_ERROR_CONCENTRATION
        return cls(
            activity=activity / activity.sum(),
            buckets=np.array([bucket_of(salt, f"user-{n}") for n in range(traffic.users)]),
            error_factors=rng.beta(heavy, light, traffic.users) / mean,
            latency_factors=rng.lognormal(0.0, USER_LATENCY_SIGMA, traffic.users),
        )


def _requests(
    traffic: Traffic, users: _Users | None, size: int, first_key: int, rng: np.random.Generator
) -> Iterator[Request]:
    if users is None:
        keys, buckets = np.arange(first_key, first_key + size), rng.integers(0, BUCKETS, size)
        error_factors, latency_factors = np.ones(size), np.ones(size)
    else:
        keys = rng.choice(len(users.activity), size, p=users.activity)
        buckets, error_factors = users.buckets[keys], users.error_factors[keys]
        latency_factors = users.latency_factors[keys]
    noise = rng.normal(0.0, traffic.latency_sigma, size)
    latencies = traffic.latency_median_ms * latency_factors * np.exp(noise)
    labelled = rng.random(size) < traffic.label_share
    qualities = _qualities(traffic, size, rng).tolist()
    labels = (q if has else None for q, has in zip(qualities, labelled.tolist(), strict=True))
    return map(
        Request,
        keys.tolist(),
        buckets.tolist(),
        rng.random(size).tolist(),
        error_factors.tolist(),
        latencies.tolist(),
        labels,
    )


def _qualities(traffic: Traffic, size: int, rng: np.random.Generator) -> Floats:
    mean = traffic.quality
    concentration = mean * (1 - mean) / traffic.quality_sd**2 - 1
    return rng.beta(mean * concentration, (1 - mean) * concentration, size)
