"""Rows of a table in a script of pg_restore, read without a server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

COPY = re.compile(r'COPY (?:\S+\.)?"?(?P<table>\w+)"? \((?P<columns>.*)\) FROM stdin;\n')
END, NULL = "\\.\n", "\\N"
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPED = re.compile(r"\\(.)")


def rows_of(script: Path, *tables: str) -> Iterator[tuple[str, dict[str, str | None]]]:
    """The rows of these tables, each with the name of its table; values are PostgreSQL's texts.

    Source of the form: https://www.postgresql.org/docs/current/sql-copy.html (text format).
    """
    inside, columns = "", list[str]()
    with script.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            if inside and line != END:
                if inside in tables:
                    values = line.removesuffix("\n").split("\t")
                    yield inside, dict(zip(columns, map(unescaped, values), strict=True))
            elif inside:
                inside = ""
            elif found := COPY.fullmatch(line):
                inside = found["table"]
                columns = [name.strip().strip('"') for name in found["columns"].split(",")]


def unescaped(value: str) -> str | None:
    r"""A value of the text format as it was.

    >>> unescaped(r"two\nlines \\ one"), unescaped(r"\N")
    ('two\nlines \\ one', None)
    """
    if value == NULL:
        return None
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), value)
