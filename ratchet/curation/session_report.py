"""What a review session did: decisions, pace, agreement, quality and coverage before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from ratchet.curation.workflow import Action
from ratchet.quality.coverage import measure_coverage
from ratchet.quality.judges.agreement import wilson

if TYPE_CHECKING:
    from ratchet.curation.review import Step
    from ratchet.examples import Example
    from ratchet.signatures.spec import SignatureSpec

DECISIONS = (Action.APPROVE, Action.REJECT)


@dataclass(frozen=True, kw_only=True)
class SetState:
    """What goes into datasets at one moment; `mean_quality` is None without a scored one."""

    examples: int
    mean_quality: float | None
    full_cells: int
    cells: int
    missing: int


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How often the curator decided as the score would have: `lower` and `upper` at 95 %."""

    agreed: int
    decided: int
    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, kw_only=True)
class SessionReport:
    """The end of a session; seconds are from showing an example to what was done about it."""

    signature: str
    curator: str
    actions: Mapping[str, int]
    undone: int
    mean_seconds: float | None
    median_seconds: float | None
    agreement: Agreement
    before: SetState
    after: SetState

    def to_json(self) -> dict[str, Any]:
        """The report for programs and the audit trail."""
        return {
            "signature": self.signature,
            "curator": self.curator,
            "actions": dict(self.actions),
            "undone": self.undone,
            "seconds_per_example": {"mean": self.mean_seconds, "median": self.median_seconds},
            "agreement": vars(self.agreement),
            "before": vars(self.before),
            "after": vars(self.after),
        }


def report_session(
    spec: SignatureSpec,
    *,
    curator: str,
    steps: Sequence[Step],
    undone: int,
    seconds: Sequence[float],
    before: Sequence[Example],
    after: Sequence[Example],
) -> SessionReport:
    """Sum a session up.

    Args:
        spec: The signature.
        curator: Who decided.
        steps: What was done and not undone.
        undone: How many steps were taken back.
        seconds: How long each step took.
        before: What went into datasets when the session began.
        after: What does now.
    """
    return SessionReport(
        signature=spec.name,
        curator=curator,
        actions=dict(Counter(step.action for step in steps)),
        undone=undone,
        mean_seconds=round(fmean(seconds), 1) if seconds else None,
        median_seconds=round(median(seconds), 1) if seconds else None,
        agreement=_agreement(spec, steps),
        before=_state(spec, before),
        after=_state(spec, after),
    )


def _agreement(spec: SignatureSpec, steps: Sequence[Step]) -> Agreement:
    """Whether approval and rejection went the way of the gate's least quality."""
    judged = [
        (step.action == Action.APPROVE, step.before.quality_score >= spec.policy.min_quality)
        for step in steps
        if step.action in DECISIONS and step.before.quality_score is not None
    ]
    agreed = sum(said == foretold for said, foretold in judged)
    return _agreement_of(agreed, len(judged))


def _agreement_of(agreed: int, decided: int) -> Agreement:
    if not decided:
        return Agreement(agreed=0, decided=0, value=None, lower=None, upper=None)
    share = wilson(agreed, decided)
    return Agreement(
        agreed=agreed,
        decided=decided,
        value=share.estimate,
        lower=share.lower,
        upper=share.upper,
    )


def _state(spec: SignatureSpec, examples: Sequence[Example]) -> SetState:
    scores = [e.quality_score for e in examples if e.quality_score is not None]
    coverage = measure_coverage(spec, examples)
    return SetState(
        examples=len(examples),
        mean_quality=round(fmean(scores), 1) if scores else None,
        full_cells=len(coverage.cells) - len(coverage.missing),
        cells=len(coverage.cells),
        missing=sum(cell.missing for cell in coverage.missing),
    )
