"""generate_guidance: what should the next attempt do about the issues of the last one?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ratchet.signatures.coverage_plan import (
    USUAL_DIFFICULTIES,
    CoverageCell,
    CoveragePlan,
    Rule,
    about,
    counted,
    difficulty_cells,
    domain_cells,
    tagged,
)
from ratchet.signatures.matching import match_lists, order_agreement, quoted, text_similarity
from ratchet.signatures.spec import Field, GatePolicy, Score, SignatureSpec, Values
from ratchet.signatures.vocabulary import CATEGORIES

ISSUES_WEIGHT, ORDER_WEIGHT, WARNINGS_WEIGHT = 0.5, 0.25, 0.25
ADDRESSED = 0.5  # share of an issue's words, from which a text speaks of it
OFF_TOPIC = 0.10  # share of the guidance's own words that intent, issues or label know
STEM_LETTERS = 4  # "logged" and "logging" are one word, as far as topics go
STOP_WORDS = frozenset({"the", "and", "are", "was", "were", "for", "not", "but", "has", "have",
                        "its", "with", "that", "this", "from"})  # fmt: skip
OFF_TOPIC_PENALTY = 0.5


def order_is_permutation(_: Values, outputs: Values) -> Iterator[str]:
    """priority_order names each numbered item of the guidance once."""
    order = outputs["priority_order"]
    if sorted(order) != list(range(1, len(order) + 1)):
        yield f"priority_order is {order}; it must be a permutation of 1..{len(order)}"


def metric(inputs: Values, gold: Values, predicted: Values) -> Score:
    """Issues addressed, order agreement and warnings; halved off topic, 0 when empty."""
    if not predicted["guidance"].strip():
        return Score(value=0.0, feedback="The guidance is empty.")
    expected = _addressed(inputs["issues"], gold) or set(range(len(inputs["issues"])))
    missed = expected - _addressed(inputs["issues"], predicted)
    if not _addressed(inputs["issues"], gold):  # the label speaks of them in other words
        addressed = text_similarity(gold["guidance"], predicted["guidance"])
    else:
        addressed = 1 - len(missed) / len(expected)
    order = order_agreement(gold["priority_order"], predicted["priority_order"])
    warnings = match_lists(gold["warnings"], predicted["warnings"]).f1
    value = ISSUES_WEIGHT * addressed + ORDER_WEIGHT * order + WARNINGS_WEIGHT * warnings
    feedback = [f"{addressed:.0%} of the issues are addressed."]
    if missed and addressed < 1:
        feedback.append(f"Not addressed: {quoted([inputs['issues'][i] for i in sorted(missed)])}.")
    if order < 1:
        feedback.append(f"The order of work is {gold['priority_order']}.")
    if warnings < 1:
        feedback.append(f"The warnings are {quoted(gold['warnings']) or 'none'}.")
    if _is_off_topic(inputs, gold, predicted):
        value *= OFF_TOPIC_PENALTY
        feedback.append("The guidance is off topic.")
    return Score(value=value, feedback=" ".join(feedback))


def _addressed(issues: list[str], outputs: Values) -> set[int]:
    said = _stems(" ".join([outputs["guidance"], *outputs["warnings"]]))
    found = set()
    for index, issue in enumerate(issues):
        words = _stems(issue)
        if words and len(words & said) >= ADDRESSED * len(words):
            found.add(index)
    return found


def _is_off_topic(inputs: Values, gold: Values, predicted: Values) -> bool:
    if predicted["guidance"] == gold["guidance"]:
        return False  # even when it has no words to compare
    topic = _stems(" ".join([gold["guidance"], inputs["user_intent"], *inputs["issues"]]))
    words = _stems(predicted["guidance"])
    return len(words & topic) <= OFF_TOPIC * len(words)


def _stems(text: str) -> frozenset[str]:
    """The words that carry a topic, cut to their first letters."""
    words = re.findall(r"\w+", text.lower())
    return frozenset(w[:STEM_LETTERS] for w in words if len(w) > 2 and w not in STOP_WORDS)


def _attempt(key: str, words: str, want: int, low: int, high: int) -> CoverageCell:
    rule = counted("attempt_number", low, high)
    return CoverageCell(key=key, words=words, dimension="attempt", want=want, rule=rule)


def _tagged(tag: str, words: str, want: int, dimension: str) -> CoverageCell:
    return CoverageCell(key=tag, words=words, dimension=dimension, want=want, rule=tagged(tag))


def _aim(key: str, words: str, want: int, rule: Rule) -> CoverageCell:
    return CoverageCell(key=key, words=words, dimension="aim", want=want, rule=rule)


COVERAGE = CoveragePlan(
    cells=(
        _attempt("first attempt", "first-attempt", 10, 1, 1),
        _attempt("second attempt", "second-attempt", 15, 2, 2),
        _attempt("later attempt", "later-attempt", 10, 3, 5),
        _aim("architecture", "architecture", 5, tagged("architecture decision")),
        _aim("performance", "performance", 5, about("performance")),
        _aim("security", "security", 5, about("security")),
        _tagged("simple fix", "simple-fix", 12, "complexity"),
        _tagged("moderate refactoring", "refactoring", 18, "complexity"),
        _tagged("major redesign", "redesign", 6, "complexity"),
        _tagged("architecture advice", "with advice on the architecture", 8, "advice"),
        _tagged("code suggestions", "with suggestions for the code", 12, "advice"),
        _tagged("testing strategies", "with testing strategies", 6, "advice"),
        _tagged("debugging help", "with help in debugging", 8, "advice"),
        *domain_cells(
            {
                "authentication": 3,
                "api": 3,
                "database": 3,
                "algorithms": 3,
                "ui": 3,
                "infrastructure": 3,
            }
        ),
        *difficulty_cells(USUAL_DIFFICULTIES),
    )
)

SPEC = SignatureSpec(
    name="generate_guidance",
    instructions=(
        "Write guidance for the next attempt: one numbered step for each issue, what to change "
        "and how to check it, without writing the code. Then give the order in which to take the "
        "steps and warn of what could go wrong."
    ),
    inputs=(
        Field(name="user_intent", type=str, description="what the user wants, in one sentence"),
        Field(name="requirements", type=list[str], description="what the intent demands"),
        Field(name="issues", type=list[str], description="what is wrong with the last attempt"),
        Field(
            name="attempt_number",
            type=int,
            description="how many attempts there were, 1 to 5",
            minimum=1,
            maximum=5,
        ),
    ),
    outputs=(
        Field(name="guidance", type=str, description="numbered steps, one a line"),
        Field(
            name="priority_order",
            type=list[int],
            description="the numbers of the steps, most urgent first",
        ),
        Field(name="warnings", type=list[str], description="what could go wrong; [] if nothing"),
    ),
    invariants=(order_is_permutation,),
    metric=metric,
    label=lambda outputs: "one step" if len(outputs["priority_order"]) <= 1 else "several steps",
    policy=GatePolicy(min_quality=80.0),
    categories=CATEGORIES,
    coverage=COVERAGE,
)
