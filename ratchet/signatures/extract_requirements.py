"""extract_requirements: what does a user's wish ask for, in order of importance?"""

from __future__ import annotations

from collections.abc import Iterator

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
)
