"""Whether a recorded payload can be part of an example, and if not, the reason to count."""

from __future__ import annotations

from typing import Any

from ratchet.serving.redaction import STAND_IN
from ratchet.signatures.spec import SignatureSpec, Values

MODULE_FIELDS = frozenset({"reasoning", "rationale", "trajectory"})
"""What DSPy's modules (ChainOfThought, ReAct) answer beside the fields of the signature."""

_VALUE_FREE = (" is missing", " is unknown")


def answer_of(spec: SignatureSpec, outputs: Any) -> Any:
    """The recorded outputs without what a DSPy module adds to those of the signature.

    >>> from ratchet import signatures
    >>> spec = signatures.get("validate_completeness")
    >>> answer_of(spec, {"is_complete": True, "reasoning": "All is there."})
    {'is_complete': True}
    """
    if not isinstance(outputs, dict):
        return outputs
    added = MODULE_FIELDS.difference(spec.output_names)
    return {name: value for name, value in outputs.items() if name not in added}


def problem_of_inputs(spec: SignatureSpec, inputs: Any) -> str | None:
    """Why these inputs make no example; None when they can."""
    if problem := _problem_of_part("inputs", inputs):
        return problem
    problems = [p for p in spec.problems(inputs, {}) if p.startswith("input ")]
    return _countable(problems[0]) if problems else None


def problem_of_outputs(spec: SignatureSpec, inputs: Values, outputs: Any) -> str | None:
    """Why these outputs are no truth for sound inputs; None when they can be."""
    if problem := _problem_of_part("outputs", outputs):
        return problem
    problems = spec.problems(inputs, outputs)
    return _countable(problems[0]) if problems else None


def _problem_of_part(part: str, values: Any) -> str | None:
    if values is None:
        return f"{part} were not kept"
    if not isinstance(values, dict):
        return f"{part} are no object"
    redacted = next((name for name, value in values.items() if _is_redacted(value)), None)
    return None if redacted is None else f"{part[:-1]} {redacted} is redacted as a whole"


def _is_redacted(value: Any) -> bool:
    """Whether nothing but stand-ins is left of a field."""
    if isinstance(value, list) and value:
        return all(_is_redacted(item) for item in value)
    return isinstance(value, str) and STAND_IN.fullmatch(value.strip()) is not None


def _countable(problem: str) -> str:
    """The problem without the value that it shows, so that equal ones are counted as one."""
    if any(mark in problem for mark in _VALUE_FREE):
        return problem
    part, _, rest = problem.partition(" ")
    if part in ("input", "output"):
        return f"{part} {rest.split(' ', 1)[0]} breaks the contract"
    return "outputs contradict the inputs or each other"
