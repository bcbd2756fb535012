"""validate_intent: does the implementation do what the user asked for?"""

from __future__ import annotations

from ratchet.signatures.coverage_plan import (
    USUAL_DIFFICULTIES,
    CoverageCell,
    CoveragePlan,
    Rule,
    all_of,
    counted,
    decided,
    difficulty_cells,
    domain_cells,
    requirement_type_cells,
    shared,
    tagged,
)
from ratchet.signatures.judgement import agrees_with_list, judgement_metric
from ratchet.signatures.spec import Field, GatePolicy, SignatureSpec
from ratchet.signatures.vocabulary import CATEGORIES


def _cell(
    key: str, words: str, want: int, rule: Rule, *, dimension: str, positive: bool | None
) -> CoverageCell:
    return CoverageCell(
        key=key, words=words, dimension=dimension, want=want, rule=rule, positive=positive
    )


def _missed(key: str, words: str, want: int, rule: Rule) -> CoverageCell:
    return _cell(key, words, want, rule, dimension="missed", positive=False)


COVERAGE = CoveragePlan(
    cells=(
        _cell(
            "satisfied",
            "satisfied",
            18,
            decided("intent_satisfied", value=True),
            dimension="decision",
            positive=True,
        ),
        _cell(
            "unsatisfied",
            "unsatisfied",
            18,
            decided("intent_satisfied", value=False),
            dimension="decision",
            positive=False,
        ),
        _missed("one missing", "with one aspect missing", 8, counted("missing_aspects", 1, 1)),
        _missed("two missing", "with two aspects missing", 5, counted("missing_aspects", 2, 2)),
        _missed("many missing", "with three aspects missing", 4, counted("missing_aspects", 3)),
        _missed(
            "mostly missing",
            "with most aspects missing",
            3,
            shared("missing_aspects", "requirements", 0.6, 1.0),
        ),
        _cell(
            "obvious",
            "with an obvious omission",
            5,
            tagged("obvious omission"),
            dimension="pattern",
            positive=False,
        ),
        _cell(
            "subtle",
            "with a subtle omission",
            8,
            tagged("subtle omission"),
            dimension="pattern",
            positive=False,
        ),
        _cell(
            "hidden",
            "with a hidden requirement left out",
            4,
            tagged("hidden requirement"),
            dimension="pattern",
            positive=False,
        ),
        _cell(
            "other aim",
            "that solve another problem than the one asked about",
            4,
            tagged("another aim"),
            dimension="pattern",
            positive=False,
        ),
        _cell(
            "over-implemented",
            "over-implemented but satisfied",
            3,
            all_of(tagged("over-implemented"), decided("intent_satisfied", value=True)),
            dimension="pattern",
            positive=True,
        ),
        _cell(
            "unusual way",
            "satisfied in an unusual way",
            3,
            all_of(tagged("unusual way"), decided("intent_satisfied", value=True)),
            dimension="pattern",
            positive=True,
        ),
        *requirement_type_cells(
            "requirements",
            {
                "security": 6,
                "performance": 6,
                "testing": 5,
                "documentation": 4,
                "error handling": 6,
                "logging": 4,
            },
        ),
        *domain_cells(
            {
                "authentication": 3,
                "api": 4,
                "database": 4,
                "algorithms": 2,
                "ui": 4,
                "infrastructure": 3,
                "data": 3,
            }
        ),
        *difficulty_cells(USUAL_DIFFICULTIES),
    )
)

SPEC = SignatureSpec(
    name="validate_intent",
    instructions=(
        "Decide whether the implementation satisfies the user's intent. Compare each requirement "
        "with the evidence in the implementation (files, functions, lines, tests) and list every "
        "aspect of the intent for which there is none."
    ),
    inputs=(
        Field(name="user_intent", type=str, description="what the user wants, in one sentence"),
        Field(name="work_item", type=str, description="the task as it was given"),
        Field(name="implementation", type=str, description="what was done: files, lines, tests"),
        Field(name="requirements", type=list[str], description="what the intent demands"),
    ),
    outputs=(
        Field(name="intent_satisfied", type=bool, description="true when nothing is missing"),
        Field(name="missing_aspects", type=list[str], description="what is missing; [] if none"),
        Field(name="explanation", type=str, description="the evidence for the decision"),
    ),
    decision="intent_satisfied",
    invariants=(agrees_with_list("intent_satisfied", "missing_aspects"),),
    metric=judgement_metric("intent_satisfied", "missing_aspects"),
    label=lambda outputs: "satisfied" if outputs["intent_satisfied"] else "unsatisfied",
    policy=GatePolicy(min_quality=70.0),
    categories=CATEGORIES,
    coverage=COVERAGE,
)
