"""Signatures, examples and predictions in DSPy's form lose nothing and guess nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import dspy
import pytest

from ratchet import signatures
from ratchet.collect import templates
from ratchet.errors import ConfigurationError, InputError
from ratchet.signatures.dspy_class import (
    build,
    from_dspy_metric,
    is_signature_class,
    read_prediction,
    spec_from_dspy,
    to_dspy_example,
)
from ratchet.signatures.spec import Score, SignatureSpec, Values
from tests.builders import completeness_example

SPEC = signatures.get("validate_completeness")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
ADAPTERS = [dspy.ChatAdapter(), dspy.JSONAdapter()]


class Triage(dspy.Signature):
    """Decide how urgent a ticket is."""

    ticket: str = dspy.InputField(desc="what the customer wrote")
    tags: list[str] = dspy.InputField()
    urgency: Literal["low", "high"] = dspy.OutputField(desc="how soon it is needed")
    reply: str = dspy.OutputField()


def zero(_: Values, __: Values, ___: Values) -> Score:
    """A metric of no interest."""
    return Score(value=0.0, feedback="")


@pytest.mark.parametrize("name", signatures.registry.BUILT_IN)
def test_the_class_has_the_fields_of_the_contract(name: str) -> None:
    """Names, order, types, descriptions and instructions are the contract's."""
    spec = signatures.get(name)

    built = build(spec)

    assert tuple(built.input_fields) == spec.input_names
    assert tuple(built.output_fields) == spec.output_names
    for field in (*spec.inputs, *spec.outputs):
        assert built.fields[field.name].annotation == field.type
        assert built.fields[field.name].json_schema_extra["desc"] == field.description
    assert built.instructions == spec.instructions
    assert build(spec) is built


@pytest.mark.parametrize("name", signatures.registry.BUILT_IN)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_example_makes_a_prompt_with_all_its_inputs(name: str, adapter: dspy.Adapter) -> None:
    """Whatever an example's inputs hold stands in the prompt, as query and as demonstration."""
    spec = signatures.get(name)
    for example in templates.generate(name, 25, seed=2, now=NOW).examples:
        converted = to_dspy_example(spec, example)
        asked = adapter.format(build(spec), [], dict(converted.inputs()))
        shown = adapter.format(build(spec), [dict(converted)], dict(converted.inputs()))

        assert read_back(spec, asked[-1]["content"]) == dict(example.inputs)
        assert read_back(spec, shown[1]["content"]) == dict(example.inputs)
        answered = adapter.parse(build(spec), shown[2]["content"])
        assert answered == dict(example.outputs)


def read_back(spec: SignatureSpec, text: str) -> dict[str, Any]:
    """The input values in a user message, parsed by DSPy itself."""
    fields = {f.name: (f.type, dspy.OutputField()) for f in spec.inputs}
    mirror = dspy.Signature({"nothing": (str, dspy.InputField()), **fields})
    said = text.partition("\n\nRespond with ")[0]
    parsed: dict[str, Any] = dspy.ChatAdapter().parse(mirror, said)
    return parsed


def test_a_false_in_the_answer_is_false() -> None:
    """The boolean is typed, so that the word False is not a text that counts as true."""
    text = (
        "[[ ## is_complete ## ]]\nFalse\n\n[[ ## missing_requirements ## ]]\n[]\n\n"
        "[[ ## explanation ## ]]\nx\n\n[[ ## completed ## ]]"
    )

    assert dspy.ChatAdapter().parse(build(SPEC), text)["is_complete"] is False


def test_inputs_are_marked_in_order() -> None:
    """DSPy knows the inputs by `with_inputs`; the fields keep the order of the contract."""
    example = completeness_example()
    turned = example.evolve(inputs=dict(reversed(example.inputs.items())))

    converted = to_dspy_example(SPEC, turned)

    assert converted.inputs().keys() == list(SPEC.input_names)
    assert converted.keys() == [*SPEC.input_names, *SPEC.output_names]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"implementation": "x"}, "input requirements is missing"),
        (
            {"implementation": "x", "requirement": ["a"]},
            r"input requirement is unknown \(is it requirements\?\)",
        ),
        ({"implementation": "x", "requirements": "a"}, r"requirements must be list\[str\]"),
    ],
)
def test_an_example_with_wrong_fields_is_refused(changed: dict[str, Any], problem: str) -> None:
    """DSPy would warn and train on prompts without the input; here the field is named."""
    example = completeness_example()

    with pytest.raises(InputError, match=problem):
        to_dspy_example(SPEC, example.evolve(inputs=changed))


def test_a_prediction_is_read_in_its_types() -> None:
    """A well-formed prediction gives exactly the output fields."""
    outputs = {"is_complete": False, "missing_requirements": ["a"], "explanation": "b"}

    reading = read_prediction(SPEC, dspy.Prediction(**outputs, reasoning="because"))

    assert not reading.is_malformed
    assert reading.outputs == outputs


@pytest.mark.parametrize(
    ("outputs", "problem"),
    [
        ({"is_complete": True, "explanation": "b"}, "output missing_requirements is missing"),
        (
            {"is_complete": None, "missing_requirements": [], "explanation": "b"},
            "output is_complete is missing",
        ),
        (
            {"is_complete": "False", "missing_requirements": [], "explanation": "b"},
            "is_complete must be bool, not str 'False'",
        ),
    ],
)
def test_a_malformed_prediction_is_a_finding(outputs: dict[str, Any], problem: str) -> None:
    """What is missing or mistyped is named; there is nothing left to score."""
    reading = read_prediction(SPEC, dspy.Prediction(**outputs))

    assert reading.is_malformed
    assert reading.problems == (problem,)
    assert reading.outputs == {}


def test_a_users_class_becomes_a_contract() -> None:
    """Fields, types, descriptions and instructions are taken over; labels are found."""
    spec = spec_from_dspy(Triage, metric=zero)

    assert spec.name == "Triage"
    assert spec.instructions == "Decide how urgent a ticket is."
    assert spec.input_names == ("ticket", "tags")
    assert [f.description for f in spec.outputs] == ["how soon it is needed", ""]
    assert spec.outputs[0].choices == ("low", "high")
    assert spec.label({"urgency": "high", "reply": ""}) == "high"
    assert tuple(build(spec).fields) == tuple(Triage.fields)


def test_a_class_with_other_types_is_refused() -> None:
    """A type that Ratchet can not validate is named with its field."""
    with pytest.raises(ConfigurationError, match="'score' has the type"):
        spec_from_dspy(dspy.Signature("text -> score: float"), metric=zero)


def test_what_is_no_signature_class_is_refused() -> None:
    """A function or another class is not taken for a signature."""
    with pytest.raises(ConfigurationError, match="is not a dspy"):
        spec_from_dspy(dict, metric=zero)  # type: ignore[arg-type]  # the mistake under test
    assert not is_signature_class(SPEC)


def test_a_dspy_metric_is_used_as_it_is() -> None:
    """It sees an example and a prediction; its number or its score and feedback come back."""

    def exact(example: dspy.Example, prediction: dspy.Prediction, trace: object = None) -> bool:
        return bool(example.urgency == prediction.urgency and example.inputs().ticket == "t")

    def explained(example: dspy.Example, prediction: dspy.Prediction, trace: object) -> Any:
        return dspy.Prediction(score=7, feedback="far too good")

    inputs, gold = {"ticket": "t", "tags": []}, {"urgency": "low", "reply": ""}

    assert from_dspy_metric(exact)(inputs, gold, gold).value == 1.0
    assert from_dspy_metric(exact)(inputs, gold, {**gold, "urgency": "high"}).value == 0.0
    assert from_dspy_metric(explained)(inputs, gold, gold) == Score(
        value=1.0, feedback="far too good"
    )
