"""validate_correctness: is the implementation free of defects?"""

from __future__ import annotations

from ratchet.signatures.coverage_plan import (
    USUAL_DIFFICULTIES,
    CoverageCell,
    CoveragePlan,
    Rule,
    about,
    any_of,
    categorised,
    decided,
    difficulty_cells,
    domain_cells,
    says,
    tagged,
)
from ratchet.signatures.judgement import agrees_with_list, judgement_metric
from ratchet.signatures.spec import Field, GatePolicy, SignatureSpec
from ratchet.signatures.vocabulary import CATEGORIES


def _level(key: str, words: str, want: int, rule: Rule, *, positive: bool) -> CoverageCell:
    return CoverageCell(
        key=key, words=words, dimension="level", want=want, rule=rule, positive=positive
    )


def _family(tag: str, words: str, want: int) -> CoverageCell:
    return CoverageCell(
        key=f"defect:{tag}",
        words=words,
        dimension="family",
        want=want,
        rule=tagged(tag),
        positive=False,
    )


def _code(key: str, want: int, rule: Rule) -> CoverageCell:
    return CoverageCell(key=key, words=key, dimension="code", want=want, rule=rule)


def _context(key: str, words: str, want: int, pattern: str) -> CoverageCell:
    dimension = key.partition(":")[0]
    rule = says("execution_context", pattern, named=words)
    return CoverageCell(key=key, words=words, dimension=dimension, want=want, rule=rule)


COVERAGE = CoveragePlan(
    cells=(
        _level("correct", "correct", 10, decided("is_correct", value=True), positive=True),
        _level("minor", "minor", 15, tagged("minor"), positive=False),
        _level("major", "major", 15, tagged("major"), positive=False),
        _family("logic", "logic", 8),
        _family("security", "security", 6),
        _family("performance", "performance", 5),
        _family("edge case", "edge case", 6),
        _code("algorithms", 5, about("algorithms")),
        _code("concurrency", 5, about("concurrency")),
        _code("data structures", 5, tagged("data structures")),
        _code("APIs", 5, any_of(categorised("api"), tagged("APIs"))),
        _code(
            "database operations", 5, any_of(categorised("database"), tagged("database operations"))
        ),
        _context("phase:specification", "in the specification phase", 5, "Phase: specification"),
        _context(
            "phase:implementation", "in the implementation phase", 15, "Phase: implementation"
        ),
        _context("phase:review", "in the review phase", 10, "Phase: review"),
        _context("attempts:none", "at the first attempt", 10, "attempts: 0"),
        _context("attempts:one", "at the second attempt", 8, "attempts: 1"),
        _context("attempts:more", "at a later attempt", 8, "attempts: [2-9]"),
        *domain_cells(
            {"authentication": 3, "security": 3, "ui": 3, "infrastructure": 3, "data": 3}
        ),
        *difficulty_cells(USUAL_DIFFICULTIES),
    )
)

SPEC = SignatureSpec(
    name="validate_correctness",
    instructions=(
        "Decide whether the implementation is correct. Look for logic errors, security holes, "
        "unhandled edge cases and performance problems, and name each one. An implementation "
        "without a defect has no issues."
    ),
    inputs=(
        Field(name="implementation", type=str, description="what was done; code may be included"),
        Field(
            name="execution_context",
            type=str,
            description="phase, agent, status and number of previous attempts",
        ),
    ),
    outputs=(
        Field(name="is_correct", type=bool, description="true when there is no issue"),
        Field(name="issues", type=list[str], description="each defect in a sentence; [] if none"),
        Field(name="explanation", type=str, description="the evidence for the decision"),
    ),
    decision="is_correct",
    invariants=(agrees_with_list("is_correct", "issues"),),
    metric=judgement_metric("is_correct", "issues"),
    label=lambda outputs: "correct" if outputs["is_correct"] else "incorrect",
    policy=GatePolicy(min_quality=75.0),
    categories=CATEGORIES,
    coverage=COVERAGE,
)
