"""SQLite: a copy that is one moment of the database while others go on writing to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ratchet.backup.disk import PRIVATE
from ratchet.backup.facts import gather_facts
from ratchet.backup.manifest import DatabaseFacts
from ratchet.backup.places import SQLITE_COMPANIONS
from ratchet.errors import StoreError
from ratchet.store.engine import connect
from ratchet.store.faults import explain

KIND = "sqlite"
PAGES_A_STEP = 2_000  # 8 MB: some ten moves of the bar a second
BUSY_SECONDS = 30.0
SHOWN = 3

Moved = Callable[[int, int], None]
"""Takes the pages copied and all pages."""


def copy_database(source: Path, target: Path, *, moved: Moved) -> DatabaseFacts | None:
    """Copy the database at `source` to the new file `target`; None when it holds no store.

    One read transaction spans the whole copy. With the write-ahead log that is a fixed
    snapshot: writers do not wait for it, and it never has to begin anew because of them.

    Raises:
        StoreError: the database can not be read, or is damaged; or the disk is full.
    """
    with _opened(source) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with _opened(target) as writer:
            reader.backup(
                writer,
                pages=PAGES_A_STEP,
                progress=lambda _, left, total: moved(total - left, total),
            )
    target.chmod(PRIVATE)
    if problems := damage(target):
        raise StoreError(
            f"The database {source} is damaged: {problems[0]} No backup was made of it. Restore "
            "an older backup, or salvage it with `sqlite3 FILE .recover`."
        )
    return read_facts(target)


def read_facts(path: Path) -> DatabaseFacts | None:
    """What the database at `path` is; None when it holds no store.

    Raises:
        StoreError: it can not be read.
    """
    database = connect(f"sqlite:///{path}")
    try:
        with database.reading() as connection:
            return gather_facts(connection, kind=KIND, version=sqlite3.sqlite_version)
    finally:
        database.close()


def damage(path: Path) -> list[str]:
    """What SQLite's own checks find wrong, in sentences."""
    try:
        with _opened(path) as connection:
            checked = [row[0] for row in connection.execute(f"PRAGMA integrity_check({SHOWN})")]
            orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(SHOWN)
    except StoreError as error:
        return [str(error)]
    found = [f"SQLite's integrity check says: {line}." for line in checked if line != "ok"]
    return found + [f"Row {row[1]} of {row[0]} refers to none of {row[2]}." for row in orphans]


def execute(path: Path, statements: Iterable[str]) -> None:
    """Run statements in one transaction.

    Raises:
        StoreError: one of them fails; then none of them counts.
    """
    with _opened(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements:
            connection.execute(statement)
        connection.execute("COMMIT")


def settle(path: Path) -> None:
    """Fold the write-ahead log into the file, which shows that nobody else has it open.

    A file that is no database or is damaged is left as it is; it can still be moved.

    Raises:
        StoreError: another process has it open.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=1.0)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise StoreError(
                f"The database {path} is open in another process, whose writes a restore would "
                "lose. Stop what uses it (apps that ingest, rollouts, flows) and run the same "
                "command again."
            ) from error
    except sqlite3.DatabaseError:
        return


def files_of(path: Path) -> tuple[Path, ...]:
    """The files of a database that are there; its own last, so that no log meets another file."""
    everything = (*(Path(f"{path}{end}") for end in SQLITE_COMPANIONS), path)
    return tuple(file for file in everything if file.exists())


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(
            sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
        ) as connection:
            yield connection
    except sqlite3.Error as error:
        raise explain(error, str(path)) from error
