"""The points of a learning curve: how well a program did, made from so many examples."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, pvariance

from ratchet.errors import InputError
from ratchet.increments.contributions import candidate_scores
from ratchet.store.evaluations import EvaluationRecord

LEAST_ERROR = 0.005
"""Half a point: no evaluation is taken to be more exact, whatever its size; the optimiser's own
luck from run to run is larger than that."""


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """An evaluation as a point: the examples of the dataset version, and the score, 0..1.

    `standard_error` is that of the score, from the scores of the single examples where they
    are stored, and else the largest that a score of 0..1 can have.

    Raises:
        InputError: the size is below 1, or the score is not 0..1.
    """

    size: int
    score: float
    standard_error: float
    evaluation_id: str
    dataset_version: str
    at: datetime

    def __post_init__(self) -> None:
        if self.size < 1 or not 0 <= self.score <= 1 or self.standard_error <= 0:
            raise InputError(
                f"{self.evaluation_id}: {self.size} examples, score {self.score}, standard error "
                f"{self.standard_error}; a point has 1 or more, 0..1, above 0."
            )


def points_of(
    evaluations: Iterable[EvaluationRecord], sizes: Mapping[str, int], *, model: str = ""
) -> tuple[CurvePoint, ...]:
    """The points of one language model, the earliest first.

    Without a `model` it is that of the newest evaluation: scores of two models make no curve.
    Evaluations without a score, and those of versions whose size is unknown, give no point.
    """
    found = sorted(
        (e for e in evaluations if e.candidate_score is not None and e.dataset_version in sizes),
        key=lambda e: (e.created_at, e.evaluation_id),
    )
    wanted = model or (found[-1].model if found else "")
    return tuple(_point(e, sizes[e.dataset_version]) for e in found if e.model == wanted)


def model_of(evaluations: Iterable[EvaluationRecord]) -> str:
    """The language model of the newest evaluation with a score; empty without one."""
    scored = [e for e in evaluations if e.candidate_score is not None]
    return max(scored, key=lambda e: e.created_at).model if scored else ""


def _point(evaluation: EvaluationRecord, size: int) -> CurvePoint:
    score = evaluation.candidate_score
    assert score is not None  # noqa: S101 - for mypy: filtered above
    return CurvePoint(
        size=size,
        score=score,
        standard_error=_standard_error(evaluation, score),
        evaluation_id=evaluation.evaluation_id,
        dataset_version=evaluation.dataset_version,
        at=evaluation.created_at,
    )


def _standard_error(evaluation: EvaluationRecord, score: float) -> float:
    scores = list(candidate_scores(evaluation).values())
    count = len(scores) or max(1, evaluation.n - evaluation.errors)
    variance = pvariance(scores, fmean(scores)) if len(scores) > 1 else score * (1 - score)
    # One success and one failure more (Agresti and Coull): a perfect score is not certain.
    shrunk = (variance * count + 0.5) / (count + 2)
    return max(LEAST_ERROR, math.sqrt(shrunk / count))
