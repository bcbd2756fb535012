from __future__ import annotations

from dataclasses import replace

import pytest

from ratchet import signatures
from ratchet.optimize.audit import audit_metric, perturb
from ratchet.signatures.spec import Metric, Score, SignatureSpec, Values
from tests.builders import completeness_example
from tests.optimize_builders import completeness_examples

SPEC = signatures.get("validate_completeness")
EXAMPLES = completeness_examples(24)


def with_metric(metric: Metric) -> SignatureSpec:
    """The contract with another metric."""
    return replace(SPEC, metric=metric)


def always(value: float) -> Metric:
    """A metric that looks at nothing."""
    return lambda *_: Score(value=value, feedback="")


def test_the_built_in_metric_passes() -> None:
    """The metric of a validator tells right from wrong, and the figures say by how much."""
    audit = audit_metric(SPEC, EXAMPLES, seed=7)

    assert audit.passed
    assert audit.findings == ()
    assert audit.figures is not None
    assert audit.figures.gold == 1.0
    assert audit.figures.perturbed < 0.5
    assert audit.figures.field_costs["explanation"] == 0.0
    assert audit.figures.field_costs["is_complete"] == pytest.approx(0.5)


def test_a_blind_metric_is_found() -> None:
    """A metric that gives every output 0.5 stops the run with the finding."""
    audit = audit_metric(with_metric(always(0.5)), EXAMPLES, seed=7)

    assert not audit.passed
    assert any("labelled outputs score 0.50" in finding for finding in audit.findings)
    assert any("Every wrong output scores the same" in finding for finding in audit.findings)


def test_a_generous_metric_is_found() -> None:
    """A metric that gives everything 1 passes the gold check and fails the others."""
    audit = audit_metric(with_metric(always(1.0)), EXAMPLES, seed=7)

    assert not audit.passed
    assert any(finding.startswith("Empty outputs score 1.00") for finding in audit.findings)
    assert any(finding.startswith("Foreign outputs score 1.00") for finding in audit.findings)


def test_a_metric_of_length_is_found() -> None:
    """A metric that rewards any long answer gives foreign outputs the same score."""

    def length(_: Values, gold: Values, predicted: Values) -> Score:
        return Score(value=float(len(predicted["explanation"]) > 5), feedback="")

    audit = audit_metric(with_metric(length), EXAMPLES, seed=7)

    assert any(finding.startswith("Foreign outputs") for finding in audit.findings)


def test_a_metric_that_ignores_the_decision_is_found() -> None:
    """A validator's metric must look at its decision."""

    def lists_only(_: Values, gold: Values, predicted: Values) -> Score:
        same = gold["missing_requirements"] == predicted["missing_requirements"]
        return Score(value=float(same), feedback="")

    audit = audit_metric(with_metric(lists_only), EXAMPLES, seed=7)

    assert audit.findings == ("A wrong is_complete costs nothing.",)


def test_an_exact_match_passes() -> None:
    """A strict metric is no blind one, though every wrong output scores 0."""

    def exact(_: Values, gold: Values, predicted: Values) -> Score:
        return Score(value=float(dict(gold) == dict(predicted)), feedback="")

    assert audit_metric(with_metric(exact), EXAMPLES, seed=7).passed


def test_a_failing_metric_is_a_finding_not_a_crash() -> None:
    """An exception inside the metric is reported with its words."""

    def broken(*_: Values) -> Score:
        raise KeyError("explanatoin")

    audit = audit_metric(with_metric(broken), EXAMPLES, seed=7)

    assert not audit.passed
    assert "explanatoin" in audit.findings[0]


def test_examples_that_all_say_the_same_are_found() -> None:
    """When one constant answer is always right there is nothing to learn."""
    alike = [completeness_example(group_id=f"g{i}") for i in range(12)]

    audit = audit_metric(SPEC, alike, seed=7)

    assert any("All examples have the same outputs" in finding for finding in audit.findings)
    assert any("A constant answer" in finding for finding in audit.findings)


def test_one_example_can_not_be_audited() -> None:
    """Without another example there is no foreign output."""
    assert "too few" in audit_metric(SPEC, EXAMPLES[:1], seed=7).findings[0]


@pytest.mark.parametrize("name", signatures.names())
def test_a_perturbation_keeps_the_types_and_changes_every_field(name: str) -> None:
    """A perturbed output is wrong, yet well-typed, for every signature."""
    spec = signatures.get(name)
    values = {bool: True, int: 3, str: "four words of text", list[str]: ["a b", "c d"]}
    values |= {list[int]: [1, 2], dict[str, str]: {"0": "x"}}
    outputs = {f.name: values[f.type] for f in spec.outputs}

    changed = perturb(spec, outputs)

    assert all(changed[f.name] != outputs[f.name] for f in spec.outputs)
    assert [f.problem(changed[f.name]) for f in spec.outputs] == [None] * len(spec.outputs)
