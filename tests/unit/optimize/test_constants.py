from __future__ import annotations

import pytest

from ratchet import signatures
from ratchet.optimize.constants import (
    balanced_accuracy,
    constant_predictors,
    empty_outputs,
    score_constants,
)
from tests.builders import NOON, completeness_example
from tests.optimize_builders import completeness_examples

SPEC = signatures.get("validate_completeness")


def test_a_decision_has_a_constant_for_each_side() -> None:
    """A validator has always-true with no findings and always-false with the usual ones."""
    missing = completeness_example(missing=("Lock after five failures",), group_id="g2")

    true, false = constant_predictors(SPEC, [completeness_example(), missing])

    assert true.name == "always is_complete=True"
    assert (true.outputs["is_complete"], true.outputs["missing_requirements"]) == (True, [])
    assert false.outputs["is_complete"] is False
    assert false.outputs["missing_requirements"] == ["Lock after five failures"]


def test_always_false_lists_what_is_most_often_missing() -> None:
    """Of the false examples the list that scores best on the others is taken."""
    common = [
        completeness_example(missing=("Lock after five failures",), implementation=f"try {i}")
        for i in range(5)
    ]
    rare = completeness_example(missing=("Log in with a password",), implementation="other")

    _, false = constant_predictors(SPEC, [rare, *common])

    assert false.outputs["missing_requirements"] == ["Lock after five failures"]


def test_a_class_that_is_absent_still_has_its_constant() -> None:
    """Training examples of one class give both constants; the absent one has empty lists."""
    _, false = constant_predictors(SPEC, [completeness_example()])

    assert false.outputs["is_complete"] is False
    assert false.outputs["missing_requirements"] == []


def test_constants_score_without_a_language_model() -> None:
    """On half complete, half incomplete examples always-true gets one half."""
    examples = completeness_examples(20)

    true, false = score_constants(SPEC, constant_predictors(SPEC, examples), examples)

    assert true.mean == pytest.approx(0.5)
    assert true.balanced_accuracy == 0.5
    assert false.balanced_accuracy == 0.5
    assert len(false.scores) == 20


def test_other_signatures_have_their_most_common_and_most_typical_outputs() -> None:
    """Without a decision the constants are the mode and the medoid of the outputs."""
    spec = signatures.get("extract_requirements")
    texts = [["Add login"]] * 2 + [["Add a cache", "Test it"], ["Add a cache", "Test it well"]] * 2
    examples = [
        completeness_example(
            signature=spec.name,
            inputs={"user_intent": f"intent {i}", "context": "c"},
            outputs={"requirements": list(t), "priorities": list(range(1, len(t) + 1))},
            created_at=NOON,
        )
        for i, t in enumerate(texts)
    ]

    predictors = constant_predictors(spec, examples)

    assert predictors[0].outputs["requirements"] == ["Add login"]
    assert predictors[1].outputs["requirements"][0] == "Add a cache"


def test_nothing_to_learn_from_gives_no_constants() -> None:
    """Without training examples there is no constant, and without examples no score."""
    assert constant_predictors(SPEC, []) == ()
    assert score_constants(SPEC, constant_predictors(SPEC, completeness_examples(4)), []) == ()


def test_balanced_accuracy_ignores_the_share_of_the_classes() -> None:
    """One class nine times as large counts no more than the other."""
    gold = [True] * 9 + [False]

    assert balanced_accuracy(gold, [True] * 9 + [False]) == 1.0
    assert balanced_accuracy(gold, [False] * 10) == 0.5


@pytest.mark.parametrize("name", signatures.names())
def test_empty_outputs_are_well_typed(name: str) -> None:
    """The outputs of a program that says nothing still have the right types."""
    spec = signatures.get(name)
    outputs = empty_outputs(spec)

    assert [f.problem(outputs[f.name]) for f in spec.outputs] == [None] * len(spec.outputs)
