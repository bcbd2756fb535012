"""The shapes that earlier systems gave the five signatures, mapped to the fields of today.

Only the shape changes: a label that an older row does not have is never made up, so such a
row is refused by the contract like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

PRIORITY_ORDER = ("critical", "high", "medium", "low")
TEXT_KEYS = ("description", "title", "issue", "requirement", "name", "text", "message")

Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Inputs and outputs in the fields of today; `facts` has what they have no place for."""

    inputs: Values
    outputs: Values
    facts: Values = field(default_factory=dict)


def modernise(signature: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Shape:
    """Map an older row to the fields of today; a row that is no older one comes back as it was.

    >>> modernise("validate_intent", {}, {"gaps": ["no tests"]}).outputs
    {'missing_aspects': ['no tests']}
    """
    shape = Shape(inputs=dict(inputs), outputs=dict(outputs))
    mapping = _MAPPINGS.get(signature)
    return mapping(shape) if mapping else shape


def _intent(shape: Shape) -> Shape:
    if "missing_aspects" not in shape.outputs and "gaps" in shape.outputs:
        shape.outputs["missing_aspects"] = _texts(shape.outputs.pop("gaps"))
    return shape


def _completeness(shape: Shape) -> Shape:
    """The work item is no input any more; its requirements are, when there are no others."""
    work_item = shape.inputs.pop("work_item", None)
    if work_item is None:
        return shape
    if isinstance(work_item, dict) and "requirements" in work_item:
        shape.inputs.setdefault("requirements", _texts(work_item["requirements"]))
    return Shape(inputs=shape.inputs, outputs=shape.outputs, facts={"work_item": work_item})


def _correctness(shape: Shape) -> Shape:
    code = shape.inputs.get("code_sample")
    implementation = shape.inputs.get("implementation", "")
    if isinstance(code, str) and isinstance(implementation, str):
        del shape.inputs["code_sample"]
        shape.inputs["implementation"] = "\n\n".join(
            part for part in (implementation, code) if part
        )
    kinds = ("logic_issues", "error_handling_gaps", "edge_cases")
    if "issues" not in shape.outputs and any(kind in shape.outputs for kind in kinds):
        shape.outputs["issues"] = _joined(shape.outputs, kinds)
    return shape


def _guidance(shape: Shape) -> Shape:
    """Review findings become issues, a list of guidance items becomes numbered steps.

    The code of an item is left out: guidance says what to do and does not write the code.
    """
    findings = shape.inputs.get("review_findings")
    if "issues" not in shape.inputs and isinstance(findings, dict):
        del shape.inputs["review_findings"]
        shape.inputs["issues"] = _joined(
            dict(findings), ("missing_requirements", "correctness_issues")
        )
    items = shape.outputs.get("guidance")
    if isinstance(items, list) and items and all(isinstance(item, dict) for item in items):
        steps = [_step(number, item) for number, item in enumerate(items, 1)]
        shape.outputs["guidance"] = "\n".join(steps)
        shape.outputs.setdefault("priority_order", _order(items))
        critical = [item for item in items if _urgency(item) == 0]
        shape.outputs.setdefault("warnings", [f"Critical: {_text(item)}" for item in critical])
    return shape


_MAPPINGS: Mapping[str, Callable[[Shape], Shape]] = {
    "validate_intent": _intent,
    "validate_completeness": _completeness,
    "validate_correctness": _correctness,
    "generate_guidance": _guidance,
}


def _joined(values: Values, names: tuple[str, ...]) -> Any:
    """The lists of `names` as one; something that is no list is left for the contract to name."""
    found = [values.pop(name) for name in names if name in values]
    if wrong := [value for value in found if not isinstance(value, list)]:
        return wrong[0]
    return list(dict.fromkeys(str(text) for value in found for text in _texts(value)))


def _texts(value: Any) -> Any:
    return [_text(item) for item in value] if isinstance(value, list) else value


def _text(item: Any) -> Any:
    """The words of an item that is a string, or an object with a text in it."""
    if isinstance(item, dict):
        return next((item[key] for key in TEXT_KEYS if isinstance(item.get(key), str)), item)
    return item


def _step(number: int, item: Values) -> str:
    title, description = item.get("title", ""), item.get("description", "")
    text = f"{title}: {description}" if title and description else title or description
    effort = item.get("estimated_effort")
    return f"{number}. {text}{f' (effort: {effort})' if effort else ''}"


def _order(items: list[Values]) -> list[int]:
    """The numbers of the items, the most urgent first; items of one urgency keep their order."""
    return sorted(range(1, len(items) + 1), key=lambda number: _urgency(items[number - 1]))


def _urgency(item: Values) -> int:
    word = str(item.get("priority", "")).strip().lower()
    return PRIORITY_ORDER.index(word) if word in PRIORITY_ORDER else len(PRIORITY_ORDER)
