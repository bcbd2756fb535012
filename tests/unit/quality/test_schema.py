"""The generated schema finds every bad row, and says of each what is wrong with it."""

from __future__ import annotations

from typing import Any, Literal

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet import signatures
from ratchet.quality.schema import find_problems, frame_of, frame_schema
from ratchet.signatures import Field, Score, SignatureSpec
from ratchet.signatures.registry import BUILT_IN
from tests.labelled_quality_cases import CASES

EVERY_TYPE = SignatureSpec(
    name="every_type",
    instructions="Test.",
    inputs=(
        Field(name="text", type=str, description=""),
        Field(name="number", type=int, description="", minimum=1, maximum=5),
        Field(name="yes", type=bool, description=""),
        Field(name="level", type=Literal["easy", "hard"], description=""),
    ),
    outputs=(
        Field(name="items", type=list[str], description="", min_items=1, max_items=2),
        Field(name="order", type=list[int], description=""),
        Field(name="hints", type=dict[str, str], description=""),
    ),
    metric=lambda *_: Score(value=1.0, feedback=""),
    label=lambda _: "one",
)
GOOD_ROW: dict[str, Any] = {
    "text": "a",
    "number": 3,
    "yes": True,
    "level": "easy",
    "items": ["x"],
    "order": [2, 1],
    "hints": {"0": "look"},
}


def row(**changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs and outputs of a good row with `changes`."""
    values = {**GOOD_ROW, **changes}
    return (
        {name: values[name] for name in EVERY_TYPE.input_names},
        {name: values[name] for name in EVERY_TYPE.output_names},
    )


def test_good_rows_have_no_problems() -> None:
    """Rows that hold the contract pass; so do empty lists and dicts."""
    assert find_problems(EVERY_TYPE, [row(), row(order=[], hints={})]) == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": 3}, "input text must be str"),
        ({"number": True}, "input number must be int"),
        ({"number": 9}, "input number is 9; it must be 1..5"),
        ({"yes": "False"}, "input yes must be bool"),
        ({"level": "high"}, "input level must be one of easy, hard"),
        ({"items": "x"}, "output items must be list[str]"),
        ({"items": ["x", 1]}, "output items must be list[str]"),
        ({"items": []}, "output items has 0 items; it needs at least 1"),
        ({"items": ["x", "y", "z"]}, "output items has 3 items; at most 2"),
        ({"order": ["1"]}, "output order must be list[int]"),
        ({"order": None}, "output order must be list[int]"),
        ({"hints": {"0": 1}}, "output hints must be dict[str, str]"),
        ({"hints": ["a"]}, "output hints must be dict[str, str]"),
        ({"number": 10**30}, "input number is 1"),
        ({"order": [2**63]}, "output order can not be stored"),
        ({"text": "\ud800"}, "input text can not be stored"),
        ({"hints": {"0": "\udfff"}}, "output hints can not be stored"),
    ],
)
def test_a_bad_row_is_named_with_its_field_and_spares_the_others(
    change: dict[str, Any], said: str
) -> None:
    """One bad value gives reasons for its row alone, whatever its type."""
    problems = find_problems(EVERY_TYPE, [row(), row(**change), row()])
    assert list(problems) == [1]
    assert any(reason.startswith(said) for reason in problems[1])


def test_every_fault_of_a_row_is_reported() -> None:
    """Two wrong fields give two reasons."""
    problems = find_problems(EVERY_TYPE, [row(text=None, order="2")])
    assert [reason.split()[1] for reason in problems[0]] == ["text", "order"]


def test_missing_and_unknown_fields_are_named_with_the_nearest() -> None:
    """A misspelt field is both unknown and missing; the right name is suggested."""
    inputs, outputs = row()
    inputs["txet"] = inputs.pop("text")
    (reasons,) = find_problems(EVERY_TYPE, [(inputs, outputs)]).values()
    assert reasons[0] == "input text is missing"
    assert reasons[1] == "input txet is unknown; did you mean text?"


def test_invariants_are_asked_of_well_typed_rows() -> None:
    """A row of the right types that contradicts itself is bad too."""
    spec = signatures.get("validate_correctness")
    inputs = {"implementation": "x", "execution_context": "y"}
    outputs = {"is_correct": True, "issues": ["a bug"], "explanation": "z"}
    problems = find_problems(spec, [(inputs, outputs)])
    assert problems == {0: ("is_correct is true, yet issues lists 1",)}


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_schema_of_each_signature_accepts_its_examples(name: str) -> None:
    """The frame of the labelled examples holds the generated schema without coercion."""
    spec = signatures.get(name)
    rows = [(c.example.inputs, c.example.outputs) for c in CASES if c.example.signature == name]
    frame = frame_of(spec, rows)
    assert frame_schema(spec).validate(frame).height == len(rows) > 5


def test_the_schema_is_strict() -> None:
    """A column too many, and a column of another type, are refused and not coerced."""
    frame = frame_of(EVERY_TYPE, [row()])
    with pytest.raises(pa.errors.SchemaError):
        frame_schema(EVERY_TYPE).validate(frame.with_columns(extra=pl.lit(1)))
    with pytest.raises(pa.errors.SchemaError):
        frame_schema(EVERY_TYPE).validate(frame.with_columns(number=pl.lit("3")))


def test_no_rows_have_no_problems() -> None:
    """An empty batch is valid."""
    assert find_problems(EVERY_TYPE, []) == {}


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=3),
    st.floats(),
    st.lists(st.one_of(st.text(max_size=2), st.integers(), st.none()), max_size=3),
    st.dictionaries(st.text(max_size=1), st.one_of(st.text(max_size=1), st.none()), max_size=2),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(sorted(GOOD_ROW)), VALUES), max_size=6))
def test_the_schema_and_the_contract_agree(changes: list[tuple[str, Any]]) -> None:
    """Whatever the values, a row is bad exactly when the contract says so or it can not be held."""
    rows = [row(**{name: value}) for name, value in changes]
    problems = find_problems(EVERY_TYPE, rows)
    for index, (inputs, outputs) in enumerate(rows):
        said = EVERY_TYPE.problems(inputs, outputs)
        reasons = problems.get(index, ())
        assert reasons[: len(said)] == tuple(said)
        assert all("can not be stored" in reason for reason in reasons[len(said) :])
