"""Coverage: what a set has of each cell, and what is missing."""

from __future__ import annotations

from dataclasses import replace

from ratchet import signatures
from ratchet.examples import Difficulty
from ratchet.quality.coverage import measure_coverage
from ratchet.signatures.coverage_plan import CoveragePlan
from tests.quality_builders import scored_example

SPEC = signatures.get("validate_completeness")


def test_an_example_counts_in_every_cell_it_is_in() -> None:
    """A complete example of the API is one of the complete, of the API and of its difficulty."""
    report = measure_coverage(SPEC, [scored_example(2, difficulty=Difficulty.HARD)])

    have = {found.cell.key: found.have for found in report.cells}
    assert have["complete"] == have["domain:api"] == have["difficulty:hard"] == 1
    assert have["partially complete"] == have["difficulty:easy"] == 0


def test_more_than_wanted_is_no_negative_deficit() -> None:
    """Forty complete examples do not make up for what other cells lack."""
    report = measure_coverage(SPEC, [scored_example(number) for number in range(40)])

    missing = {found.cell.key: found.missing for found in report.cells}
    assert missing["complete"] == 0
    assert missing["partially complete"] == 15
    assert not report.is_full


def test_a_signature_without_a_plan_asks_for_nothing() -> None:
    """A team's own signature need not have a plan."""
    report = measure_coverage(replace(SPEC, coverage=CoveragePlan()), [scored_example(1)])

    assert report.is_full
    assert report.message == "validate_completeness has no coverage plan"
