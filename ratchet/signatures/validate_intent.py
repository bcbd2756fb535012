"""validate_intent: does the implementation do what the user asked for?"""

from __future__ import annotations

from ratchet.signatures.judgement import agrees_with_list, judgement_metric
from ratchet.signatures.spec import Field, GatePolicy, SignatureSpec
from ratchet.signatures.vocabulary import CATEGORIES

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
)
