"""Cells of text given the types that the signature has for them."""

from __future__ import annotations

import json
from typing import Any

from ratchet.collect.json_values import BrokenJsonError, decode_value
from ratchet.errors import InputError
from ratchet.signatures.spec import Field, SignatureSpec

OLDER_OBJECTS = "guidance"  # a text that used to be a list of objects
LIST_SEPARATOR = "|"  # rare in prose, unlike comma and semicolon
WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

Values = dict[str, Any]


def typed(
    spec: SignatureSpec, inputs: Values, outputs: Values, *, separator: str = LIST_SEPARATOR
) -> tuple[Values, Values]:
    """The inputs and outputs with their texts read as the fields say.

    A text that does not read as its type is left, so that the contract names it.
    """
    return _part(spec.inputs, inputs, separator), _part(spec.outputs, outputs, separator)


def typed_metadata(metadata: Values) -> Values:
    """The metadata without empty cells, the score as a number.

    Raises:
        InputError: the score is no number.
    """
    found = {
        name: _plain(value) if isinstance(value, str) else value
        for name, value in metadata.items()
        if value != ""
    }
    if isinstance(score := found.get("quality_score"), str):
        try:
            found["quality_score"] = float(score)
        except ValueError as error:
            raise InputError(f"metadata quality_score is {score[:40]!r}, no number") from error
    return found


def _part(fields: tuple[Field, ...], values: Values, separator: str) -> Values:
    types = {field.name: field for field in fields}
    return {
        name: _known_or_older(types.get(name), value, separator)
        if isinstance(value, str)
        else value
        for name, value in values.items()
    }


def _known_or_older(field: Field | None, text: str, separator: str) -> Any:
    """A cell of a field, or of an older one, whose type nobody but the cell can tell."""
    if field is not None:
        return _cell(field, text, separator)
    return _json(text.strip()) if text.strip().startswith(("[", "{")) else _plain(text)


def _cell(field: Field, text: str, separator: str) -> Any:
    text = _plain(text)
    if field.type is str or field.choices:
        is_older = field.name == OLDER_OBJECTS and text.lstrip().startswith("[{")
        return _json(text.strip()) if is_older else text
    word = text.strip()
    if field.type is bool:
        return WORDS.get(word.lower(), text)
    if field.type is int:
        return int(word) if word.lstrip("+-").isdecimal() and len(word) < 20 else text
    if word.startswith(("[", "{")):
        return _json(word)
    if field.type_name.startswith("list") or "list" in str(field.type):
        return _list(field, word, separator)
    return text


def _plain(text: str) -> str:
    """The text without the apostrophe that keeps a spreadsheet from running it."""
    from ratchet.datasets.csv_export import neutralised

    return text[1:] if text.startswith("'") and neutralised(text[1:]) == text else text


def _list(field: Field, text: str, separator: str) -> Any:
    items = [item.strip() for item in text.split(separator)] if text else []
    items = [item for item in items if item]
    if "int" in str(field.type) and all(item.lstrip("+-").isdecimal() for item in items):
        return [int(item) for item in items]
    return items


def _json(text: str) -> Any:
    """The value that the text writes, or the text when it is no JSON."""
    try:
        value, end = decode_value(text, 0)
    except (BrokenJsonError, json.JSONDecodeError):
        return text
    return text if text[end:].strip() else value
