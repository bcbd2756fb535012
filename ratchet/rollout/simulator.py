"""The simulator: how often a policy rolls back, promotes or asks, under assumed traffic.

It drives the very decisions of a real rollout, with a tick every minute; only the outcomes
are drawn.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

import numpy as np

from ratchet.errors import ConfigurationError
from ratchet.rollout.assignment import buckets_below
from ratchet.rollout.decisions import tick
from ratchet.rollout.policy import FULL, RolloutPolicy
from ratchet.rollout.records import Rule
from ratchet.rollout.state import RolloutState, Status, start
from ratchet.rollout.traffic import Request, Traffic, minutes_of

START = datetime(2026, 1, 1, tzinfo=UTC)
TICK = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class SimulatedRun:
    """One simulated rollout: how and why it ended, after how long and how many requests."""

    end: str
    rule: Rule
    reason: str
    minutes: int
    stage: int
    candidate_requests: int


@dataclass(frozen=True, kw_only=True)
class OperatingCharacteristics:
    """What to expect of a policy under one kind of traffic.

    Shares are of `runs`. Medians are None when no run ended that way.
    """

    runs: tuple[SimulatedRun, ...]

    @property
    def rollback_share(self) -> float:
        return self._share("rollback")

    @property
    def promote_share(self) -> float:
        return self._share("promote")

    @property
    def inconclusive_share(self) -> float:
        """Of rollouts that paused and asked a person."""
        return self._share("inconclusive")

    @property
    def median_requests_at_rollback(self) -> float | None:
        """How many requests of users met the candidate before it was rolled back."""
        return _median([run.candidate_requests for run in self.runs if run.end == "rollback"])

    @property
    def median_minutes_at_rollback(self) -> float | None:
        return _median([run.minutes for run in self.runs if run.end == "rollback"])

    @property
    def median_minutes(self) -> float:
        """The expected duration, to whatever end."""
        return median(run.minutes for run in self.runs)

    def rollbacks_by_rule(self) -> dict[Rule, int]:
        """How many runs each rule rolled back."""
        return dict(Counter(run.rule for run in self.runs if run.end == "rollback"))

    def standard_error(self, share: float) -> float:
        """Of a share over these runs; the rule of Laplace keeps it above 0.

        >>> runs = (SimulatedRun(end="promote", rule=Rule.GATE, reason="", minutes=1, stage=0,
        ...     candidate_requests=1),)
        >>> round(OperatingCharacteristics(runs=runs * 98).standard_error(1.0), 3)
        0.01
        """
        count = len(self.runs)
        smoothed = (share * count + 1) / (count + 2)
        return math.sqrt(smoothed * (1 - smoothed) / count)

    def _share(self, end: str) -> float:
        return sum(run.end == end for run in self.runs) / len(self.runs)


def simulate(
    policy: RolloutPolicy,
    traffic: Traffic,
    *,
    runs: int,
    seed: int,
    after_run: Callable[[int], None] = lambda _done: None,
) -> OperatingCharacteristics:
    """Simulate `runs` rollouts of a candidate under `traffic`; the same seed gives the same.

    `after_run` is called after each with the number of those that are done.

    Raises:
        ConfigurationError: `runs` is below 1.
    """
    if runs < 1:
        raise ConfigurationError(f"The simulator was asked for {runs} runs; use 1 or more.")
    streams = np.random.SeedSequence(seed).spawn(runs)
    simulated = []
    for number, stream in enumerate(streams):
        rng = np.random.default_rng(stream)
        simulated.append(_simulate_run(policy, traffic, f"{seed}-{number}", rng))
        after_run(len(simulated))
    return OperatingCharacteristics(runs=tuple(simulated))


def _simulate_run(
    policy: RolloutPolicy, traffic: Traffic, salt: str, rng: np.random.Generator
) -> SimulatedRun:
    state = start(policy, experiment_id="simulated", signature="simulated", salt=salt, now=START)
    for minute, requests in enumerate(minutes_of(traffic, salt=salt, rng=rng), start=1):
        _absorb(state, traffic, requests, minute)
        state, _ = tick(state, now=START + minute * TICK)
        if state.status is not Status.RUNNING:
            return _finished(state, minute)
    raise AssertionError("traffic never ends, and every stage has a deadline")


def _absorb(state: RolloutState, traffic: Traffic, requests: list[Request], minute: float) -> None:
    """Write into the evidence of `state`, which this run alone holds, without copying it."""
    evidence, stage, policy = state.evidence, state.stage, state.policy
    threshold, share = buckets_below(state.percent), state.percent / FULL
    rates = traffic.rates(minute, stage)
    effect, timeout = traffic.latency_effect_ms, policy.client_timeout_ms
    for request in requests:
        is_candidate = request.bucket < threshold
        latency = request.latency_ms + effect if is_candidate else request.latency_ms
        evidence.add_outcome(
            stage,
            request.key,
            min(latency, timeout),
            is_candidate=is_candidate,
            failed=request.error_draw < rates[is_candidate] * request.error_factor,
            share=share,
            is_own_key=traffic.users is None,
        )
        if is_candidate and request.quality is not None:
            evidence.add_quality(stage, request.quality, policy.min_quality)


def _finished(state: RolloutState, minute: int) -> SimulatedRun:
    ends = {Status.COMPLETED: "promote", Status.ROLLED_BACK: "rollback"}
    decision = state.decisions[-1]
    return SimulatedRun(
        end=ends.get(state.status, "inconclusive"),
        rule=decision.rule,
        reason=decision.reason,
        minutes=minute,
        stage=state.stage,
        candidate_requests=sum(stage.candidate.requests for stage in state.evidence.stages),
    )


def _median(values: list[int]) -> float | None:
    return median(values) if values else None
