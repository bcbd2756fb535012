"""The reference of the settings, generated from the tree."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import BaseModel

from ratchet.configuration.tree import Key, keys_of

COLUMNS = ("Setting", "Type", "Unit", "Default", "Allowed", "Variable", "Meaning")


def reference_table(model: type[BaseModel]) -> str:
    """Every setting in Markdown, a table for each section."""
    return "\n".join(_lines(model))


def _lines(model: type[BaseModel]) -> Iterator[str]:
    section = None
    for key in keys_of(model):
        if key.section != section:
            section = key.section
            yield from ("", f"### {f'[{section}]' if section else 'At the top of the file'}", "")
            yield f"| {' | '.join(COLUMNS)} |"
            yield f"|{'---|' * len(COLUMNS)}"
        yield f"| {' | '.join(_cell(cell) for cell in _row(key))} |"
    yield ""


def _row(key: Key) -> tuple[str, ...]:
    name = key.path.rpartition(".")[2]
    variable = f"`{key.variable}`" if key.variable else ""
    default = "" if key.default in (None, "") else f"`{json.dumps(key.default)}`"
    return f"`{name}`", key.type_name, key.unit, default, key.allowed, variable, key.description


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
