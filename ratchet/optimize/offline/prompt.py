"""What a prompt built by DSPy's chat and JSON adapters says: fields, demonstrations, query."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Values = dict[str, Any]

_FIELD = re.compile(r"^\d+\. `(\w+)` \((.+?)\):[ ]?(.*)$", re.MULTILINE)
_OUTPUTS = "Your output fields are:"
_STRUCTURE = "All interactions will be structured in the following way"
_JSON_ANSWER = "Outputs will be a JSON object"
_REMINDER = "\n\nRespond with "
_NOT_SUPPLIED = "Not supplied for this particular"


@dataclass(frozen=True, kw_only=True)
class PromptField:
    """A field as the prompt describes it; `type` is its Python type as text."""

    name: str
    type: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Case:
    """A demonstration, or the query with what is answered so far; fields may be absent."""

    inputs: Values
    outputs: Values


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is the same for every query: the fields and the demonstrations."""

    inputs: tuple[PromptField, ...]
    outputs: tuple[PromptField, ...]
    demonstrations: tuple[Case, ...]
    wants_json: bool


def read_task(system: str, turns: Sequence[str]) -> Task | None:
    """Read what was asked and answered in turn; None when no adapter of DSPy wrote it."""
    described, _, structure = system.partition(_STRUCTURE)
    inputs, *outputs = map(_fields, described.split(_OUTPUTS))
    if not outputs:
        return None
    pairs = zip(turns[::2], turns[1::2], strict=False)
    return Task(
        inputs=inputs,
        outputs=outputs[0],
        demonstrations=tuple(
            Case(inputs=_values(asked, inputs), outputs=_values(answered, outputs[0]))
            for asked, answered in pairs
        ),
        wants_json=_JSON_ANSWER in structure,
    )


def read_query(task: Task, text: str) -> Values:
    """The input values of the last user message."""
    return _values(text.rpartition(_REMINDER)[0] or text, task.inputs)


def write_answer(task: Task, answer: Values) -> str:
    """The answer in the form that the adapter parses."""
    if task.wants_json:
        return json.dumps(answer)
    texts = {k: json.dumps(v) if isinstance(v, list | dict) else v for k, v in answer.items()}
    texts["completed"] = ""
    return "\n\n".join(f"[[ ## {name} ## ]]\n{text}" for name, text in texts.items())


def _fields(text: str) -> tuple[PromptField, ...]:
    found = _FIELD.findall(text)
    return tuple(PromptField(name=n, type=t, description=d) for n, t, d in found)


def _values(text: str, fields: Sequence[PromptField]) -> Values:
    names = "|".join(field.name for field in fields)
    _, *parts = re.split(rf"^\[\[ ## ({names}|completed) ## \]\]", text, flags=re.MULTILINE)
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    found = json.loads(text) if text.startswith("{") else sections
    supplied = {n: v for n, v in found.items() if not str(v).strip().startswith(_NOT_SUPPLIED)}
    typed = {f.name: _typed(supplied[f.name], f.type) for f in fields if f.name in supplied}
    kinds = {f.name: list if f.type.startswith("list") else object for f in fields}
    return {name: value for name, value in typed.items() if isinstance(value, kinds[name])}


def _typed(value: Any, kind: str) -> Any:
    if not isinstance(value, str) or kind == "str":
        return value.strip() if isinstance(value, str) else value
    try:
        return json.loads(value.lower() if kind == "bool" else value)
    except ValueError:
        return value.strip()
