"""What a prompt built by DSPy's chat and JSON adapters says: fields, demonstrations, query."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]

_FIELD = re.compile(r"^\d+\. `(\w+)` \((.+?)\):[ ]?(.*)$", re.MULTILINE)
_MARKER = re.compile(r"^\[\[ ## (\w+) ## \]\][ \t]*", re.MULTILINE)
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
class Demonstration:
    """One worked example in the prompt; fields that it does not supply are absent."""

    inputs: Values
    outputs: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is the same for every query: the fields and the demonstrations."""

    inputs: tuple[PromptField, ...]
    outputs: tuple[PromptField, ...]
    demonstrations: tuple[Demonstration, ...]
    wants_json: bool


def read_task(system: str, turns: Sequence[str]) -> Task | None:
    """Read fields and demonstrations (`turns`: asked, answered, asked, ...).

    None when no adapter of DSPy wrote the prompt.
    """
    described, _, structure = system.partition(_STRUCTURE)
    inputs, found, outputs = described.partition(_OUTPUTS)
    if not found:
        return None
    asked, answered = _fields(inputs), _fields(outputs)
    return Task(
        inputs=asked,
        outputs=answered,
        demonstrations=tuple(
            Demonstration(inputs=_values(question, asked), outputs=_values(answer, answered))
            for question, answer in zip(turns[::2], turns[1::2], strict=False)
        ),
        wants_json=_JSON_ANSWER in structure,
    )


def read_query(task: Task, text: str) -> Values:
    """The input values of the last user message."""
    return _values(text.rpartition(_REMINDER)[0] or text, task.inputs)


def write_answer(task: Task, answer: Values) -> str:
    """The answer in the form that the adapter parses."""
    if task.wants_json:
        return json.dumps(answer, ensure_ascii=False)
    sections = (f"[[ ## {name} ## ]]\n{_written(value)}" for name, value in answer.items())
    return "\n\n".join([*sections, "[[ ## completed ## ]]"])


def _fields(text: str) -> tuple[PromptField, ...]:
    found = _FIELD.findall(text)
    return tuple(PromptField(name=n, type=t, description=d) for n, t, d in found)


def _values(text: str, fields: Sequence[PromptField]) -> dict[str, Any]:
    raw = _json_object(text) or _sections(text, {field.name for field in fields})
    return {
        field.name: _typed(raw[field.name], field.type)
        for field in fields
        if not str(raw.get(field.name, _NOT_SUPPLIED)).startswith(_NOT_SUPPLIED)
    }


def _sections(text: str, names: set[str]) -> dict[str, Any]:
    marks = [mark for mark in _MARKER.finditer(text) if mark[1] in {*names, "completed"}]
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    return {m[1]: text[m.end() : end].strip() for m, end in zip(marks, ends, strict=True)}


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _typed(value: Any, kind: str) -> Any:
    if not isinstance(value, str) or kind == "str":
        return value
    try:
        return json.loads(value.lower() if kind == "bool" else value)
    except ValueError:
        return value


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
