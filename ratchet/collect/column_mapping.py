"""Which column of a file is which field of an example, given once and remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ratchet.collect.text_cells import LIST_SEPARATOR
from ratchet.errors import ConfigurationError, InputError
from ratchet.files import read_json, write_json

DROPPED = "-"
SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class ColumnMapping:
    """Columns by name, each with the field it is; both may be dotted paths.

    A field is `inputs.<name>`, `outputs.<name>`, `metadata.<name>`, a bare name, or `-` for
    a column that is left out. `list_separator` parts the items of a list in a cell of text.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    list_separator: str = LIST_SEPARATOR

    def __post_init__(self) -> None:
        targets = [target for target in self.fields.values() if target != DROPPED]
        if twice := next((target for target in targets if targets.count(target) > 1), None):
            columns = [name for name, target in self.fields.items() if target == twice]
            raise ConfigurationError(f"{' and '.join(columns)} are both mapped to {twice}.")
        if not self.list_separator:
            raise ConfigurationError("The list separator is empty; give at least one character.")

    @classmethod
    def parse(cls, words: Sequence[str], *, list_separator: str = LIST_SEPARATOR) -> ColumnMapping:
        """Read `column=field` pairs.

        >>> ColumnMapping.parse(["Text of it=inputs.implementation"]).fields
        {'Text of it': 'inputs.implementation'}

        Raises:
            ConfigurationError: one is of another form, or a field is given twice.
        """
        fields: dict[str, str] = {}
        for word in words:
            column, equals, target = word.rpartition("=")
            if not equals or not column.strip() or not target.strip():
                raise ConfigurationError(
                    f"{word!r} is no mapping; write column=field, for one: text=inputs.requirements"
                )
            fields[column.strip()] = target.strip()
        return cls(fields=fields, list_separator=list_separator)

    def apply(self, value: Any) -> tuple[Any, tuple[str, ...]]:
        """The row with its columns where they belong, and the columns it does not have.

        Raises:
            InputError: a field would be there twice.
        """
        if not self.fields or not isinstance(value, dict):
            return value, ()
        rest = {name: dict(v) if isinstance(v, dict) else v for name, v in value.items()}
        found = {column: _take(rest, column) for column in self.fields}
        for column, target in self.fields.items():
            if found[column] is not _MISSING and target != DROPPED:
                _put(rest, target, found[column])
        return rest, tuple(column for column, cell in found.items() if cell is _MISSING)

    def __str__(self) -> str:
        """The columns in a line."""
        return ", ".join(f"{column} -> {target}" for column, target in self.fields.items())


@dataclass(frozen=True, kw_only=True)
class MappingMemory:
    """The mappings of earlier imports, by the name or folder of their source, in a file."""

    path: Path

    def recall(self, source: str) -> ColumnMapping | None:
        """The mapping that was last used for a source.

        Raises:
            InputError: the file is broken; the message says where.
        """
        known = self._known().get(source)
        if known is None:
            return None
        return ColumnMapping(fields=known["fields"], list_separator=known["list_separator"])

    def remember(self, source: str, mapping: ColumnMapping) -> None:
        """Keep the mapping for the next import of this source.

        Raises:
            StoreError: the file can not be written.
        """
        entry = {"fields": dict(mapping.fields), "list_separator": mapping.list_separator}
        sources = {**self._known(), source: entry}
        write_json(self.path, {"schema_version": SCHEMA_VERSION, "sources": sources})

    def _known(self) -> dict[str, Any]:
        if not self.path.exists():
            return {}
        document = read_json(self.path)
        if not isinstance(document, dict) or document.get("schema_version") != SCHEMA_VERSION:
            raise InputError(f"{self.path} is no file of mappings of version {SCHEMA_VERSION}.")
        return dict(document["sources"])


class _Missing:
    """Stands for a column that the row does not have."""


_MISSING = _Missing()


def _take(value: dict[str, Any], path: str) -> Any:
    """Take what is at a dotted path out of `value`; a key with dots of its own goes first."""
    if path in value:
        return value.pop(path)
    head, _, rest = path.partition(".")
    inner = value.get(head)
    if not rest or not isinstance(inner, dict):
        return _MISSING
    value[head] = inner = dict(inner)
    cell = _take(inner, rest)
    if not inner:
        del value[head]
    return cell


def _put(value: dict[str, Any], path: str, cell: Any) -> None:
    head, _, rest = path.partition(".")
    if not rest:
        if head in value:
            raise InputError(f"the row has {path} beside the column that is mapped to it")
        value[head] = cell
        return
    inner = value.setdefault(head, {})
    if not isinstance(inner, dict):
        raise InputError(f"{head} is no object, so {path} can not be put into it")
    _put(inner, rest, cell)
