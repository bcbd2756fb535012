"""Changes to `ratchet.toml`: its comments and order stay, and what is wrong is never written.

`model` is always the model that reads a document alone: `ratchet.settings.SettingsOfFile`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import BaseModel, ValidationError
from tomlkit.exceptions import ParseError, TOMLKitError

from ratchet.configuration.masking import masked
from ratchet.configuration.mistakes import explain
from ratchet.configuration.older_names import current_name, translate
from ratchet.configuration.tree import Key, find_key, plain
from ratchet.errors import ConfigurationError
from ratchet.files import write_text


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A change to the settings file that has been checked; values are masked for show.

    `before` is None when the file did not say it, `after` None when it no longer does.
    """

    path: str
    before: Any
    after: Any
    file: Path
    text: str

    @property
    def changes_something(self) -> bool:
        """Whether the file will be another one."""
        return not self.file.is_file() or self.file.read_text(encoding="utf-8") != self.text

    def write(self) -> None:
        """Replace the file in one atomic step.

        Raises:
            StoreError: it can not be written.
        """
        write_text(self.file, self.text)


def setting(file: Path, path: str, value: str, *, model: type[BaseModel]) -> Edit:
    """The change that sets `path` to a value as a person types it.

    Raises:
        ConfigurationError: there is no such setting, or the file would be wrong with it.
    """
    key, path = find_key(model, path), current_name(path)
    given = typed(value, key)
    document = _opened(file)
    before = _held(document, path)
    table: Any = document
    *tables, name = path.split(".")
    for part in tables:
        if part not in table:
            if table is document:
                document.add(tomlkit.nl())
            table[part] = tomlkit.table(is_super_table=part != tables[-1])
        table = table[part]
        if not isinstance(table, Mapping):
            raise ConfigurationError(f"{file}: {part} is no table, so it can not hold {name}.")
    table[name] = given
    return _checked(document, file, path, model, before=before, after=given)


def removal(file: Path, path: str, *, model: type[BaseModel]) -> Edit:
    """The change that takes `path` out of the file, under whichever name it is there.

    Raises:
        ConfigurationError: the file does not set it, or would be wrong without it.
    """
    find_key(model, path)
    document = _opened(file)
    held_as = path if _holds(document, path) else current_name(path)
    if not _holds(document, held_as):
        raise ConfigurationError(f"{file} does not set {path}; there is nothing to take out.")
    before = _held(document, held_as)
    _take_out(document, held_as.split("."))
    return _checked(document, file, held_as, model, before=before, after=None)


def typed(value: str, key: Key) -> Any:
    """A value as TOML has it: a text for settings of text, what it reads as for the others.

    Raises:
        ConfigurationError: it reads as nothing.
    """
    texts = {"text", "path", "text or path"}
    if key.type_name in texts:
        return value
    try:
        return tomlkit.parse(f"value = {value}")["value"]
    except (ParseError, TOMLKitError):
        parts = [part.strip() for part in value.split(",")]
        return parts if key.type_name.startswith("list") else value


def _opened(file: Path) -> tomlkit.TOMLDocument:
    if file.suffix.lower() not in ("", ".toml"):
        raise ConfigurationError(
            f"{file} is no TOML; change it by hand and run `ratchet config check`."
        )
    try:
        return tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else _fresh()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file}: {error}") from error


def _fresh() -> tomlkit.TOMLDocument:
    document = tomlkit.document()
    document.add(tomlkit.comment("Settings of Ratchet; `ratchet config explain KEY` says more."))
    return document


def _checked(
    document: tomlkit.TOMLDocument,
    file: Path,
    path: str,
    model: type[BaseModel],
    *,
    before: Any,
    after: Any,
) -> Edit:
    """The edit, if the file alone is right with it; variables are this process's business."""
    try:
        model(**translate(document.unwrap()).document)
    except ValidationError as error:
        raise ConfigurationError(
            f"{file} is left as it is: {'; '.join(explain(error, model))}."
        ) from error
    return Edit(
        path=path,
        before=masked(path, plain(before)),
        after=masked(path, plain(after)),
        file=file,
        text=tomlkit.dumps(document).rstrip("\n") + "\n",
    )


def _holds(document: Any, path: str) -> bool:
    for name in path.split("."):
        if not isinstance(document, Mapping) or name not in document:
            return False
        document = document[name]
    return True


def _held(document: Any, path: str) -> Any:
    if not _holds(document, path):
        return None
    for name in path.split("."):
        document = document[name]
    return document.unwrap() if hasattr(document, "unwrap") else document


def _take_out(document: Any, parts: list[str]) -> None:
    """Remove a value, and the tables that are empty without it."""
    name, rest = parts[0], parts[1:]
    if rest:
        _take_out(document[name], rest)
    if not rest or not document[name]:
        del document[name]
