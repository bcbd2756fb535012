"""The heuristic judges notice what was damaged, in the dimension that was damaged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pytest

from ratchet import signatures
from ratchet.examples import Example, Status
from ratchet.quality.dimension import Dimension
from ratchet.quality.judges.heuristic import HEURISTIC, judge_by_evidence, judge_example
from ratchet.quality.judges.scorecard import ACCURACY, COHERENCE, EDUCATION, JUDGED, overall
from tests.builders import completeness_example
from tests.damaged_examples import DAMAGES, Damaged, damaged_examples, intact_examples
from tests.labelled_quality_cases import BAD_CASES, GOOD_CASES

CLEARLY = 5.0  # points by which a damage must show
NOTICED = 0.85  # share of the examples in which each damage must show
SHARE_INTACT = 0.90


@lru_cache(maxsize=4_096)
def _judged(signature: str, example_id: str) -> Mapping[str, Dimension]:
    example = _EXAMPLES[example_id]
    return {d.name: d for d in judge_example(signatures.get(signature), example)}


_EXAMPLES: dict[str, Example] = {}


def judged(example: Example) -> Mapping[str, Dimension]:
    """The dimensions of an example by name; each example is judged once in the session."""
    _EXAMPLES[example.example_id] = example
    return _judged(example.signature, example.example_id)


@lru_cache(maxsize=1)
def _damaged() -> Mapping[str, list[Damaged]]:
    by_damage: dict[str, list[Damaged]] = defaultdict(list)
    for damaged in damaged_examples(step=2):
        by_damage[f"{damaged.dimension}: {damaged.damage}"].append(damaged)
    return by_damage


def area_under_curve(better: list[float], worse: list[float]) -> float:
    """The chance that a value of `better` is above one of `worse`, ties counting half."""
    left, right = np.array(better)[:, None], np.array(worse)
    return float((left > right).mean() + 0.5 * (left == right).mean())


@pytest.mark.parametrize(
    ("dimension", "damage"),
    [(dimension, d.__name__) for dimension, damages in DAMAGES.items() for d in damages],
)
def test_a_damage_lowers_its_dimension(dimension: str, damage: str) -> None:
    """Each kind of damage costs its dimension clearly, in 85 % of the examples or more."""
    cases = _damaged()[f"{dimension}: {damage}"]

    lowered = [
        judged(c.intact)[dimension].value - judged(c.example)[dimension].value >= CLEARLY
        for c in cases
    ]

    assert len(cases) >= 15
    assert np.mean(lowered) >= NOTICED


@pytest.mark.parametrize(
    ("dimension", "least"),
    [(ACCURACY, 0.98), (COHERENCE, 0.97), ("relevance", 0.96), (EDUCATION, 0.97)],
)
def test_a_dimension_tells_intact_from_damaged(dimension: str, least: float) -> None:
    """Taken at random, an intact example scores above a damaged one nearly always (AUC)."""
    cases = [c for found in _damaged().values() for c in found if c.dimension == dimension]

    area = area_under_curve(
        [judged(c.intact)[dimension].value for c in cases],
        [judged(c.example)[dimension].value for c in cases],
    )

    assert area >= least


def test_intact_examples_score_high() -> None:
    """Nine of ten curated examples have 80 points or more over all four dimensions."""
    scores = [overall(tuple(judged(example).values())) for example in intact_examples()]

    assert np.mean([score >= 80 for score in scores]) >= SHARE_INTACT
    assert min(scores) >= 50


def test_people_and_judges_rank_hand_made_cases_alike() -> None:
    """Cases that a person called good score above those called bad; none of them was tuned on."""
    good = [overall(tuple(judged(case.example).values())) for case in GOOD_CASES]
    bad = [overall(tuple(judged(case.example).values())) for case in BAD_CASES]

    assert area_under_curve(good, bad) >= 0.95


def test_a_loss_says_its_reason() -> None:
    """What lowered a dimension is said in words, with the text that showed it."""
    example = completeness_example(
        requirements=("Log in", "Lock after five failures"),
        missing=("Log in",),
    )
    praised = "2/2 requirements are covered by login() and its tests."

    accuracy = judged(example.evolve(outputs={**example.outputs, "explanation": praised}))[ACCURACY]

    assert accuracy.value < 20
    assert "'2/2 requirements', the decision is no" in accuracy.reason


def test_a_refuted_answer_is_worth_nothing() -> None:
    """The minimum given as the maximum is refuted by computer algebra and says so."""
    case = next(c for c in _damaged()["accuracy: wrong_answer"])
    example = case.intact.evolve(
        outputs={
            **case.intact.outputs,
            "problem": "Find the maximum value of f(x) = x^2 - 4x + 3",
            "answer": "-1 at x = 2",
            "solution": "Completing the square gives -1 at x = 2.",
        }
    )

    accuracy = judged(example)[ACCURACY]

    assert accuracy.value <= 5
    assert "has no maximum" in accuracy.reason


def test_a_blind_second_look_counts() -> None:
    """An example on which a second look agreed is trusted more than one on which it did not."""
    example = completeness_example()

    trusted = judge_example(
        signatures.get(example.signature), example.evolve(provenance={"agreement": 1.0})
    )[0]
    doubted = judge_example(
        signatures.get(example.signature), example.evolve(provenance={"agreement": 0.2})
    )[0]

    assert trusted.value - doubted.value > 30
    assert "agreed to 20%" in doubted.reason


def test_judges_do_not_see_what_became_of_an_example() -> None:
    """Status and earlier scores change nothing: a judge is blind to them."""
    example = completeness_example()
    spec = signatures.get(example.signature)

    as_it_is = judge_example(spec, example)
    approved = judge_example(spec, example.evolve(status=Status.APPROVED, quality_score=100.0))

    assert as_it_is == approved


def test_what_breaks_its_types_is_worth_nothing() -> None:
    """A field of a wrong type costs every dimension and is named."""
    example = completeness_example()
    broken = example.evolve(outputs={**example.outputs, "is_complete": "yes"})

    found = judge_example(signatures.get(example.signature), broken)

    assert [d.name for d in found] == list(JUDGED)
    assert all(d.value == 0 and "is_complete must be bool" in d.reason for d in found)


def test_a_card_has_diversity_beside_the_four() -> None:
    """An example with a near twin in the store loses diversity and nothing of its overall."""
    example, twin = completeness_example(), completeness_example(group_id="another")
    spec = signatures.get(example.signature)

    (alone,) = judge_by_evidence(spec, [example])
    (beside,) = judge_by_evidence(spec, [example], stored=[twin])

    assert alone.judge == HEURISTIC
    assert beside.dimensions[-1].value < alone.dimensions[-1].value == 100
    assert beside.overall == alone.overall
