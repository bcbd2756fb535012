"""validate_completeness: is every requirement met by the implementation?"""

from __future__ import annotations

from collections.abc import Iterator

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
)
