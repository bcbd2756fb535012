"""The JSON schemas of Claude's answers, made from a signature, and the way back to values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from ratchet.signatures.spec import Field, SignatureSpec

JSON_TYPES: Mapping[Any, str] = {str: "string", int: "integer", bool: "boolean"}
PAIR_SCHEMA = {
    "type": "object",
    "properties": {"key": {"type": "string"}, "value": {"type": "string"}},
    "required": ["key", "value"],
    "additionalProperties": False,
}


def example_schema(spec: SignatureSpec) -> dict[str, Any]:
    """An object with `inputs`, `outputs` and `notes`; structured output allows no extra keys."""
    return _object(_example_properties(spec))


def outputs_schema(spec: SignatureSpec) -> dict[str, Any]:
    """An object with the outputs of the signature."""
    return _object({f.name: _field_schema(f) for f in spec.outputs})


def inputs_schema(spec: SignatureSpec) -> dict[str, Any]:
    """An object with `inputs` and `notes`, for outputs that are given."""
    return _object({name: _example_properties(spec)[name] for name in ("inputs", "notes")})


def read_fields(fields: Iterable[Field], document: Any) -> dict[str, Any]:
    """The values of a document that answers to the schema.

    Pairs become a dict again. Nothing else is converted: wrong types are left for
    `SignatureSpec.problems` to name.
    """
    if not isinstance(document, Mapping):
        return {}
    dict_names = {f.name for f in fields if f.type == dict[str, str]}
    return {
        name: _dict_of_pairs(value) if name in dict_names else value
        for name, value in document.items()
    }


def _example_properties(spec: SignatureSpec) -> dict[str, Any]:
    return {
        "inputs": _object({f.name: _field_schema(f) for f in spec.inputs}),
        "outputs": outputs_schema(spec),
        "notes": {"type": "string", "description": "what this example tests, in a sentence"},
    }


def _field_schema(field: Field) -> dict[str, Any]:
    """The schema of one field; bounds go into words, as structured output has none."""
    described: dict[str, Any] = {"description": f"{field.description}{_bounds(field)}"}
    if field.choices:
        return {**described, "type": "string", "enum": list(field.choices)}
    if field.type in JSON_TYPES:
        return {**described, "type": JSON_TYPES[field.type]}
    if field.type == dict[str, str]:
        return {**described, "type": "array", "items": PAIR_SCHEMA}
    (item,) = get_args(field.type)
    return {**described, "type": "array", "items": {"type": JSON_TYPES[item]}}


def _bounds(field: Field) -> str:
    words = []
    if field.minimum is not None or field.maximum is not None:
        words.append(f"{field.minimum} to {field.maximum}")
    if field.min_items:
        words.append(f"at least {field.min_items} items")
    if field.max_items is not None:
        words.append(f"at most {field.max_items} items")
    return f" ({', '.join(words)})" if words else ""


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _dict_of_pairs(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return {str(pair.get("key")): pair.get("value") for pair in value if isinstance(pair, dict)}
