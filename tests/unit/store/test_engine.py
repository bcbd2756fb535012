"""Database URLs, connections and transactions."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.errors import ConfigurationError, StoreError
from ratchet.store import Store, open_store
from ratchet.store.engine import connect, parse_url
from tests.builders import completeness_example
from tests.store_builders import run


@pytest.mark.parametrize(
    "url",
    [
        "postgres://ada:s3cret@db.example:5433/ratchet",
        "postgresql://ada:s3cret@db.example:5433/ratchet",
        "postgresql+psycopg://ada:s3cret@db.example:5433/ratchet",
    ],
)
def test_every_spelling_of_postgresql_is_one(url: str) -> None:
    """All of them use psycopg; what is shown in messages has no password."""
    assert parse_url(url).drivername == "postgresql+psycopg"
    assert connect(url).where == "postgresql://ada@db.example:5433/ratchet"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense s3cret", "can not be read"),
        ("mysql://ada:s3cret@host/db", "mysql is not supported"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///ratchet.db?timeout=long", "timeout=long in the database URL"),
    ],
)
def test_a_wrong_url_says_what_is_wrong(url: str, words: str) -> None:
    """The message says what is wrong with it, and never shows the password."""
    with pytest.raises(ConfigurationError, match=words) as caught:
        open_store(url)

    assert "s3cret" not in str(caught.value)


def test_the_folder_of_the_database_is_made(tmp_path: Path) -> None:
    """A first run needs no preparation."""
    path = tmp_path / "deep" / "down" / "ratchet.db"

    with open_store(f"sqlite:///{path}"):
        pass

    assert path.exists()


def test_sqlite_is_set_up_for_many_readers_and_a_writer(tmp_path: Path) -> None:
    """Write-ahead log, foreign keys, a patient wait for locks, and one sync per checkpoint."""
    with (
        open_store(f"sqlite:///{tmp_path / 'a.db'}") as store,
        store.database.reading() as connection,
    ):
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }

    assert found == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "busy_timeout": 30_000,
        "synchronous": 1,
    }


def test_a_store_is_there_after_closing(database_url: str) -> None:
    """What was added is found by the next who opens the store."""
    example = completeness_example()
    with open_store(database_url) as store:
        store.examples.add([example])

    with open_store(database_url, migrate=False) as store:
        assert store.examples.get(example.example_id) == example


def test_a_writing_block_that_raises_writes_nothing(store: Store) -> None:
    """A transaction is all or nothing, also when the caller's own code fails."""
    with pytest.raises(ZeroDivisionError):
        _insert_a_run_and_divide(store)

    assert store.runs.list() == ()


def test_foreign_keys_hold(store: Store) -> None:
    """The score of an example that is not stored is refused by the database."""
    with pytest.raises(StoreError), store.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO dimension_scores (example_id, judge, dimension, value, reason, at) "
            "VALUES ('none', 'heuristic', 'accuracy', 1.0, '', '2026-03-01 12:00:00')"
        )


def test_reading_does_not_wait_for_a_writer(store: Store) -> None:
    """A reader sees the last commit while somebody writes."""
    store.runs.start(run("run_1"))

    with store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET path = 'elsewhere'")
        seen = store.runs.get("run_1")

    assert seen == run("run_1")


def _insert_a_run_and_divide(store: Store) -> None:
    with store.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO runs (run_id, status, path, started_at, error, config, summary) "
            "VALUES ('r', 'running', '', '2026-01-01 00:00:00.000000', '', '{}', '{}')"
        )
        raise ZeroDivisionError
