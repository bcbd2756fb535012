"""How far one signature came in a run: the results of its stages, and their summary."""

from __future__ import annotations

from dataclasses import dataclass, field

from ratchet.cycle.collect import Collected
from ratchet.cycle.evaluate import Judged
from ratchet.cycle.gate import Gated
from ratchet.cycle.optimize import Optimized
from ratchet.cycle.publish import Published
from ratchet.cycle.roll_out import RolloutRequest, RolloutStart, rollout_request
from ratchet.cycle.summary import SignatureSummary
from ratchet.cycle.validate import Validated
from ratchet.optimize.meter import Usage

REFUSED = "refused"


@dataclass(kw_only=True)
class Passage:
    """Filled stage by stage; a stage that was not reached is None."""

    signature: str
    collected: list[Collected] = field(default_factory=list)
    validated: Validated | None = None
    gated: Gated | None = None
    published: Published | None = None
    optimized: Optimized | None = None
    judged: Judged | None = None
    rollout: RolloutStart | None = None
    error: str | None = None

    def summary(self, *, usage: Usage, seconds: float) -> SignatureSummary:
        """What is written into the summary of the run."""
        validated, judged = self.validated, self.judged
        relative = judged.relative_gain if judged else None
        return SignatureSummary(
            signature=self.signature,
            collected=sum(found.file.count for found in self.collected),
            accepted=validated.file.count if validated else 0,
            rejected=validated.rejected if validated else 0,
            dataset_version=self.published.version if self.published else None,
            baseline_score=judged.baseline_score if judged else None,
            candidate_score=judged.candidate_score if judged else None,
            improvement=judged.gain if judged else None,
            improvement_percent=None if relative is None else 100 * relative,
            interval=judged.interval if judged else None,
            verdict=None if self.error else judged.verdict if judged else REFUSED,
            reasons=self.reasons,
            program_version=self.optimized.candidate_version if self.optimized else None,
            model=self.optimized.model if self.optimized else None,
            deployed=self.rollout is not None and self.rollout.is_started,
            cost_usd=self._cost_usd(usage),
            lm_calls=usage.calls + sum(found.lm_calls for found in self.collected),
            seconds=round(seconds, 1),
            error=self.error,
            news=tuple(sentence for found in self.collected for sentence in found.news),
        )

    @property
    def rollout_request(self) -> RolloutRequest | None:
        """The rollout that the verdict asks for, if it does."""
        if self.judged is None or self.optimized is None:
            return None
        return rollout_request(self.judged, self.optimized)

    def _cost_usd(self, usage: Usage) -> float | None:
        """What was paid; None when a part of it has no known price."""
        costs = [found.cost_usd for found in self.collected]
        if usage.unpriced_calls or None in costs:
            return None
        return usage.cost_usd + sum(cost for cost in costs if cost is not None)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it ended as it did: of the last stage that has a say."""
        if self.judged:
            return (*self.judged.reasons, *([self.rollout.message] if self.rollout else []))
        if self.optimized:
            return (self.optimized.reason,)
        if self.gated and not self.gated.accepted:
            return (self.gated.headline,)
        if self.validated and not self.validated.file.count:
            return (f"{self.validated.headline}: see quality_reports/",)
        return tuple(found.message for found in self.collected)
