"""validate_correctness: is the implementation free of defects?"""

from __future__ import annotations

from ratchet.signatures.judgement import agrees_with_list, judgement_metric
from ratchet.signatures.spec import Field, GatePolicy, SignatureSpec
from ratchet.signatures.vocabulary import CATEGORIES

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
)
