"""Completeness: is there something in every field that has to say something?"""

from __future__ import annotations

from typing import Any

from ratchet.quality.defects import is_placeholder
from ratchet.quality.dimension import Dimension
from ratchet.quality.words import content_stems, specifics
from ratchet.signatures.spec import Field, SignatureSpec, Values

INPUTS_WEIGHT, OUTPUTS_WEIGHT = 0.4, 0.6
NO_ITEMS_GIVEN = 0.3  # an input list without items leaves less to judge, but is legal
MISSING_ANSWER = 0.15  # what is left when the field that answers the question is empty


def judge_completeness(spec: SignatureSpec, inputs: Values, outputs: Values) -> Dimension:
    """Judge how many of the fields are filled with content, the answer above all.

    The answer is every free text of the outputs, and the first output if it is a list. An
    empty list elsewhere in the outputs is a legal statement ("nothing is missing").
    """
    given = {f.name: _filled_input(f, inputs[f.name]) for f in spec.inputs}
    answered = {f.name: _filled_output(spec, f, outputs[f.name]) for f in spec.outputs}
    share = INPUTS_WEIGHT * _mean(given) + OUTPUTS_WEIGHT * _mean(answered)
    if not min(answered.values()) or not any(given.values()):
        share *= MISSING_ANSWER
    thin = [name for name, filled in {**given, **answered}.items() if filled < 1]
    reason = f"{', '.join(thin)} say little or nothing" if thin else "every field is filled"
    return Dimension(name="completeness", value=round(100 * share, 1), reason=reason)


def _filled_input(field: Field, value: Any) -> float:
    if isinstance(value, list | dict) and not value:
        return NO_ITEMS_GIVEN
    return _filled(field, value)


def _filled_output(spec: SignatureSpec, field: Field, value: Any) -> float:
    if isinstance(value, list | dict) and not value:
        is_answer = spec.decision is None and field is spec.outputs[0]
        return 0.0 if is_answer else 1.0
    return _filled(field, value)


def _filled(field: Field, value: Any) -> float:
    """The share of `value` that has content, 0..1; numbers and choices always have."""
    if field.choices or not isinstance(value, str | list | dict):
        return 1.0
    if isinstance(value, str):
        return _has_content(value)
    items = value.values() if isinstance(value, dict) else value
    texts = [_has_content(item) if isinstance(item, str) else 1.0 for item in items]
    return sum(texts) / len(texts)


def _has_content(text: str) -> float:
    if not text.strip() or is_placeholder(text):
        return 0.0
    return 1.0 if content_stems(text) or specifics(text) else 0.5


def _mean(shares: dict[str, float]) -> float:
    return sum(shares.values()) / len(shares)
