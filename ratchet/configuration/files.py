"""The settings file: which one it is, what it says, in TOML, YAML or JSON."""

from __future__ import annotations

import json
import logging
import os
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratchet.configuration.older_names import Translation, translate
from ratchet.errors import ConfigurationError
from ratchet.serving.places import settings_file

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)


def read_settings_file(environ: Mapping[str, str] = os.environ) -> Translation:
    """What the settings file says, in the names of today; empty when there is no file.

    Raises:
        ConfigurationError: it is broken, or one that a variable names does not exist.
    """
    place = settings_file(environ)
    if not place.path.is_file():
        if place.variable:
            raise ConfigurationError(
                f"{place.variable} names the settings file {place.path}, which does not exist."
            )
        return Translation(document={})
    translation = translate(_parsed(place.path))
    for hint in translation.hints:
        _say_once(f"{place.path}: {hint}")
    return translation


def _parsed(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        found = _parsers(path.suffix.lower())(text)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ConfigurationError(f"{path} holds a {type(found).__name__}; it must be a table.")
    return found


def _parsers(suffix: str) -> Any:
    if suffix == ".json":
        return json.loads
    return _yaml if suffix in {".yaml", ".yml"} else tomllib.loads


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


@cache
def _say_once(hint: str) -> None:
    logger.warning("%s", hint)
