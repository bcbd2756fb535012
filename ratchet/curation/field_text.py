"""The values of a field as a person types them, and back.

A truth value is yes or no; a list has an item a line, numbers may share a line; a dict has
`key: value` lines. Lists and dicts may be written as JSON, too, for what lines can not hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ratchet.signatures.spec import Field

WORDS = {
    "yes": True,
    "y": True,
    "true": True,
    "no": False,
    "n": False,
    "false": False,
}
MAX_DIGITS = 18  # what every column of the store holds
_BULLET = re.compile(r"^\s*(?:[-*\N{BULLET}]\s+)?")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a text was read as; `problem` says why it is no value of the field, if so."""

    value: Any = None
    problem: str | None = None


def read_text(field: Field, text: str) -> Reading:
    """Read what was typed for `field`.

    >>> flag = Field(name="ok", type=bool, description="")
    >>> read_text(flag, " Yes "), read_text(flag, "maybe")
    (Reading(value=True, problem=None), Reading(value=None, problem='ok is yes or no'))
    """
    reading = _read(field, text)
    if reading.problem is None and (problem := field.problem(reading.value)):
        return Reading(problem=problem)
    return reading


def write_text(field: Field, value: Any) -> str:
    r"""Write a value so that `read_text` reads it back, as lines where lines can hold it.

    >>> write_text(Field(name="xs", type=list[str], description=""), ["a", "b"])
    'a\nb'
    """
    plain = _plain(value)
    if isinstance(value, str):
        return plain
    return plain if _read(field, plain).value == value else json.dumps(value, ensure_ascii=False)


def is_multiline(field: Field) -> bool:
    """Whether a value of the field may take several lines."""
    is_text = field.type is str and not field.is_value
    return is_text or field.type in (list[str], dict[str, str])


def how_to_type(field: Field) -> str:
    """How a value is typed, in a few words."""
    if field.choices:
        return " or ".join(field.choices)
    return _HOW.get(field.type_name, "text")


_HOW = {
    "bool": "yes or no",
    "int": "a whole number",
    "list[int]": "whole numbers, with blanks or commas between",
    "list[str]": "one item a line",
    "dict[str, str]": "one `key: value` a line",
}


def _read(field: Field, text: str) -> Reading:
    if field.choices:
        return _choice(field, text.strip())
    if field.type is str:
        return Reading(value=text) if text.strip() else Reading(problem=f"{field.name} is empty")
    stripped = text.strip()
    if stripped.startswith(("[", "{")):
        return _json(field, stripped)
    return _READERS[field.type_name](field, stripped)


def _choice(field: Field, word: str) -> Reading:
    """A choice by its first letters, if they fit one only."""
    fitting = [c for c in field.choices if c.lower() == word.lower()]
    fitting = fitting or [c for c in field.choices if word and c.lower().startswith(word.lower())]
    if len(fitting) != 1:
        return Reading(problem=f"{field.name} is one of {', '.join(field.choices)}")
    return Reading(value=fitting[0])


def _truth(field: Field, text: str) -> Reading:
    if (found := WORDS.get(text.lower())) is None:
        return Reading(problem=f"{field.name} is yes or no")
    return Reading(value=found)


def _whole_number(field: Field, text: str) -> Reading:
    if not re.fullmatch(rf"[+-]?[0-9]{{1,{MAX_DIGITS}}}", text):
        shown = text if len(text) <= 20 else f"{text[:17]}..."
        return Reading(problem=f"{field.name} needs whole numbers, not {shown!r}")
    return Reading(value=int(text))


def _whole_numbers(field: Field, text: str) -> Reading:
    readings = [_whole_number(field, part) for part in re.split(r"[\s,;]+", text) if part]
    bad = next((reading for reading in readings if reading.problem), None)
    return bad or Reading(value=[reading.value for reading in readings])


def _entries(field: Field, text: str) -> Reading:
    entries: dict[str, str] = {}
    for number, line in enumerate(filter(str.strip, text.splitlines()), 1):
        key, colon, value = line.partition(":")
        key = key.strip()
        if not colon or not key:
            return Reading(problem=f"{field.name}, line {number}: write `key: value`")
        if key in entries:
            return Reading(problem=f"{field.name}, line {number}: {key!r} is there twice")
        entries[key] = value.strip()
    return Reading(value=entries)


def _json(field: Field, text: str) -> Reading:
    try:
        return Reading(value=json.loads(text))
    except (json.JSONDecodeError, RecursionError) as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        return Reading(problem=f"{field.name} looks like JSON but is broken{where}")


def _items(field: Field, text: str) -> Reading:  # noqa: ARG001 - like its neighbours
    items = (_BULLET.sub("", line, count=1).strip() for line in text.splitlines())
    return Reading(value=[item for item in items if item])


_READERS: Mapping[str, Callable[[Field, str], Reading]] = {
    "bool": _truth,
    "int": _whole_number,
    "list[int]": _whole_numbers,
    "list[str]": _items,
    "dict[str, str]": _entries,
}


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "\n".join(f"{key}: {item}" for key, item in value.items())
    if isinstance(value, list):
        separator = ", " if all(type(item) is int for item in value) else "\n"
        return separator.join(map(str, value))
    return str(value)
