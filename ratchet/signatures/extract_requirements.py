"""extract_requirements: what does a user's wish ask for, in order of importance?"""

from __future__ import annotations

from collections.abc import Iterator

from ratchet.signatures.coverage_plan import (
    USUAL_DIFFICULTIES,
    CoverageCell,
    CoveragePlan,
    counted,
    difficulty_cells,
    domain_cells,
    requirement_type_cells,
    tagged,
)
from ratchet.signatures.matching import ListMatch, match_lists, order_agreement, quoted
from ratchet.signatures.spec import Field, GatePolicy, Score, SignatureSpec, Values
from ratchet.signatures.vocabulary import CATEGORIES

F1_WEIGHT, ORDER_WEIGHT = 0.7, 0.3
LOWEST_PRIORITY = 10


def priorities_rank_requirements(_: Values, outputs: Values) -> Iterator[str]:
    """One priority a requirement, 1 (most important) to 10, most important first."""
    requirements, priorities = outputs["requirements"], outputs["priorities"]
    if len(requirements) != len(priorities):
        yield f"{len(requirements)} requirements have {len(priorities)} priorities"
    if any(not 1 <= priority <= LOWEST_PRIORITY for priority in priorities):
        yield f"priorities are {priorities}; each must be 1..{LOWEST_PRIORITY}"
    if priorities != sorted(priorities):
        yield f"priorities are {priorities}; the most important (1) must come first"


def metric(_: Values, gold: Values, predicted: Values) -> Score:
    """F1 of the requirements plus agreement on the order of their priorities."""
    match = match_lists(gold["requirements"], predicted["requirements"])
    order = _order(match, gold["priorities"], predicted["priorities"])
    feedback = [f"{len(match.pairs)} of {len(gold['requirements'])} requirements found."]
    if match.unmatched_gold:
        missed = [gold["requirements"][i] for i in match.unmatched_gold]
        feedback.append(f"Missed: {quoted(missed)}.")
    if match.unmatched_predicted:
        extra = [predicted["requirements"][i] for i in match.unmatched_predicted]
        feedback.append(f"Not asked for: {quoted(extra)}.")
    if order < 1:
        feedback.append("The priorities order them differently.")
    value = F1_WEIGHT * match.f1 + ORDER_WEIGHT * order
    return Score(value=min(1.0, value), feedback=" ".join(feedback))


def _order(match: ListMatch, gold: list[int], predicted: list[int]) -> float:
    """Agreement on the matched pairs, worth no more than the match; no priority, no agreement."""
    pairs = [(g, p) for g, p, _ in match.pairs if g < len(gold) and p < len(predicted)]
    agreement = order_agreement([gold[g] for g, _ in pairs], [predicted[p] for _, p in pairs])
    ranked = len(pairs) / len(match.pairs) if match.pairs else 1.0
    return agreement * ranked * match.f1


def _size(outputs: Values) -> str:
    count = len(outputs["requirements"])
    return "few" if count <= 3 else "several" if count <= 6 else "many"


def _cell(key: str, words: str, want: int, dimension: str, *tags: str) -> CoverageCell:
    return CoverageCell(
        key=key, words=words, dimension=dimension, want=want, rule=tagged(*(tags or (key,)))
    )


def _size_cell(key: str, words: str, low: int, high: int, want: int) -> CoverageCell:
    return CoverageCell(
        key=key,
        words=words,
        dimension="size",
        want=want,
        rule=counted("requirements", low, high),
    )


COVERAGE = CoveragePlan(
    cells=(
        _size_cell("few", "short", 1, 3, 12),
        _size_cell("several", "medium-sized", 4, 6, 20),
        _size_cell("many", "long", 7, 10, 8),
        _cell("ticket", "ticket", 8, "register"),
        _cell("e-mail", "e-mail", 8, "register"),
        _cell("chat", "chat", 8, "register"),
        _cell("user story", "user story", 6, "register"),
        _cell("minutes", "minutes of a meeting", 6, "register"),
        _cell("refusal", "with a wish that is refused", 6, "trap"),
        _cell("aside", "with asides that ask for nothing", 6, "trap"),
        _cell("ambiguous", "with a vague wish", 4, "trap"),
        _cell("changed mind", "where the wish changes on the way", 4, "trap"),
        *requirement_type_cells(
            "requirements",
            {
                "security": 6,
                "performance": 6,
                "scalability": 3,
                "testing": 4,
                "documentation": 4,
                "error handling": 6,
                "logging": 5,
            },
        ),
        *domain_cells(
            {
                "authentication": 3,
                "api": 4,
                "database": 3,
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
    name="extract_requirements",
    instructions=(
        "Extract every requirement that the user's intent and its context state, each as one "
        "short sentence, and rank them. Add nothing that was not asked for."
    ),
    inputs=(
        Field(name="user_intent", type=str, description="what the user wants, in one sentence"),
        Field(name="context", type=str, description="the text around it, in the user's words"),
    ),
    outputs=(
        Field(name="requirements", type=list[str], description="one requirement an item"),
        Field(
            name="priorities",
            type=list[int],
            description="a priority for each requirement, 1 (most important) to 10, ascending",
        ),
    ),
    invariants=(priorities_rank_requirements,),
    metric=metric,
    label=_size,
    policy=GatePolicy(min_quality=70.0),
    categories=CATEGORIES,
    coverage=COVERAGE,
)
