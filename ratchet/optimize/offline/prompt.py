"""What a prompt built by DSPy's chat and JSON adapters says: fields, demonstrations, query."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dspy import lm15

Values = Mapping[str, Any]

_FIELD = re.compile(r"^\d+\. `(\w+)` \((.+?)\):[ ]?(.*)$", re.MULTILINE)
_MARKER = re.compile(r"^\[\[ ## (\w+) ## \]\][ \t]*", re.MULTILINE)
_INPUTS, _OUTPUTS = "Your input fields are:", "Your output fields are:"
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
    outputs: Values


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is the same for every query: the fields and the demonstrations."""

    inputs: tuple[PromptField, ...]
    outputs: tuple[PromptField, ...]
    demonstrations: tuple[Demonstration, ...]
    wants_json: bool


Turn = tuple[str, str]
"""A role and its text."""


def turns_of(request: lm15.Request) -> tuple[Turn, ...]:
    """The prompt as text by role, the system message first."""
    system = request.system
    if isinstance(system, tuple):
        system = "".join(getattr(part, "text", "") for part in system)
    turns = [(message.role, message.text or "") for message in request.messages]
    return (("system", system or ""), *turns)


def read_task(turns: Sequence[Turn]) -> Task | None:
    """Read fields and demonstrations; None when no DSPy adapter wrote the prompt."""
    system = turns[0][1]
    if _OUTPUTS not in system:
        return None
    inputs, _, rest = system.partition(_OUTPUTS)
    outputs, _, structure = rest.partition(_STRUCTURE)
    fields, answers = _fields(inputs.partition(_INPUTS)[2]), _fields(outputs)
    pairs = zip(turns[1:-1:2], turns[2:-1:2], strict=False)
    return Task(
        inputs=fields,
        outputs=answers,
        demonstrations=tuple(
            Demonstration(inputs=_values(asked, fields), outputs=_values(answered, answers))
            for (_, asked), (_, answered) in pairs
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


def _values(text: str, fields: Sequence[PromptField]) -> Values:
    types = {field.name: field.type for field in fields}
    raw = _json_object(text) or dict(_sections(text, {*types, "completed"}))
    return {
        name: _typed(value, types[name])
        for name, value in raw.items()
        if name in types and not str(value).startswith(_NOT_SUPPLIED)
    }


def _sections(text: str, names: set[str]) -> list[Turn]:
    marks = [mark for mark in _MARKER.finditer(text) if mark[1] in names]
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    return [(m[1], text[m.end() : end].strip()) for m, end in zip(marks, ends, strict=True)]


def _json_object(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _typed(value: Any, kind: str) -> Any:
    if not isinstance(value, str) or kind == "str":
        return value
    if kind == "bool":
        return value.strip().lower() == "true"
    try:
        return json.loads(value)
    except ValueError:
        return value


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
