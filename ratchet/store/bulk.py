"""Writes that are safe to repeat: new rows go in, rows whose key is there stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import JSON, Column, Connection, Dialect, Double, Table
from sqlalchemy.dialects import postgresql, sqlite

from ratchet.store.columns import Document, UtcDateTime, encode_json, sqlite_time

Row = tuple[Any, ...]
T = TypeVar("T")

_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # not annotated


_KEEP_OLD = " ON CONFLICT DO NOTHING"


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Insert the rows whose primary key is not there yet; say how many those were.

    Each row holds one value per column of `table`, in its order. The statement is prepared
    once and the rows go to the driver as they are: SQLite runs its own executemany, and
    PostgreSQL gets one binary array per column and unnests them, in one round trip.
    """
    return _insert(connection, table, rows, conflict=_KEEP_OLD)


def insert_all(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows like `insert_new`; a primary key that is there already is an error."""
    _insert(connection, table, rows, conflict="")


def update_each(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Row]
) -> None:
    """Overwrite some columns of many rows, each with values of its own, in one round trip.

    The columns are the first and the others of `names`: the first is the primary key, by which a
    row is found, and each of `rows` holds a value for each.
    """
    if not rows:
        return
    key, *changed = (table.c[name] for name in names)
    dialect = connection.dialect
    keys, *columns = (
        _encoded(column, values, dialect)
        for column, values in zip((key, *changed), zip(*rows, strict=True), strict=True)
    )
    if dialect.name == "sqlite":
        values = list(zip(*columns, keys, strict=True))
        connection.exec_driver_sql(_update_values(table, tuple(names)), values)
    else:
        connection.exec_driver_sql(_update_arrays(table, tuple(names)), (keys, *columns))


def _insert(connection: Connection, table: Table, rows: Sequence[Row], *, conflict: str) -> int:
    if not rows:
        return 0
    dialect = connection.dialect
    columns = [
        _encoded(column, values, dialect)
        for column, values in zip(table.columns, zip(*rows, strict=True), strict=True)
    ]
    if dialect.name == "sqlite":
        encoded = list(zip(*columns, strict=True))
        return connection.exec_driver_sql(_insert_values(table) + conflict, encoded).rowcount
    return connection.exec_driver_sql(_insert_arrays(table) + conflict, tuple(columns)).rowcount


def upsert(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    """Insert `row`, or overwrite the one with its primary key."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    keys = [column.name for column in table.primary_key]
    statement = insert(table).values(row)
    changes = {name: statement.excluded[name] for name in row if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes))


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut a stream into lists of `size`; the last one may be shorter.

    >>> list(chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    stream = iter(items)
    while chunk := list(islice(stream, size)):
        yield chunk


def _encoded(column: Column[Any], values: Sequence[Any], dialect: Dialect) -> list[Any]:
    """The values of one column as the driver takes them; equal ones are encoded once."""
    if isinstance(column.type, JSON | Document):
        return [encode_json(column.type, value) for value in values]
    if isinstance(column.type, Double):  # an array of whole and broken numbers would be refused
        return [None if value is None else float(value) for value in values]
    if isinstance(column.type, UtcDateTime) and dialect.name == "sqlite":
        texts = {value: None if value is None else sqlite_time(value) for value in set(values)}
        return [texts[value] for value in values]
    encode = column.type.dialect_impl(dialect).bind_processor(dialect)
    if encode is None:
        return list(values)
    codes = {value: encode(value) for value in set(values)}
    return [codes[value] for value in values]


@lru_cache(maxsize=32)
def _insert_values(table: Table) -> str:
    marks = ", ".join("?" for _ in table.columns)
    return (
        f"INSERT INTO {table.name} ({_names(table)}) "  # noqa: S608 - names of our own tables
        f"VALUES ({marks})"
    )


@lru_cache(maxsize=32)
def _insert_arrays(table: Table) -> str:
    arrays = ", ".join(f"%b::{_type_name(column)}[]" for column in table.columns)
    return (
        f"INSERT INTO {table.name} ({_names(table)}) "  # noqa: S608 - names of our own tables
        f"SELECT * FROM unnest({arrays})"
    )


@lru_cache(maxsize=32)
def _update_values(table: Table, names: tuple[str, ...]) -> str:
    key, *changed = names
    values = ", ".join(f'"{name}" = ?' for name in changed)
    return f'UPDATE {table.name} SET {values} WHERE "{key}" = ?'  # noqa: S608 - names of our own


@lru_cache(maxsize=32)
def _update_arrays(table: Table, names: tuple[str, ...]) -> str:
    key, *changed = names
    values = ", ".join(f'"{name}" = news."{name}"' for name in changed)
    arrays = ", ".join(f"%b::{_type_name(table.c[name])}[]" for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    return (
        f"UPDATE {table.name} SET {values} "  # noqa: S608 - names of our own tables
        f"FROM unnest({arrays}) AS news ({columns}) "
        f'WHERE {table.name}."{key}" = news."{key}"'
    )


def _names(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _type_name(column: Column[Any]) -> str:
    return column.type.compile(dialect=_POSTGRESQL)
