"""The view that a decision is made on: the state, the time and both windows, read once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from ratchet.rollout.policy import RolloutPolicy
from ratchet.rollout.reading import Reading, read_windows
from ratchet.rollout.state import RolloutState


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A state at a moment. `minutes` is the stage's clock; `log_e_ratio` the sample ratio's."""

    state: RolloutState
    policy: RolloutPolicy
    minutes: float
    stage: Reading
    cumulative: Reading
    log_e_ratio: float

    @property
    def stage_minutes(self) -> float:
        """How long this stage lasts at least."""
        return self.policy.stage_minutes(self.state.stage)

    @property
    def has_sample_mismatch(self) -> bool:
        return self.log_e_ratio >= math.log(self.policy.sample_ratio_limit)

    @property
    def has_both_arms(self) -> bool:
        """Whether every arm that the stage has can be judged by its point estimates."""
        stage, least = self.state.evidence.current, self.policy.min_per_arm
        arms = [stage.candidate, stage.baseline] if stage.is_controlled else [stage.candidate]
        return min(arm.requests for arm in arms) >= least

    def alerts(self) -> tuple[str, ...]:
        """What a person should look at, whatever the decision is."""
        if not self.has_sample_mismatch:
            return ()
        periods = self.state.evidence.current.periods
        ours = sum(period.units.candidate for period in periods)
        total = ours + sum(period.units.baseline for period in periods)
        expected = sum(
            period.share * (period.units.candidate + period.units.baseline) for period in periods
        )
        words = (
            f"sample-ratio mismatch: {ours} of {total} keys on the candidate where "
            f"{100 * expected / total:.4g} % were expected; records are lost or misrouted"
        )
        return (words,)

    def evidence(self) -> dict[str, float | None]:
        """Every number behind the decision."""
        stage, counts = self.state.evidence.current, self.state.counts
        return {
            "stage_minutes": self.minutes,
            "stage_candidate_requests": float(stage.candidate.requests),
            "stage_baseline_requests": float(stage.baseline.requests),
            "stage_candidate_errors": float(stage.candidate.errors),
            "stage_baseline_errors": float(stage.baseline.errors),
            **self.stage.evidence(),
            **self.cumulative.evidence(),
            "sample_ratio_log_e": self.log_e_ratio,
            "breaker_score": self.state.evidence.breaker.score,
            "refused_records": float(sum(counts.refused.values())),
            "refused_latencies": float(counts.latencies_refused),
        }


def look(state: RolloutState, now: datetime) -> View:
    """Read both windows of `state` at `now`; costs the same whatever the history."""
    evidence = state.evidence
    readings = read_windows(evidence, state.policy)
    return View(
        state=state,
        policy=state.policy,
        minutes=state.minutes(now),
        stage=readings.stage,
        cumulative=readings.cumulative,
        log_e_ratio=evidence.log_e_sample_ratio(),
    )
