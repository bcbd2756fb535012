"""The tree of settings, key by key: type, unit, default, allowed range, variable."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from ratchet.configuration.masking import is_secret
from ratchet.errors import ConfigurationError

ANY_NAME = "NAME"  # stands in a path for the name of a table that a team chooses
PREFIX = "RATCHET_"
NESTING = "__"

UNITS = {
    "days": "days",
    "hours": "hours",
    "minutes": "minutes",
    "seconds": "seconds",
    "ms": "milliseconds",
    "usd": "US dollars",
    "percent": "percent",
    "bytes": "bytes",
    "mb": "megabytes",
    "gb": "gigabytes",
    "share": "share",
    "split": "share",
    "ratio": "share",
    "points": "points",
    "examples": "examples",
    "target": "examples",
    "requests": "requests",
    "attempts": "attempts",
    "decisions": "decisions",
    "versions": "versions",
    "trials": "trials",
    "runs": "runs",
    "port": "port",
}
"""Units by a word of the name; the last word that is here decides."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """One setting.

    `path` is dotted ("collection.mode"); `unit` is empty when it has none; `allowed` says
    which values are taken; `variable` is the environment variable that sets it, empty for
    one inside a table of a team's own.
    """

    path: str
    type_name: str
    unit: str
    default: Any
    allowed: str
    description: str
    variable: str
    is_secret: bool

    @property
    def section(self) -> str:
        """The table it is in; "" for the top."""
        return self.path.rpartition(".")[0]


def keys_of(model: type[BaseModel]) -> tuple[Key, ...]:
    """Every setting below `model`, in its order; those of the top come first."""
    found = list(_walk(model, ""))
    return tuple(sorted(found, key=lambda key: "." in key.path))


def find_key(model: type[BaseModel], path: str) -> Key:
    """The setting at `path`, of a single domain or signature too.

    Raises:
        ConfigurationError: there is none; the message says the nearest.
    """
    from ratchet.configuration.older_names import current_name
    from ratchet.signatures.nearest import nearest_name

    path = current_name(path)
    known = {key.path: key for key in keys_of(model)}
    for candidate in (path, *_generic(path)):
        if candidate in known:
            return known[candidate]
    best = nearest_name(path, known)
    below = [name for name in known if name.startswith(f"{path}.")]
    hint = f" Did you mean {best}?" if best else ""
    hint = f" It is a table with {', '.join(below)}." if below else hint
    raise ConfigurationError(
        f"There is no setting {path!r}.{hint} `ratchet config show` lists them all."
    )


def allowed_values(field: FieldInfo) -> str:
    """Which values a field takes, in words."""
    bounds = {
        name: getattr(part, name)
        for part in field.metadata
        for name in ("ge", "gt", "le", "lt")
        if getattr(part, name, None) is not None
    }
    choices = _choices(field.annotation)
    if choices:
        return choices
    if bounds:
        return _range(bounds)
    return "true or false" if bool in _members(field.annotation) else "any"


def _walk(model: type[BaseModel], prefix: str) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        inner = _model_in(field.annotation)
        if inner is not None and _is_mapping(field.annotation):
            yield _key(path, name, field)
            yield from _walk(inner, f"{path}.{ANY_NAME}.")
        elif inner is not None:
            yield from _walk(inner, f"{path}.")
        else:
            yield _key(path, name, field)


def _key(path: str, name: str, field: FieldInfo) -> Key:
    return Key(
        path=path,
        type_name=_type_name(field.annotation),
        unit=_unit(name, field),
        default=plain(field.get_default(call_default_factory=True)),
        allowed=allowed_values(field),
        description=field.description or "",
        variable="" if ANY_NAME in path.split(".") else variable_of(path),
        is_secret=is_secret(path),
    )


def variable_of(path: str) -> str:
    """The environment variable of a setting.

    >>> variable_of("collection.mode")
    'RATCHET_COLLECTION__MODE'
    """
    return PREFIX + path.replace(".", NESTING).upper()


def plain(value: Any) -> Any:
    """A value as JSON holds it; one that must be given is None."""
    if value is PydanticUndefined:
        return None
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _generic(path: str) -> Iterator[str]:
    """The path with each part in turn as the free name of a table."""
    parts = path.split(".")
    for place in range(1, len(parts)):
        yield ".".join([*parts[:place], ANY_NAME, *parts[place + 1 :]])


def _unit(name: str, field: FieldInfo) -> str:
    given = field.json_schema_extra
    if isinstance(given, Mapping) and "unit" in given:
        return str(given["unit"])
    if not {int, float} & set(_members(field.annotation)):
        return ""
    words = [UNITS[word] for word in name.split("_") if word in UNITS]
    return words[-1] if words else ""


def _members(annotation: Any) -> tuple[Any, ...]:
    """The types of a union without None; of any other annotation, itself."""
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(part for part in get_args(annotation) if part is not types.NoneType)
    return (annotation,)


def _is_mapping(annotation: Any) -> bool:
    return any(get_origin(member) in (dict, Mapping) for member in _members(annotation)) or any(
        isinstance(get_origin(member), type) and issubclass(get_origin(member), Mapping)
        for member in _members(annotation)
    )


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is or maps names to."""
    for member in _members(annotation):
        if isinstance(member, type) and issubclass(member, BaseModel):
            return member
        if _is_mapping(member):
            return _model_in(get_args(member)[1])
    return None


def _choices(annotation: Any) -> str:
    for member in _members(annotation):
        if get_origin(member) is Literal:
            return " | ".join(map(str, get_args(member)))
        if isinstance(member, type) and issubclass(member, Enum):
            return " | ".join(str(choice.value) for choice in member)
        if get_origin(member) in (tuple, list) and (inner := _choices(get_args(member)[0])):
            return f"list of {inner}"
    return ""


def _range(bounds: Mapping[str, Any]) -> str:
    """Bounds in words.

    >>> _range({"ge": 1, "le": 1000}), _range({"gt": 0, "le": 168}), _range({"ge": 0})
    ('1..1000', 'above 0, at most 168', 'at least 0')
    >>> _range({"ge": 0.05, "le": 1_000_000})
    '0.05..1000000'
    """
    if set(bounds) == {"ge", "le"}:
        return f"{_number(bounds['ge'])}..{_number(bounds['le'])}"
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return ", ".join(
        f"{word} {_number(bounds[name])}" for name, word in words.items() if name in bounds
    )


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:g}"


def _type_name(annotation: Any) -> str:
    names = []
    for member in _members(annotation):
        origin = get_origin(member)
        if origin is Literal:
            names.append("text")
        elif _is_mapping(member):
            names.append("table")
        elif origin in (tuple, list):
            names.append(f"list of {_type_name(get_args(member)[0])}")
        else:
            names.append(_simple_name(member))
    return " or ".join(dict.fromkeys(names))


def _simple_name(member: Any) -> str:
    known = {
        SecretStr: "text",
        str: "text",
        int: "whole number",
        float: "number",
        bool: "switch",
        Path: "path",
    }
    return known.get(member, str(getattr(member, "__name__", member)).lower())
