"""The connection to the database: its URL, its settings, and transactions on it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from ratchet.errors import ConfigurationError, StoreError
from ratchet.store.columns import dump_json
from ratchet.store.faults import explain

BUSY_TIMEOUT_SECONDS = 30  # bulk adds commit every few hundred milliseconds, so this is generous
CONNECT_TIMEOUT_SECONDS = 10
_RETRY_SECONDS = 0.02
_WRITING = "ratchet_writing"
_LAST = "ratchet_last"

Step = Callable[[Connection, list[Any]], None]
"""A part of a transaction, with what it is to write."""


class Database:
    """An open database: hands out transactions and speaks of failures in plain words.

    Safe to share between threads; not to be carried over a fork.
    """

    def __init__(self, engine: Engine, *, where: str, wait_seconds: float) -> None:
        self.engine = engine
        self.where = where
        self.wait_seconds = wait_seconds
        self._writer = engine.execution_options(**{_WRITING: True})

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, on one snapshot."""
        with self._explained(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: all of it, or nothing when the block raises.

        SQLite takes its write lock at the start, so that what the block reads can not be
        overtaken before it writes. What was given to `run_last` comes after the block.
        """
        with self._explained(), self._writer.begin() as connection:
            last: dict[Step, list[Any]] = {}
            yield connection.execution_options(**{_LAST: last})
            for step, items in last.items():
                step(connection, items)

    def use_write_ahead_log(self) -> None:
        """Turn on SQLite's write-ahead log, with which readers and a writer do not wait.

        The file remembers it. SQLite gives up at once, whatever the busy timeout, when
        another process is about to write a fresh file; so the wait is ours.
        """
        deadline = time.monotonic() + self.wait_seconds
        with self._explained(), closing(self.engine.raw_connection()) as connection:
            while not _log_is_on(connection.cursor(), last_try=time.monotonic() > deadline):
                time.sleep(_RETRY_SECONDS)

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise explain(error, self.where) from error


def run_last(connection: Connection, step: Step, item: Any) -> None:
    """Let `step` write `item` just before the transaction of `Database.writing` commits.

    All items of one step are written at once. In another transaction it runs at once.
    """
    last = connection.get_execution_options().get(_LAST)
    if last is None:
        step(connection, [item])
    else:
        last.setdefault(step, []).append(item)


def connect(url: str) -> Database:
    """Prepare the database at `url`; the folder of an SQLite file is made when missing.

    `sqlite:///relative/path.db`, `sqlite:////absolute/path.db` and PostgreSQL's
    `postgresql://user:password@host/name` (or `postgres://`) are understood. A wait other
    than 30 seconds for a locked SQLite file is set by `?timeout=SECONDS`.

    Raises:
        ConfigurationError: the URL can not be read, or names a database that is not
            supported.
        StoreError: the folder can not be made, or the driver is not installed.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _connect_sqlite(parsed)
    return _connect_postgresql(parsed)


def parse_url(url: str) -> URL:
    """Read a database URL; PostgreSQL's always comes out with the psycopg driver.

    >>> parse_url("postgres://me@db.example/ratchet").drivername
    'postgresql+psycopg'

    Raises:
        ConfigurationError: it is no URL, or of a database that is not supported.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(
            "The database URL can not be read. Write sqlite:///path/to/ratchet.db or "
            "postgresql://user:password@host/name."
        ) from error
    backend = parsed.drivername.partition("+")[0]
    if backend in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise ConfigurationError(
            f"A store on {backend} is not supported. Use an sqlite:/// or postgresql:// URL."
        )
    if parsed.database in {None, "", ":memory:"}:
        raise ConfigurationError(
            "The database URL names no file, and a store in memory would forget everything. "
            "Write sqlite:///path/to/ratchet.db."
        )
    return parsed


def _connect_sqlite(url: URL) -> Database:
    path = str(url.database)
    if not path.startswith("file:"):
        _make_folder(Path(path).parent)
    wait_seconds = _number(url, "timeout", BUSY_TIMEOUT_SECONDS)
    waiting = {"timeout": wait_seconds}
    engine = create_engine(url, json_serializer=dump_json, connect_args=waiting)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine, where=path, wait_seconds=wait_seconds)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {folder} for the database can not be made: {error.strerror}. "
            "Choose a place where this user may write."
        ) from error


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # Transactions are begun by `_begin_sqlite`: the driver's own begin too late, at the
    # first write, and so could not upgrade what was read before it.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # With write-ahead logging, NORMAL can lose the last commits when the power fails, never
    # the file; a killed process loses nothing.
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _log_is_on(cursor: Any, *, last_try: bool) -> bool:
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if last_try or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _connect_postgresql(url: URL) -> Database:
    wait_seconds = _number(url, "connect_timeout", CONNECT_TIMEOUT_SECONDS)
    try:
        engine = create_engine(
            url,
            json_serializer=dump_json,
            pool_pre_ping=True,  # a connection that a restart of the server cut is replaced
            connect_args={"connect_timeout": int(wait_seconds)},
        )
    except ImportError as error:
        raise StoreError(
            "PostgreSQL needs the driver psycopg, which is not installed. Run "
            "pip install 'dspy-ratchet[postgres]'."
        ) from error
    return Database(engine, where=_shown(url), wait_seconds=wait_seconds)


def _number(url: URL, option: str, default: float) -> float:
    value = url.query.get(option, default)
    try:
        return float(str(value))
    except ValueError as error:
        raise ConfigurationError(
            f"{option}={value} in the database URL is no number of seconds."
        ) from error


def _shown(url: URL) -> str:
    """Name a PostgreSQL database without its password or options."""
    host = url.host or str(url.query.get("host", "localhost"))
    port = f":{url.port}" if url.port else ""
    user = f"{url.username}@" if url.username else ""
    return f"postgresql://{user}{host}{port}/{url.database or ''}"
