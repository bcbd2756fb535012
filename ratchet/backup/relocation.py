"""Paths inside the database: absolute, so that they move when a restore moves the folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

MOVED = ("programs", "runs")
"""The folders that the database names."""


def relocation_statements(
    old: Mapping[str, str], new: Mapping[str, Path], *, schema: str = ""
) -> tuple[str, ...]:
    """SQL, for SQLite and PostgreSQL, that makes old paths new ones; none when none moved.

    Columns hold the whole path of a program or a run. The results of stages hold paths
    inside JSON. `schema` is that of PostgreSQL, empty on SQLite.
    """
    statements: list[str] = []
    prefix = f'"{schema}".' if schema else ""
    for name in MOVED:
        before, after = old.get(name, ""), str(new[name])
        if not before or before == after:
            continue
        table = {"programs": "program_versions", "runs": "runs"}[name]
        statements.append(_move_column(f"{prefix}{table}", before, after))
        statements.append(_move_json(f"{prefix}run_stages", before, after, is_jsonb=bool(schema)))
    return tuple(statements)


def _move_column(table: str, before: str, after: str) -> str:
    start = f"{before}/"
    return (
        f"UPDATE {table} SET path = {quoted(after)} || substr(path, {len(before) + 1}) "  # noqa: S608 - quoted
        f"WHERE substr(path, 1, {len(start)}) = {quoted(start)}"
    )


def _move_json(table: str, before: str, after: str, *, is_jsonb: bool) -> str:
    """Replace the beginning of texts; both databases write them as json.dumps does."""
    text = "result::text" if is_jsonb else "result"
    moved = f"replace({text}, {quoted(_json_start(before))}, {quoted(_json_start(after))})"
    cast = "::jsonb" if is_jsonb else ""
    return (
        f"UPDATE {table} SET result = {moved}{cast} "  # noqa: S608 - quoted
        f"WHERE strpos({text}, {quoted(_json_start(before))}) > 0"
        if is_jsonb
        else f"UPDATE {table} SET result = {moved} "  # noqa: S608 - quoted
        f"WHERE instr({text}, {quoted(_json_start(before))}) > 0"
    )


def _json_start(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}/'


def quoted(text: str) -> str:
    """A text as an SQL literal.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"
