"""The counts of a stage, kept apart by the share of traffic under which they came.

A stage under a fixed allocation has one period. Under an adaptive one every share it had is a
period of its own: within a period the allocation does not depend on what is observed, so the
arms can be compared, and comparisons are combined, never counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from ratchet.rollout.assignment import BUCKETS
from ratchet.rollout.latency_evidence import Moments
from ratchet.rollout.quality_evidence import QualityEvidence
from ratchet.rollout.sample_ratio import SampleRatio


@dataclass(slots=True)
class ArmStatistics:
    """Requests, errors and latencies (milliseconds) of one variant."""

    requests: int = 0
    errors: int = 0
    latency: Moments = field(default_factory=Moments)

    @property
    def error_rate(self) -> float:
        """Errors a request; 0 without requests."""
        return self.errors / self.requests if self.requests else 0.0

    def merged(self, other: ArmStatistics) -> ArmStatistics:
        """Both together: how much was seen, not a basis for comparing arms."""
        return ArmStatistics(
            requests=self.requests + other.requests,
            errors=self.errors + other.errors,
            latency=self.latency.merged(other.latency),
        )

    def copy(self) -> ArmStatistics:
        return ArmStatistics(
            requests=self.requests, errors=self.errors, latency=self.latency.copy()
        )


@dataclass(slots=True)
class PeriodStatistics:
    """Both arms under one share; `units` are the keys first seen under it."""

    share: float
    baseline: ArmStatistics = field(default_factory=ArmStatistics)
    candidate: ArmStatistics = field(default_factory=ArmStatistics)
    units: SampleRatio = field(default_factory=SampleRatio)

    def copy(self) -> PeriodStatistics:
        return PeriodStatistics(
            share=self.share,
            baseline=self.baseline.copy(),
            candidate=self.candidate.copy(),
            units=self.units.copy(),
        )


@dataclass(slots=True)
class StageStatistics:
    """The periods of one stage, their shares growing, and its labels."""

    periods: list[PeriodStatistics]
    quality: QualityEvidence = field(default_factory=QualityEvidence)

    @classmethod
    def at(cls, share: float) -> Self:
        """A stage that begins at `share`, the candidate's part of the traffic, 0..1."""
        return cls(periods=[PeriodStatistics(share=share)])

    @property
    def share(self) -> float:
        """The candidate's part of the traffic at last, 0..1."""
        return self.periods[-1].share

    @property
    def baseline(self) -> ArmStatistics:
        """What the stage saw of the baseline, whatever the share was."""
        total = self.periods[0].baseline
        for period in self.periods[1:]:
            total = total.merged(period.baseline)
        return total

    @property
    def candidate(self) -> ArmStatistics:
        """What the stage saw of the candidate, whatever the share was."""
        total = self.periods[0].candidate
        for period in self.periods[1:]:
            total = total.merged(period.candidate)
        return total

    @property
    def requests(self) -> int:
        return self.baseline.requests + self.candidate.requests

    @property
    def is_controlled(self) -> bool:
        """Whether a baseline runs beside the candidate."""
        return self.share < 1.0

    def period_of(self, share: float | None) -> PeriodStatistics:
        """The period of a recorded share (0..1); the last one when none was recorded.

        Apps that still route by an older share report that share, so their requests count
        where they belong, however late they learn of the next.
        """
        if len(self.periods) > 1 and share:
            for period in self.periods:
                if round(share * BUCKETS) <= round(period.share * BUCKETS):
                    return period
        return self.periods[-1]

    def copy(self) -> StageStatistics:
        return StageStatistics(
            periods=[period.copy() for period in self.periods], quality=self.quality.copy()
        )
