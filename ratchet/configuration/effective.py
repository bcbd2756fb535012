"""The settings in effect: each value with where it comes from, and the tree a run keeps."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic_settings import EnvSettingsSource

from ratchet.configuration.files import read_settings_file
from ratchet.configuration.masking import masked
from ratchet.configuration.tree import (
    ANY_NAME,
    PREFIX,
    Key,
    find_key,
    keys_of,
    plain,
    variable_of,
)
from ratchet.serving.capture import MODE_VARIABLES
from ratchet.serving.places import FILE_VARIABLES, settings_file

if TYPE_CHECKING:
    from ratchet.settings import Settings

OTHER_VARIABLES = (
    *FILE_VARIABLES,
    *MODE_VARIABLES,
    *("RATCHET_PSEUDONYM_KEY", "RATCHET_CURATOR_TOKEN", "RATCHET_CHECKOUT"),
)
"""Variables that are read elsewhere: they are no settings, and no mistakes."""


class Origin(StrEnum):
    """Where a value comes from."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, kw_only=True)
class Effective:
    """The value of one setting, masked where it is secret; `place` is a file or a variable."""

    path: str
    value: Any
    origin: Origin
    place: str
    key: Key


def effective_values(
    settings: Settings, *, environ: Mapping[str, str] = os.environ
) -> tuple[Effective, ...]:
    """Every setting, those of single domains and signatures too.

    Raises:
        ConfigurationError: the settings file is broken.
    """
    sources = _sources(settings, environ)
    return tuple(
        _effective(path, key, settings, sources)
        for key in keys_of(type(settings))
        for path in _paths(key.path, settings)
    )


def effective_value(
    settings: Settings, path: str, *, environ: Mapping[str, str] = os.environ
) -> Effective:
    """One setting.

    Raises:
        ConfigurationError: there is none of that name; the message says the nearest.
    """
    from ratchet.configuration.older_names import current_name

    key, path = find_key(type(settings), path), current_name(path)
    return _effective(path, key, settings, _sources(settings, environ))


def settings_tree(settings: BaseModel) -> dict[str, Any]:
    """The whole tree as JSON holds it, with secrets masked: what a run keeps."""
    tree = settings.model_dump(mode="json")
    return {name: masked(name, value) for name, value in tree.items()}


def unknown_variables(
    model: type[BaseModel], environ: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """A sentence for each RATCHET_ variable that sets nothing, with the nearest that does."""
    from ratchet.signatures.nearest import nearest_name

    tops = {name.upper() for name in model.model_fields}
    known = [key.variable.removeprefix(PREFIX).lower() for key in keys_of(model) if key.variable]
    found = []
    for name in sorted(environ):
        first = name.upper().removeprefix(PREFIX).partition("__")[0]
        is_other = name.upper() in OTHER_VARIABLES or not name.upper().startswith(PREFIX)
        if not is_other and first not in tops:
            best = nearest_name(name.upper().removeprefix(PREFIX), known)
            hint = f" Did you mean {PREFIX}{best.upper()}?" if best else ""
            found.append(f"{name}: no setting is set by this variable.{hint}")
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class _Sources:
    file_name: str
    in_file: Mapping[str, Any]
    in_environment: Mapping[str, Any]


def _sources(settings: Settings, environ: Mapping[str, str]) -> _Sources:
    environment = EnvSettingsSource(type(settings))
    environment.env_vars = {name.lower(): value for name, value in environ.items()}
    return _Sources(
        file_name=str(settings_file(environ).path),
        in_file=read_settings_file(environ).document,
        in_environment=environment(),
    )


def _paths(path: str, settings: BaseModel) -> Iterator[str]:
    """The path itself, or one for each name that its table has."""
    before, free, after = path.partition(f".{ANY_NAME}.")
    if not free:
        yield path
        return
    for name, table in (_at(settings, before) or {}).items():
        if isinstance(table, BaseModel):
            yield f"{before}.{name}.{after}"


def _effective(path: str, key: Key, settings: BaseModel, sources: _Sources) -> Effective:
    origin, place = Origin.DEFAULT, ""
    if _has(sources.in_environment, path):
        origin, place = Origin.ENVIRONMENT, key.variable or variable_of(path)
    elif _has(sources.in_file, path):
        origin, place = Origin.FILE, sources.file_name
    value = masked(path, plain(_at(settings, path)))
    return Effective(path=path, value=value, origin=origin, place=place, key=key)


def _at(found: Any, path: str) -> Any:
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else getattr(found, name, None)
    return found


def _has(document: Any, path: str) -> bool:
    for name in path.split("."):
        if not isinstance(document, Mapping) or name not in document:
            return False
        document = document[name]
    return not (isinstance(document, Mapping) and not document)
