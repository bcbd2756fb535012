"""Where an import reads from: each file with its column mapping, given or remembered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ratchet.collect.column_mapping import ColumnMapping, MappingMemory
from ratchet.collect.file_examples import RowContext
from ratchet.collect.files import RejectedRow, TakenRow, stream_examples
from ratchet.errors import ConfigurationError

IMPORTS = "imports"  # below the state folder
MAPPINGS = "mappings.json"
QUARANTINE = "quarantine"
MAX_FACT = 500  # characters of a licence or an origin


@dataclass(frozen=True, kw_only=True)
class ImportSource:
    """A file, its mapping, and the name under which that is remembered."""

    path: Path
    name: str
    context: RowContext
    is_remembered: bool = False

    def rows(self) -> Iterator[TakenRow | RejectedRow]:
        """The rows of the file."""
        return stream_examples([self.path], context=self.context)


def import_sources(
    paths: Sequence[Path],
    *,
    context: RowContext,
    words: Sequence[str],
    separator: str | None,
    name: str | None,
    memory: MappingMemory | None,
) -> tuple[ImportSource, ...]:
    """The files with the mapping of the command line, or that which their source had last.

    A source is called by `name`, or by the folder of the file.

    Raises:
        ConfigurationError: a mapping is of another form.
        InputError: the remembered mappings can not be read.
    """
    given = None
    if words or separator is not None:
        changes = {} if separator is None else {"list_separator": separator}
        given = ColumnMapping.parse(words, **changes)
    found = []
    for path in paths:
        source = name or str(path.resolve().parent)
        recalled = memory.recall(source) if memory is not None and given is None else None
        mapping = given or recalled or ColumnMapping()
        found.append(
            ImportSource(
                path=path,
                name=source,
                context=replace(context, mapping=mapping),
                is_remembered=recalled is not None,
            )
        )
    return tuple(found)


def facts_of(*, licence: str, origin: str) -> dict[str, str]:
    """What the provenance of every row says of its file.

    Raises:
        ConfigurationError: a text is too long, or of several lines.
    """
    facts = {"licence": licence.strip(), "origin": origin.strip()}
    for name, text in facts.items():
        if len(text) > MAX_FACT or "\n" in text:
            raise ConfigurationError(f"--{name} takes one line of at most {MAX_FACT} characters.")
    return {name: text for name, text in facts.items() if text}
