"""The coverage plan: cells decided by facts, and refused when they can not be right."""

from __future__ import annotations

import pytest

from ratchet import signatures
from ratchet.collect.starter import starter_signatures
from ratchet.errors import ConfigurationError
from ratchet.signatures.coverage_plan import (
    CoverageCell,
    CoveragePlan,
    Rule,
    about,
    all_of,
    any_of,
    counted,
    decided,
    says,
    shared,
    tagged,
)
from tests.builders import completeness_example

EXAMPLE = completeness_example(
    requirements=("Log each refusal", "Lock after five failures", "Answer within 200 ms"),
    missing=("Lock after five failures",),
    category="authentication",
    provenance={"tags": ["subtle omission"], "level": "minor"},
)


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        (tagged("subtle omission"), True),
        (tagged("minor", "other"), True),
        (tagged("authentication"), False),
        (about("authentication"), True),
        (counted("requirements", 3, 3), True),
        (counted("requirements", 4), False),
        (shared("missing_requirements", "requirements", 0.3, 0.4), True),
        (shared("missing_requirements", "requirements", 0.5, 1.0), False),
        (decided("is_complete", value=False), True),
        (says("requirements", r"\blog\b", named="logging"), True),
        (says("implementation", r"\bblockchain\b", named="chains"), False),
        (any_of(tagged("none"), decided("is_complete", value=False)), True),
        (all_of(tagged("none"), decided("is_complete", value=False)), False),
    ],
    ids=lambda value: value.said if isinstance(value, Rule) else "",
)
def test_a_rule_reads_facts_of_the_example(rule: Rule, *, holds: bool) -> None:
    """Tags, category, counts, shares, decisions and named words decide; nothing else."""
    assert rule.holds(EXAMPLE) is holds


def test_a_rule_says_what_it_looks_at() -> None:
    """Every filled cell can be explained in the words of its rule."""
    rule = any_of(tagged("a"), all_of(counted("requirements", 2), tagged("b")))

    assert rule.said == "tagged a or requirements from 2 up and tagged b"
    assert rule.tags == ("a", "b")


def test_a_plan_refuses_two_cells_of_one_key() -> None:
    """A repeated key would count one kind twice."""
    cell = CoverageCell(key="a", words="a", dimension="d", want=1, rule=tagged("a"))

    with pytest.raises(ConfigurationError, match="two cells"):
        CoveragePlan(cells=(cell, cell))


def test_a_cell_refuses_to_want_nothing() -> None:
    """A cell that wants no example asks for nothing."""
    with pytest.raises(ConfigurationError, match="wants 0"):
        CoverageCell(key="a", words="a", dimension="d", want=0, rule=tagged("a"))


@pytest.mark.parametrize("name", starter_signatures())
def test_every_signature_with_a_starter_set_has_a_plan(name: str) -> None:
    """A starter set without a plan could not be called complete."""
    cells = signatures.get(name).coverage.cells

    assert len({cell.dimension for cell in cells}) >= 3
    assert {"difficulty:easy", "difficulty:medium", "difficulty:hard"} <= {c.key for c in cells}
