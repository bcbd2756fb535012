"""What each source brings, and which examples every program keeps missing."""

from __future__ import annotations

from ratchet.examples import Source
from ratchet.increments.contributions import scores_by_source, suspects
from ratchet.increments.points import LEAST_ERROR, points_of
from tests.dataset_builders import example_set
from tests.store_builders import evaluation

GIT = example_set(3, source=Source.GIT)
MADE = example_set(2, start=10, source=Source.SYNTHETIC)


def scored(evaluation_id: str, **candidate: float) -> dict[str, object]:
    """The details of an evaluation whose baseline scored 0.25 everywhere."""
    return {
        "scores": {
            name: {"baseline": 0.25, "candidate": score} for name, score in candidate.items()
        }
    }


def test_each_source_is_held_against_the_rest() -> None:
    """Its scores on sealed examples beside those of all others, and its part in the prompts."""
    scores = {GIT[0].example_id: 1.0, GIT[1].example_id: 0.5, MADE[0].example_id: 0.0}

    git, made = scores_by_source(
        (*GIT, *MADE), evaluation(details=scored("e1", **scores)), [GIT[2].example_id]
    )

    assert (git.source, git.examples, git.evaluated, git.in_prompts) == ("git", 3, 2, 1)
    assert (git.score, git.score_elsewhere) == (0.75, 0.0)
    assert (made.source, made.score, made.score_elsewhere) == ("synthetic", 0.0, 0.75)


def test_without_single_scores_nothing_is_made_up() -> None:
    """Sources are counted all the same."""
    for record in (None, evaluation(details={"scores": [1]}), evaluation(details={})):
        (git,) = scores_by_source(GIT, record, ())
        assert (git.examples, git.evaluated, git.score, git.score_elsewhere) == (3, 0, None, None)


def test_an_example_that_all_programs_keep_missing_is_suspected() -> None:
    """In every one of two evaluations or more; once met, it is not suspected."""
    bad, met, once = (example.example_id for example in GIT)
    first = evaluation("e1", details=scored("e1", **{bad: 0.1, met: 0.1, once: 0.1}))
    second = evaluation("e2", details=scored("e2", **{bad: 0.3, met: 0.9}))

    (found,) = suspects(GIT, [first, second])

    assert found.example_id == bad
    assert "all of 2 evaluations" in found.reason


def test_the_error_of_a_point_comes_from_single_scores() -> None:
    """Scores that agree make a small error, whatever the mean; none is below half a point."""
    sizes = {"v20260301_120000": 100}
    names = [f"x{number}" for number in range(400)]
    agreeing = evaluation(details=scored("e", **dict.fromkeys(names, 0.75)), n=400)
    torn = evaluation(
        details=scored("e", **{name: float(i % 4 != 0) for i, name in enumerate(names)}), n=400
    )
    unknown = evaluation(details={}, n=400, errors=0)

    errors = [points_of([record], sizes)[0].standard_error for record in (agreeing, torn, unknown)]

    assert errors[0] == LEAST_ERROR
    assert 0.02 < errors[1] < 0.023
    assert abs(errors[2] - errors[1]) < 1e-3
