"""validate_completeness: is every requirement met by the implementation?"""

from __future__ import annotations

from collections.abc import Iterator

from ratchet.signatures.coverage_plan import (
    USUAL_DIFFICULTIES,
    CoverageCell,
    CoveragePlan,
    Rule,
    counted,
    decided,
    difficulty_cells,
    domain_cells,
    requirement_type_cells,
    shared,
    tagged,
)
from ratchet.signatures.judgement import agrees_with_list, judgement_metric
from ratchet.signatures.matching import MIN_SIMILARITY, text_similarity
from ratchet.signatures.spec import Field, GatePolicy, SignatureSpec, Values
from ratchet.signatures.vocabulary import CATEGORIES


def missing_items_name_inputs(inputs: Values, outputs: Values) -> Iterator[str]:
    """Each missing requirement repeats one of the inputs; a reason may follow it."""
    for item in outputs["missing_requirements"]:
        if not any(_names(item, requirement) for requirement in inputs["requirements"]):
            yield f"missing_requirements has {item[:80]!r}, which is none of the requirements"


def _names(item: str, requirement: str) -> bool:
    if item.lower().startswith(requirement.lower().rstrip(" .")):
        return True
    return text_similarity(item, requirement) >= MIN_SIMILARITY


def _level(key: str, words: str, want: int, rule: Rule, *, positive: bool) -> CoverageCell:
    return CoverageCell(
        key=key, words=words, dimension="level", want=want, rule=rule, positive=positive
    )


def _missing_share(key: str, want: int, low: float, high: float) -> CoverageCell:
    """A cell by the share of the requirements that is missing."""
    return CoverageCell(
        key=key,
        words=f"{key} complete",
        dimension="share",
        want=want,
        rule=shared("missing_requirements", "requirements", low, high),
        positive=False,
    )


def _size(key: str, want: int, low: int, high: int | None) -> CoverageCell:
    rule = counted("requirements", low, high)
    return CoverageCell(key=key, words=key, dimension="size", want=want, rule=rule)


def _pattern(tag: str, want: int, *, positive: bool | None = False) -> CoverageCell:
    return CoverageCell(
        key=tag,
        words=f"with {tag}",
        dimension="pattern",
        want=want,
        rule=tagged(tag),
        positive=positive,
    )


COVERAGE = CoveragePlan(
    cells=(
        _level("complete", "complete", 10, decided("is_complete", value=True), positive=True),
        _level(
            "partially complete",
            "partially complete",
            15,
            counted("missing_requirements", 3, 5),
            positive=False,
        ),
        _level(
            "barely complete",
            "barely complete",
            10,
            shared("missing_requirements", "requirements", 0.6, 1.0),
            positive=False,
        ),
        _missing_share("80 %", 5, 0.05, 0.34),
        _missing_share("50 %", 8, 0.35, 0.65),
        _missing_share("20 %", 8, 0.66, 1.0),
        CoverageCell(
            key="edge case",
            words="ambiguous or over-implemented",
            dimension="pattern",
            want=5,
            rule=tagged("ambiguous requirement", "over-implemented"),
        ),
        _pattern("obvious omission", 5),
        _pattern("subtle omission", 8),
        _pattern("hidden requirement", 5),
        _size("simple", 10, 1, 4),
        _size("medium", 18, 5, 7),
        _size("complex", 6, 10, None),
        *requirement_type_cells(
            "requirements",
            {
                "security": 5,
                "performance": 5,
                "scalability": 3,
                "testing": 8,
                "documentation": 6,
                "error handling": 8,
                "logging": 6,
            },
        ),
        *domain_cells(
            {
                "authentication": 3,
                "api": 4,
                "database": 4,
                "algorithms": 2,
                "ui": 3,
                "infrastructure": 3,
                "data": 3,
            }
        ),
        *difficulty_cells(USUAL_DIFFICULTIES),
    )
)

SPEC = SignatureSpec(
    name="validate_completeness",
    instructions=(
        "Decide whether the implementation is complete. Look for evidence of each requirement "
        "(files, functions, lines, tests); a requirement without evidence is missing. List each "
        "missing requirement in the words of the input."
    ),
    inputs=(
        Field(name="implementation", type=str, description="what was done: files, lines, tests"),
        Field(name="requirements", type=list[str], description="everything that was asked for"),
    ),
    outputs=(
        Field(name="is_complete", type=bool, description="true when no requirement is missing"),
        Field(
            name="missing_requirements",
            type=list[str],
            description="the requirements without evidence; [] if none",
        ),
        Field(name="explanation", type=str, description="n of m covered, and what each gap means"),
    ),
    decision="is_complete",
    invariants=(
        agrees_with_list("is_complete", "missing_requirements"),
        missing_items_name_inputs,
    ),
    metric=judgement_metric("is_complete", "missing_requirements"),
    label=lambda outputs: "complete" if outputs["is_complete"] else "incomplete",
    policy=GatePolicy(min_quality=75.0, label_shares={"complete": 0.40, "incomplete": 0.60}),
    categories=CATEGORIES,
    coverage=COVERAGE,
)
