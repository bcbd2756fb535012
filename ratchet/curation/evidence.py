"""What is known about the examples of a signature beside the examples themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

from ratchet.examples import Example, ExampleId

if TYPE_CHECKING:
    from ratchet.quality.coverage import CoverageReport
    from ratchet.signatures.spec import SignatureSpec
    from ratchet.store import EvaluationRecord

WRONG_BELOW = 0.5  # of a metric's 0..1


@dataclass(frozen=True, kw_only=True)
class Miss:
    """An example that programs got wrong in an evaluation: the mean score, 0..1."""

    score: float
    evaluation_id: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the queue is ordered by, beside the examples.

    `thresholds` are qualities 0..100 at which something is decided, by name. `misses` are of
    the last evaluation. `skipped` are the ids that this curator passed over. `calibrated` are
    the qualities 0..100 that a calibrated judge stands for, of what it has scored; what is in
    `raw_thresholds` is decided by an example's own quality all the same.
    """

    coverage: CoverageReport
    thresholds: Mapping[str, float] = field(default_factory=dict)
    misses: Mapping[ExampleId, Miss] = field(default_factory=dict)
    skipped: frozenset[ExampleId] = frozenset()
    calibrated: Mapping[ExampleId, float] = field(default_factory=dict)
    raw_thresholds: Mapping[str, float] = field(default_factory=dict)

    def quality_of(self, example: Example) -> float | None:
        """The quality that the bands act on: the calibrated one where there is one."""
        return self.calibrated.get(example.example_id, example.quality_score)


def misses_of(evaluations: Iterable[EvaluationRecord]) -> Mapping[ExampleId, Miss]:
    """The examples that the programs of an evaluation got wrong.

    Args:
        evaluations: The newest first; the first that kept its scores counts.
    """
    for evaluation in evaluations:
        if scores := evaluation.details.get("scores"):
            means = {name: _mean_score(by_program) for name, by_program in scores.items()}
            return {
                ExampleId(name): Miss(score=mean, evaluation_id=evaluation.evaluation_id)
                for name, mean in means.items()
                if mean is not None and mean < WRONG_BELOW
            }
    return {}


def _mean_score(by_program: Mapping[str, float | None]) -> float | None:
    """Over the programs that answered: an error says nothing about the example."""
    found = [score for score in by_program.values() if score is not None]
    return fmean(found) if found else None


def cells_in_need(
    spec: SignatureSpec, example: Example, coverage: CoverageReport
) -> tuple[tuple[str, int, int], ...]:
    """The cells of `example` that are not full: in words, how many there are, how many wanted."""
    keys = {cell.key for cell in spec.coverage.filled_by(example)}
    return tuple(
        (found.cell.words, found.have, found.cell.want)
        for found in coverage.cells
        if found.cell.key in keys and found.missing
    )
