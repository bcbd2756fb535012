"""The evidence of a rollout: sufficient statistics of its stages, never single records.

The classes are written to by `observe` alone, and only in its own copy; a state that was
handed out never changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ratchet.rollout.breaker import Breaker
from ratchet.rollout.error_evidence import ErrorEvidence, expected_share
from ratchet.rollout.latency_keys import LatencyKeys
from ratchet.rollout.memory import KeySet
from ratchet.rollout.quality_evidence import QualityEvidence, bets_on
from ratchet.rollout.stage_statistics import ArmStatistics, PeriodStatistics, StageStatistics

__all__ = ["ArmStatistics", "Evidence", "PeriodStatistics", "StageStatistics"]


@dataclass(slots=True)
class Evidence:
    """The statistics of every stage, and the windows that judge them.

    `stage_errors` and `unit_keys` are those of the current stage, `errors` and `quality` run
    over all stages. An outcome that arrives late counts in the stage it was assigned in, and
    in what runs over all stages.
    """

    stages: list[StageStatistics]
    stage_errors: ErrorEvidence = field(default_factory=ErrorEvidence)
    errors: ErrorEvidence = field(default_factory=ErrorEvidence)
    quality: QualityEvidence = field(default_factory=QualityEvidence)
    unit_keys: KeySet = field(default_factory=KeySet)
    latency_keys: LatencyKeys = field(default_factory=LatencyKeys)
    breaker: Breaker = field(default_factory=Breaker)

    @property
    def current(self) -> StageStatistics:
        return self.stages[-1]

    @property
    def periods(self) -> Iterator[PeriodStatistics]:
        """Every period of every stage, in their order."""
        return (period for stage in self.stages for period in stage.periods)

    def add_outcome(
        self,
        stage: int,
        key: int,
        latency_ms: float | None,
        *,
        is_candidate: bool,
        failed: bool,
        share: float | None = None,
        is_own_key: bool = False,
    ) -> None:
        """Count one request of `key` (a fingerprint); `is_own_key` if no other can have it.

        `latency_ms` is clipped, or None; `share` is the candidate's when the key was assigned,
        None when it was not recorded.
        """
        period = self.stages[stage].period_of(share)
        is_current = stage == len(self.stages) - 1
        if is_current and self.unit_keys.admit(key):
            period.units.add(from_candidate=is_candidate)
        if failed and period.share < 1.0:
            self._add_error(period, key, is_candidate=is_candidate, is_current=is_current)
        arm = period.candidate if is_candidate else period.baseline
        arm.requests += 1
        arm.errors += failed
        if latency_ms is not None:
            arm.latency.add(latency_ms)
            if not is_own_key and is_current and period is self.current.periods[-1]:
                self.latency_keys.add(key, latency_ms, from_candidate=is_candidate)
        if is_candidate:
            self.breaker.add_candidate(failed=failed, is_controlled=self.current.is_controlled)
        else:
            self.breaker.add_baseline(failed=failed)

    def add_quality(self, stage: int, quality: float, limit: float) -> None:
        """Count a quality label of the candidate, 0..1, against the policy's limit."""
        label = bets_on(quality, limit)
        self.stages[stage].quality.add(label)
        self.quality.add(label)

    def remove_quality(self, stage: int, quality: float, limit: float) -> None:
        """Take back a label that was corrected."""
        label = bets_on(quality, limit)
        self.stages[stage].quality.remove(label)
        self.quality.remove(label)

    def log_e_sample_ratio(self) -> float:
        """Evidence of this stage that the arms do not hold their shares of the keys.

        A key is a bet at the share under which it was first seen; the periods' martingales
        multiply to one.
        """
        return sum(period.units.log_e_value(period.share) for period in self.current.periods)

    def begin_stage(self, share: float) -> None:
        """Open the windows of a new stage; what runs over all stages goes on."""
        self.latency_keys.close(self.current.periods[-1], ends_stage=True)
        self.stages.append(StageStatistics.at(share))
        self.stage_errors = ErrorEvidence()
        self.unit_keys = KeySet()

    def begin_period(self, share: float) -> None:
        """Go on in the current stage under a larger share; its windows stay open."""
        self.latency_keys.close(self.current.periods[-1], ends_stage=False)
        self.current.periods.append(PeriodStatistics(share=share))

    def copy(self) -> Evidence:
        return Evidence(
            stages=[stage.copy() for stage in self.stages],
            stage_errors=self.stage_errors.copy(),
            errors=self.errors.copy(),
            quality=self.quality.copy(),
            unit_keys=self.unit_keys.copy(),
            latency_keys=self.latency_keys.copy(),
            breaker=self.breaker.copy(),
        )

    def _add_error(
        self, period: PeriodStatistics, key: int, *, is_candidate: bool, is_current: bool
    ) -> None:
        share = expected_share(period.candidate.requests, period.baseline.requests, period.share)
        self.errors.add(key, share, from_candidate=is_candidate)
        if is_current:
            self.stage_errors.add(key, share, from_candidate=is_candidate)
