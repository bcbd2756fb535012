"""What the store does when the machine does not do its part."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from sqlalchemy import event, text

from ratchet.errors import StoreError
from ratchet.store import Added, Store, open_store
from ratchet.store.engine import connect
from ratchet.store.examples import CHUNK
from ratchet.store.migrate import ensure_schema
from tests.builders import completeness_example
from tests.postgres import LOCKED_PASSWORD, LOCKED_USER, PostgresServer, session_server
from tests.store_builders import numbered_examples, program

SIGNATURE = "validate_completeness"
REPOSITORY = Path(__file__).parents[2]


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Run a script in a process of its own, with the tests importable."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def sqlite_url(path: Path, **query: str) -> str:
    """The URL of an SQLite file with options of SQLite's own."""
    options = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    return f"sqlite:///file:{path}?{options}&uri=true"


# Two at once ------------------------------------------------------------------------------

MIGRATE_ON_SIGNAL = """
import sys
import alembic.command
from ratchet.store.engine import Database, connect
from ratchet.store.migrate import ensure_schema

class Hesitating(Database):
    def writing(self):
        print("about to migrate", flush=True)
        sys.stdin.readline()
        return super().writing()

database = connect(sys.argv[1])
database.__class__ = Hesitating
ensure_schema(database, migrate=True)
"""


def test_processes_that_open_a_fresh_database_at_once_all_succeed(database_url: str) -> None:
    """All have seen that there is no schema; one makes it, the others wait; nobody fails."""
    processes = [start(MIGRATE_ON_SIGNAL, database_url) for _ in range(4)]

    _let_go(processes, when="about to migrate\n")
    errors = [process.communicate()[1] for process in processes]

    assert [process.returncode for process in processes] == [0] * 4, errors
    with open_store(database_url, migrate=False) as store:
        assert store.examples.signatures() == []


ADD_ON_SIGNAL = """
import sys
from ratchet.store import open_store
from tests.store_builders import numbered_examples
examples = list(numbered_examples(5000))
if sys.argv[2] == "backwards":
    examples.reverse()
with open_store(sys.argv[1]) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    print(store.examples.add(examples).inserted)
"""


def test_two_processes_adding_the_same_examples_store_each_once(database_url: str) -> None:
    """Neither fails nor waits for ever, whatever their order; together they insert each once."""
    processes = [start(ADD_ON_SIGNAL, database_url, way) for way in ("forwards", "backwards")]

    _let_go(processes, when="ready\n")
    answers = [process.communicate() for process in processes]

    assert [process.returncode for process in processes] == [0, 0], answers
    assert sum(int(answer) for answer, _ in answers) == 5000
    with open_store(database_url) as store:
        assert store.examples.statistics(SIGNATURE).total == 5000


# Killed -----------------------------------------------------------------------------------

ADD_FOR_EVER = """
import sys
from ratchet.store import open_store
from ratchet.store.examples import CHUNK
from tests.store_builders import numbered_examples

def reporting(examples):
    for number, example in enumerate(examples):
        if number == 2 * CHUNK + 1:
            print("under way", flush=True)
        yield example

with open_store(sys.argv[1]) as store:
    store.examples.add(reporting(numbered_examples(10**9)))
"""


def test_a_killed_add_keeps_whole_chunks_and_is_completed_by_repeating(database_url: str) -> None:
    """After kill -9 the database opens, holds whole transactions, and takes the rest."""
    process = start(ADD_FOR_EVER, database_url)
    assert process.stdout is not None
    assert process.stdout.readline() == "under way\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()

    with open_store(database_url) as store:
        kept = store.examples.statistics(SIGNATURE).total
        again = store.examples.add(numbered_examples(kept + 10))
        found = sum(1 for _ in store.examples.find(SIGNATURE))

    assert kept >= 2 * CHUNK
    assert kept % CHUNK == 0
    assert again == Added(inserted=10, existing=kept)
    assert found == kept + 10


MIGRATE_AND_DIE = """
import os, signal, sys
from sqlalchemy import event
from ratchet.store.engine import connect
from ratchet.store.migrate import ensure_schema
database = connect(sys.argv[1])
def die(connection, cursor, statement, *_):
    if "ix_examples_best" in statement:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(database.engine, "after_cursor_execute", die)
ensure_schema(database, migrate=True)
"""


def test_a_killed_migration_leaves_the_old_schema(database_url: str) -> None:
    """A migration is one transaction: killed in the middle it is not there, and runs again."""
    process = start(MIGRATE_AND_DIE, database_url)
    process.communicate()
    assert process.returncode == -signal.SIGKILL

    with pytest.raises(StoreError, match="has schema none"):
        open_store(database_url, migrate=False)
    with open_store(database_url) as store:
        assert store.programs.add(program())


# Locked, read-only, full, damaged ---------------------------------------------------------


def test_a_locked_file_is_said_to_be_locked(tmp_path: Path) -> None:
    """When another process writes for longer than the wait, the message says so; then it works."""
    url = f"sqlite:///{tmp_path / 'ratchet.db'}?timeout=0.05"
    with open_store(url) as store:
        other = sqlite3.connect(tmp_path / "ratchet.db")
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreError, match=r"ratchet\.db is locked: another process"):
            store.examples.add([completeness_example()])
        assert store.examples.signatures() == []

        other.rollback()
        other.close()
        assert store.examples.add([completeness_example()]).inserted == 1


@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_locked_fresh_file_is_said_to_be_locked(tmp_path: Path, lock: str) -> None:
    """A file that somebody holds before the first migration gives the same message."""
    path = tmp_path / "ratchet.db"
    other = sqlite3.connect(path)
    other.execute(f"BEGIN {lock}")

    with pytest.raises(StoreError, match=r"ratchet\.db is locked: another process"):
        open_store(f"sqlite:///{path}?timeout=0.05")
    other.close()


def test_a_fresh_file_that_is_in_use_is_waited_for(tmp_path: Path) -> None:
    """Turning the write-ahead log on is tried again until the other process lets go."""
    path = tmp_path / "ratchet.db"
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    tries: list[str] = []

    def let_go_at_the_second_try(statement: str) -> None:
        if "journal_mode" in statement:
            tries.append(statement)
        if len(tries) == 2:
            other.rollback()

    database = connect(f"sqlite:///{path}")
    event.listen(
        database.engine,
        "connect",
        lambda connection, _record: connection.set_trace_callback(let_go_at_the_second_try),
    )
    ensure_schema(database, migrate=True)

    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    assert len(tries) == 3
    database.close()
    other.close()


def test_a_read_only_file_can_be_read_and_says_so_when_written(tmp_path: Path) -> None:
    """Reading works; writing tells to allow it or to choose another place."""
    path = tmp_path / "ratchet.db"
    example = completeness_example()
    with open_store(f"sqlite:///{path}") as store:
        store.examples.add([example])

    with open_store(sqlite_url(path, mode="ro")) as store:
        assert store.examples.get(example.example_id) == example
        with pytest.raises(StoreError, match=r"is read-only\. Allow this user to write"):
            store.examples.add([completeness_example(implementation="another")])


def test_a_read_only_empty_file_can_not_be_migrated(tmp_path: Path) -> None:
    """The first opening of a read-only file says that it is read-only."""
    path = tmp_path / "ratchet.db"
    sqlite3.connect(path).close()

    with pytest.raises(StoreError, match="is read-only"):
        open_store(sqlite_url(path, mode="ro"))


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    """A path below a file is no folder, for root neither."""
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreError, match=r"file/below for the database can not be made"):
        open_store(f"sqlite:///{tmp_path / 'file' / 'below' / 'ratchet.db'}")


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    """A database that can not be opened says where it should be and what to check."""
    with pytest.raises(StoreError, match=f"{tmp_path} can not be opened. Check"):
        open_store(f"sqlite:///{tmp_path}")


def test_a_full_disk_is_said_to_be_full_and_loses_nothing(tmp_path: Path) -> None:
    """SQLite's own limit of pages stands for the disk: what was committed stays."""
    with open_store(f"sqlite:///{tmp_path / 'ratchet.db'}") as store:
        store.examples.add(numbered_examples(10))
        _limit_pages(store, more=5)

        with pytest.raises(StoreError, match=r"the disk is full\. Free some space"):
            store.examples.add(numbered_examples(1_000))

        assert store.examples.statistics(SIGNATURE).total == 10


OUT_OF_ROOM = """
import resource, sys
from ratchet.errors import StoreError
from ratchet.store import open_store
from tests.store_builders import numbered_examples
with open_store(sys.argv[1]) as store:
    store.examples.add(numbered_examples(10))
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    try:
        store.examples.add(numbered_examples(2_000))
    except StoreError as error:
        print(error)
"""


def test_a_write_that_the_system_refuses_is_explained(tmp_path: Path) -> None:
    """A quota on the file gives a message about space and quota, and loses nothing."""
    url = f"sqlite:///{tmp_path / 'ratchet.db'}"

    said, errors = start(OUT_OF_ROOM, url).communicate()

    assert "Check the free space, the quota" in said, errors
    with open_store(url) as store:
        assert store.examples.statistics(SIGNATURE).total == 10


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    """A text file is not an SQLite database, and is left as it was."""
    path = tmp_path / "ratchet.db"
    path.write_text("This is a diary. " * 100)

    with pytest.raises(StoreError, match=r"is not an SQLite database\. Check the URL"):
        open_store(f"sqlite:///{path}")

    assert path.read_text().startswith("This is a diary. ")


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    """Rubbish in the pages gives a message that tells to restore a backup."""
    path = tmp_path / "ratchet.db"
    with open_store(f"sqlite:///{path}") as store:
        store.examples.add(numbered_examples(2_000))
    with path.open("r+b") as file:
        file.seek(200 * 4096)  # behind the pages of the schema, which opening reads
        file.write(os.urandom(60 * 4096))

    with (
        open_store(f"sqlite:///{path}") as store,
        pytest.raises(StoreError, match=r"is damaged\. Keep a copy"),
    ):
        list(store.examples.find(SIGNATURE))


def test_a_newer_schema_is_refused(database_url: str) -> None:
    """A database that a later Ratchet migrated is not touched; the message tells to upgrade."""
    with open_store(database_url) as store, store.database.writing() as connection:
        connection.execute(text("UPDATE ratchet_schema SET version_num = '9999'"))

    with pytest.raises(StoreError, match=r"schema 9999, which is newer.*Upgrade Ratchet"):
        open_store(database_url)


def test_an_empty_database_is_refused_without_migrating(database_url: str) -> None:
    """With migrate=False an old or missing schema is an error that says how to get it."""
    with pytest.raises(StoreError, match=r"has schema none.*migrate=True"):
        open_store(database_url, migrate=False)


# PostgreSQL -------------------------------------------------------------------------------


def test_an_unreachable_server_is_said_to_be_unreachable() -> None:
    """Nobody listens there: the message has the host and the port, and no password."""
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:1/ratchet can not be reached") as caught:
        open_store("postgresql://ada:s3cret@127.0.0.1:1/ratchet")

    assert "s3cret" not in str(caught.value)


def test_an_unknown_host_is_said_to_be_unreachable() -> None:
    """A name that resolves to nothing is told like a server that is down."""
    with pytest.raises(StoreError, match=r"nowhere\.invalid/ratchet can not be reached"):
        open_store("postgres://ada@nowhere.invalid/ratchet")


def test_a_wrong_password_is_told_and_not_shown() -> None:
    """The message says to check user and password and shows neither password."""
    url = session_server().url("postgres", user=LOCKED_USER, password="s3cret")

    with pytest.raises(StoreError, match="refused the user or password") as caught:
        open_store(url)

    assert "s3cret" not in str(caught.value)


def test_a_missing_database_is_told() -> None:
    """The message says how to create it."""
    with pytest.raises(StoreError, match=r"no_such has no such .*database"):
        open_store(session_server().url("no_such"))


def test_a_user_without_rights_is_told() -> None:
    """A user who may connect but not create tables gets the right advice."""
    url = session_server().url("postgres", user=LOCKED_USER, password=LOCKED_PASSWORD)

    with pytest.raises(StoreError, match=r"does not let this user do that\. Grant"):
        open_store(url)


WITHOUT_DRIVER = """
import sys
sys.modules["psycopg"] = None
from ratchet.errors import StoreError
from ratchet.store import open_store
try:
    open_store("postgresql://ada:s3cret@localhost/ratchet")
except StoreError as error:
    print(error)
"""


def test_a_missing_driver_says_what_to_install() -> None:
    """Without psycopg the message has the pip command."""
    said, errors = start(WITHOUT_DRIVER).communicate()

    assert "pip install 'dspy-ratchet[postgres]'" in said, errors
    assert "s3cret" not in said


def test_a_server_that_goes_away_is_told_and_what_was_committed_is_safe() -> None:
    """Between two writes the server stops at once: the second says that it is gone."""
    server = PostgresServer()
    try:
        with open_store(server.url("postgres")) as store:
            store.examples.add(numbered_examples(10))
            server.stop()

            with pytest.raises(StoreError, match=r"can not be reached|cut the connection"):
                store.examples.add([completeness_example()])
    finally:
        server.stop()


def test_a_cut_connection_fails_one_write_and_not_the_next() -> None:
    """The server cuts us off in the middle of a transaction; the store connects again."""
    with session_server().fresh_database() as url, open_store(url) as store:
        with pytest.raises(StoreError, match="cut the connection"):
            _write_while_cut_off(store, url)

        assert store.examples.add(numbered_examples(3)) == Added(inserted=3, existing=0)


def test_a_connection_cut_while_idle_is_replaced() -> None:
    """After a restart of the server the next write connects again and nobody notices."""
    with session_server().fresh_database() as url, open_store(url) as store:
        with psycopg.connect(url, autocommit=True) as other:
            cut = other.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchall()

        assert cut == [(True,)]
        assert store.examples.add(numbered_examples(3)) == Added(inserted=3, existing=0)


def test_a_stopped_server_leaves_no_folder_behind() -> None:
    """The helper of these tests cleans up after itself."""
    server = PostgresServer()
    folder = Path(server.socket_folder)
    assert folder.exists()

    server.stop()

    assert not folder.parent.exists()


KILLED_TESTS = """
import os, signal
from tests.postgres import PostgresServer
server = PostgresServer()
print(server.socket_folder, flush=True)
print(server._keeper.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_tests_leave_no_server_behind() -> None:
    """After kill -9 of the test process its server stops and its folder goes."""
    process = start(KILLED_TESTS)
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    # The keeper inherits our pipe of errors and holds it until it has cleaned up.
    process.communicate()

    assert process.returncode == -signal.SIGKILL
    assert not folder.parent.exists()


def _let_go(processes: list[subprocess.Popen[str]], *, when: str) -> None:
    """Wait until all have said `when`, then let all go at once."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == when
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def _limit_pages(store: Store, *, more: int) -> None:
    with store.database.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    store.database.close()

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + more}")

    event.listen(store.database.engine, "connect", limit)


def _write_while_cut_off(store: Store, url: str) -> None:
    with store.database.writing() as connection:
        backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
        connection.exec_driver_sql("SELECT 1")
