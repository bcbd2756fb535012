"""The evidence of a rollout: sufficient statistics of its stages, never single records.

The classes are written to by `observe` alone, and only in its own copy; a state that was
handed out never changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ratchet.rollout.breaker import Breaker
from ratchet.rollout.error_evidence import ErrorEvidence, expected_share
from ratchet.rollout.latency_evidence import Moments
from ratchet.rollout.quality_evidence import QualityEvidence, bets_on
from ratchet.rollout.sample_ratio import SampleRatio


@dataclass(slots=True)
class ArmStatistics:
    """Requests, errors and latencies (milliseconds) of one variant in one stage."""

    requests: int = 0
    errors: int = 0
    latency: Moments = field(default_factory=Moments)

    @property
    def error_rate(self) -> float:
        """Errors a request; 0 without requests."""
        return self.errors / self.requests if self.requests else 0.0

    def copy(self) -> ArmStatistics:
        return ArmStatistics(
            requests=self.requests, errors=self.errors, latency=self.latency.copy()
        )


@dataclass(slots=True)
class StageStatistics:
    """Both arms of one stage; `share` is the candidate's part of the traffic, 0..1."""

    share: float
    baseline: ArmStatistics = field(default_factory=ArmStatistics)
    candidate: ArmStatistics = field(default_factory=ArmStatistics)
    quality: QualityEvidence = field(default_factory=QualityEvidence)

    @property
    def requests(self) -> int:
        return self.baseline.requests + self.candidate.requests

    @property
    def is_controlled(self) -> bool:
        """Whether a baseline runs beside the candidate."""
        return self.share < 1.0

    def copy(self) -> StageStatistics:
        return StageStatistics(
            share=self.share,
            baseline=self.baseline.copy(),
            candidate=self.candidate.copy(),
            quality=self.quality.copy(),
        )


@dataclass(slots=True)
class Evidence:
    """The statistics of every stage, and the windows that judge them.

    `stage_errors` and `units` are those of the current stage, `errors` and `quality` run
    over all stages. An outcome that arrives late counts in the stage it was assigned in, and
    in what runs over all stages.
    """

    stages: list[StageStatistics]
    stage_errors: ErrorEvidence = field(default_factory=ErrorEvidence)
    errors: ErrorEvidence = field(default_factory=ErrorEvidence)
    quality: QualityEvidence = field(default_factory=QualityEvidence)
    units: SampleRatio = field(default_factory=SampleRatio)
    breaker: Breaker = field(default_factory=Breaker)

    @property
    def current(self) -> StageStatistics:
        return self.stages[-1]

    def add_outcome(
        self, stage: int, key: int, latency_ms: float | None, *, is_candidate: bool, failed: bool
    ) -> None:
        """Count one request of `key` (a fingerprint); `latency_ms` is clipped, or None."""
        statistics = self.stages[stage]
        is_current = stage == len(self.stages) - 1
        if is_current:
            self.units.add(key, from_candidate=is_candidate)
        if failed and statistics.is_controlled:
            self._add_error(statistics, key, is_candidate=is_candidate, is_current=is_current)
        arm = statistics.candidate if is_candidate else statistics.baseline
        arm.requests += 1
        arm.errors += failed
        if latency_ms is not None:
            arm.latency.add(latency_ms)
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

    def begin_stage(self, share: float) -> None:
        """Open the windows of a new stage; what runs over all stages goes on."""
        self.stages.append(StageStatistics(share=share))
        self.stage_errors = ErrorEvidence()
        self.units = SampleRatio()

    def copy(self) -> Evidence:
        return Evidence(
            stages=[stage.copy() for stage in self.stages],
            stage_errors=self.stage_errors.copy(),
            errors=self.errors.copy(),
            quality=self.quality.copy(),
            units=self.units.copy(),
            breaker=self.breaker.copy(),
        )

    def _add_error(
        self, statistics: StageStatistics, key: int, *, is_candidate: bool, is_current: bool
    ) -> None:
        share = expected_share(
            statistics.candidate.requests, statistics.baseline.requests, statistics.share
        )
        self.errors.add(key, share, from_candidate=is_candidate)
        if is_current:
            self.stage_errors.add(key, share, from_candidate=is_candidate)
