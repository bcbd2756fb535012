"""The starter sets: strict gates, full plans, splits that test something, and no leaks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from ratchet import signatures
from ratchet.collect.starter import starter_examples, starter_file, starter_signatures
from ratchet.errors import ConfigurationError
from ratchet.examples import Example, Source
from ratchet.quality.coverage import measure_coverage
from ratchet.quality.gate_report import GateVerdict
from ratchet.quality.gates import check
from ratchet.quality.validation import validate
from ratchet.quality.validation_report import ValidationReport
from ratchet.signatures.dspy_class import build, to_dspy_example
from ratchet.signatures.spec import SignatureSpec
from ratchet.splits import Side, split_examples
from tests.builders import NOON

REVIEWER = (
    "extract_requirements",
    "generate_guidance",
    "validate_completeness",
    "validate_correctness",
    "validate_intent",
)
MIN_TEST_EXAMPLES = 15


@dataclass(frozen=True, kw_only=True)
class StarterSet:
    """A starter set with its contract and what validation says of it."""

    spec: SignatureSpec
    examples: tuple[Example, ...]
    report: ValidationReport


@cache
def read(name: str) -> StarterSet:
    """Read and validate a set once."""
    spec, examples = signatures.get(name), starter_examples(name)
    return StarterSet(spec=spec, examples=examples, report=validate(spec, examples, now=NOON))


@pytest.fixture(params=REVIEWER)
def starter(request: pytest.FixtureRequest) -> StarterSet:
    """Each of the five sets in turn."""
    return read(request.param)


def test_the_five_reviewer_signatures_have_a_set() -> None:
    """A new user can optimise each of them from the first minute."""
    assert set(REVIEWER) <= set(starter_signatures())


def test_a_set_has_fifty_examples_and_all_are_accepted(starter: StarterSet) -> None:
    """No example breaks the contract, repeats another or is of poor quality."""
    assert len(starter.examples) == 50
    assert starter.report.rejected == ()
    assert starter.report.linked == ()


def test_a_set_passes_the_strict_gates_without_a_leak(starter: StarterSet) -> None:
    """Quality, difficulty, labels, categories and sources hold, and no length tells the label."""
    report = check(starter.spec, starter.report.accepted, strict=True)

    assert report.verdict is GateVerdict.PASS, report.message
    assert report.label_leaks == ()


def test_a_set_fills_its_coverage_plan(starter: StarterSet) -> None:
    """Every cell has what it wants."""
    report = measure_coverage(starter.spec, starter.examples)

    assert report.cells
    assert [found.cell.key for found in report.missing] == []


def test_a_split_has_enough_test_examples_of_every_kind(starter: StarterSet) -> None:
    """The sealed side is large, has every label, and shares no group with another side."""
    split = split_examples(starter.spec, starter.report.accepted)
    groups = {side: {e.group_id for e in split.side(side)} for side in Side}
    label = starter.spec.label

    assert len(split.test) >= MIN_TEST_EXAMPLES
    assert {label(e.outputs) for e in split.test} == {label(e.outputs) for e in starter.examples}
    assert not groups[Side.TEST] & (groups[Side.TRAIN] | groups[Side.VALIDATION])
    assert split.report.excluded == ()


def test_an_example_survives_the_form_on_disk_and_fits_a_prompt(starter: StarterSet) -> None:
    """Reading what was written gives the same example, and DSPy gets all of its fields."""
    assert build(starter.spec)
    for example in starter.report.accepted:
        assert Example.from_json(example.to_json()) == example
        given = to_dspy_example(starter.spec, example)
        assert set(given.inputs().keys()) == set(starter.spec.input_names)


def test_every_label_scores_full_marks_against_itself(starter: StarterSet) -> None:
    """The metric agrees that the gold answer is right."""
    for example in starter.examples:
        score = starter.spec.metric(example.inputs, example.outputs, example.outputs)
        assert score.value == pytest.approx(1.0)


def test_every_example_says_what_it_tests(starter: StarterSet) -> None:
    """Notes are written for each, and both ways of making examples are told apart."""
    sources = Counter(example.source for example in starter.examples)

    assert all(len(example.notes.split()) >= 4 for example in starter.examples)
    assert set(sources) == {Source.MANUAL, Source.SYNTHETIC}


def test_a_signature_without_a_set_is_refused_by_name(tmp_path: Path) -> None:
    """The message names where was looked and what there is."""
    (tmp_path / "other.json").write_text("[]")

    with pytest.raises(ConfigurationError, match="there is one for: other"):
        starter_file("validate_intent", tmp_path)


def test_a_damaged_set_is_an_error_and_not_a_smaller_set(tmp_path: Path) -> None:
    """A row that can not be read is named."""
    (tmp_path / "validate_intent.json").write_text('[{"inputs": {}, "outputs": {}}]')

    with pytest.raises(ConfigurationError, match="damaged"):
        starter_examples("validate_intent", folder=tmp_path)
