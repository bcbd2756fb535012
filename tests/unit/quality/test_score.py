"""The quality score tells good examples from bad ones, for reasons it can name."""

from __future__ import annotations

import pytest

from ratchet import signatures
from ratchet.quality.score import HEADROOM, WEIGHTS, QualityScore, score_examples
from ratchet.signatures.registry import BUILT_IN
from tests.labelled_quality_cases import BAD_CASES, CASES, GOOD_CASES, LabelledCase


def _score(case: LabelledCase) -> QualityScore:
    spec = signatures.get(case.example.signature)
    (score,) = score_examples(spec, [case.example])
    return score


@pytest.mark.parametrize("case", GOOD_CASES, ids=lambda case: case.name)
def test_good_examples_score_above_the_strictest_gate(case: LabelledCase) -> None:
    """An example that a person finds good passes the gate of every signature (80)."""
    assert _score(case).value > 80


@pytest.mark.parametrize("case", BAD_CASES, ids=lambda case: case.name)
def test_bad_examples_score_below_fifty(case: LabelledCase) -> None:
    """An example that a person finds bad scores below 50."""
    assert _score(case).value < 50


@pytest.mark.parametrize("case", BAD_CASES, ids=lambda case: case.name)
def test_a_low_score_names_the_dimension_that_holds_it_down(case: LabelledCase) -> None:
    """The reason of a low score is a sentence about the weakest dimension."""
    score = _score(case)
    assert score.weakest.value < 30
    assert score.weakest.reason in score.reason


def test_the_labelled_cases_are_many_and_hold_the_contract() -> None:
    """At least 50 cases over all signatures, wrong in content and never in type."""
    broken = {
        case.name: problems
        for case in CASES
        if (
            problems := signatures.get(case.example.signature).problems(
                case.example.inputs, case.example.outputs
            )
        )
    }
    assert len(CASES) >= 50
    assert {case.example.signature for case in CASES} == set(BUILT_IN)
    assert broken == {}


def test_good_scores_are_no_constant() -> None:
    """Good examples differ in their scores: there is more and less evidence in them."""
    assert len({_score(case).value for case in GOOD_CASES}) > 10


def test_length_does_not_buy_quality() -> None:
    """A bad example made ten times longer with the same words is as bad."""
    vague = next(case for case in BAD_CASES if "vague" in case.name).example
    longer = vague.evolve(
        outputs={**vague.outputs, "guidance": " ".join([vague.outputs["guidance"]] * 10)}
    )
    spec = signatures.get(vague.signature)
    assert score_examples(spec, [longer])[0].value < 50


def test_a_copy_in_the_batch_or_the_store_costs_diversity() -> None:
    """The nearest other example lowers diversity, wherever it is; a group is left alone."""
    original = GOOD_CASES[5].example
    spec = signatures.get(original.signature)
    copy = original.evolve(group_id="another group")
    alone = score_examples(spec, [original])[0]
    beside = score_examples(spec, [original, copy])[0]
    stored = score_examples(spec, [original], stored=[copy])[0]
    same_group = score_examples(spec, [original, original])[0]
    assert beside.value == stored.value < alone.value == same_group.value


def test_the_weights_make_a_whole() -> None:
    """The weights sum to 1, and the weakest link leaves less than half for a worthless part."""
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    assert HEADROOM < 50


def test_swapping_the_decision_makes_a_good_example_bad() -> None:
    """The same explanation under the opposite label contradicts it."""
    good = next(case for case in GOOD_CASES if case.name == "good: a subtle gap").example
    spec = signatures.get(good.signature)
    outputs = {**good.outputs, "is_complete": True, "missing_requirements": []}
    flipped = good.evolve(
        outputs={**outputs, "explanation": "Nothing rejects large files; 2 of 3 are covered."}
    )
    assert score_examples(spec, [flipped])[0].value < 50
