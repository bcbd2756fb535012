"""What evaluations say about examples."""

from __future__ import annotations

from ratchet.curation.evidence import Miss, misses_of
from ratchet.optimize.outcomes import Answered, Outcome, PairedEvaluation, ProgramEvaluation
from tests.store_builders import evaluation


def answers(*scores: float | None) -> ProgramEvaluation:
    """A program's answers to the examples e0, e1, ...; None is an error."""
    return ProgramEvaluation(
        answers=tuple(
            Answered(
                example_id=f"e{place}",
                label="complete",
                difficulty="easy",
                outcome=Outcome(
                    score=score, latency_ms=1.0, error="timeout" if score is None else None
                ),
            )
            for place, score in enumerate(scores)
        )
    )


def test_the_scores_that_an_evaluation_keeps_are_read_back_as_misses() -> None:
    """What the evaluating stage writes is what the review queue reads."""
    paired = PairedEvaluation(
        signature="validate_completeness",
        baseline=answers(0.0, 1.0, None, 0.4),
        candidate=answers(0.2, 1.0, None, None),
    )

    record = evaluation("e9", details={"scores": paired.scores})

    assert misses_of([record]) == {
        "e0": Miss(score=0.1, evaluation_id="e9"),
        "e3": Miss(score=0.4, evaluation_id="e9"),
    }
