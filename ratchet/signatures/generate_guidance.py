"""generate_guidance: what should the next attempt do about the issues of the last one?"""

from __future__ import annotations

from collections.abc import Iterator

from rapidfuzz import fuzz, utils

from ratchet.signatures.matching import match_lists, order_agreement, quoted
from ratchet.signatures.spec import Field, GatePolicy, Score, SignatureSpec, Values
from ratchet.signatures.vocabulary import CATEGORIES

ISSUES_WEIGHT, ORDER_WEIGHT, WARNINGS_WEIGHT = 0.5, 0.25, 0.25
ADDRESSED = 55.0  # token-set ratio, 0..100, from which a text speaks of an issue
OFF_TOPIC = 25.0  # token-set ratio to the labelled guidance and the issues
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
        similarity = fuzz.token_set_ratio(
            gold["guidance"], predicted["guidance"], processor=utils.default_process
        )
        addressed = similarity / 100
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
    parts = [*outputs["guidance"].splitlines(), outputs["guidance"], *outputs["warnings"]]
    return {
        index
        for index, issue in enumerate(issues)
        if any(
            fuzz.token_set_ratio(issue, part, processor=utils.default_process) >= ADDRESSED
            for part in parts
        )
    }


def _is_off_topic(inputs: Values, gold: Values, predicted: Values) -> bool:
    topic = " ".join([gold["guidance"], inputs["user_intent"], *inputs["issues"]])
    ratio = fuzz.token_set_ratio(topic, predicted["guidance"], processor=utils.default_process)
    return bool(ratio < OFF_TOPIC)


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
)
