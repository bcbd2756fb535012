"""PostgreSQL: a dump of one moment by pg_dump, and its way back in a single transaction."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ratchet.backup.disk import write_durably
from ratchet.backup.facts import gather_facts
from ratchet.backup.manifest import DatabaseFacts
from ratchet.backup.postgresql_tools import DUMP, RESTORE, SHELL, PostgresTools, address, call
from ratchet.backup.relocation import quoted
from ratchet.backup.sqlite_copy import Moved
from ratchet.errors import StoreError
from ratchet.store.engine import Database, connect, parse_url
from ratchet.store.faults import explain
from ratchet.store.schema import VERSION_TABLE

KIND = "postgresql"
DUMP_FILE, FUNCTIONS_FILE, SCRIPT_FILE = "ratchet.pgdump", "functions.sql", "restore.sql"
LOCK_WAIT = "30s"
SCRATCH = "ratchet_verify_"
_STAMP = "'YYYYMMDDHH24MISS'"
_NOW = f"SELECT to_char(now() AT TIME ZONE 'UTC', {_STAMP})"
_LEFT_OVER = f"""
SELECT datname FROM pg_database
WHERE datname ~ ('^' || :prefix || '[0-9]{{14}}_') AND pg_has_role(datdba, 'MEMBER')
AND substr(datname, length(:prefix) + 1, 14)
    < to_char(now() AT TIME ZONE 'UTC' - interval '1 day', {_STAMP})
"""  # noqa: S608 - a constant
_RESTORING = 0x726573746F7265  # "restore" in ASCII
REFUSAL = "RAISE EXCEPTION 'it is restored already'"
_FUNCTIONS = """
SELECT DISTINCT pg_get_functiondef(t.tgfoid) AS definition
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND n.nspname = :schema AND c.relname = ANY(:tables)
ORDER BY 1
"""
_COMMENT = "SELECT obj_description(to_regclass(:table), 'pg_class')"


@dataclass(frozen=True, kw_only=True)
class Target:
    """The database of a restore: its URL, the schema of our tables, those that are there."""

    url: str
    schema: str
    server: int
    facts: DatabaseFacts | None

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(self.facts.tables) if self.facts else ()


def dump_database(
    url: str, folder: Path, *, tools: PostgresTools, moved: Moved
) -> DatabaseFacts | None:
    """Dump the store at `url` into `folder`; None when the database holds no store.

    Counts and dump see one snapshot, so that they agree while others go on writing.

    Raises:
        ConfigurationError: pg_dump is missing, or older than the server.
        StoreError: the database can not be read, or the disk is full.
    """
    with _opened(url) as database, database.reading() as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        facts = _facts(connection)
        if facts is None:
            return None
        functions = connection.execute(
            text(_FUNCTIONS), {"schema": facts.schema, "tables": list(facts.tables)}
        )
        program = tools.find(DUMP, server=_server(connection))
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        write_durably(
            folder / FUNCTIONS_FILE, "".join(f"{row.definition};\n" for row in functions).encode()
        )
        options = (f"--snapshot={snapshot}", f"--file={folder / DUMP_FILE}")
        _dump(program, options, url, facts, moved)
    return facts


def look_at(url: str) -> Target:
    """What is in the database that a restore would go to.

    Raises:
        StoreError: it can not be reached.
    """
    with _opened(url) as database, database.reading() as connection:
        return Target(
            url=url,
            schema=_schema(connection),
            server=_server(connection),
            facts=_facts(connection),
        )


def write_script(folder: Path, target: Path, *, server: int, tools: PostgresTools) -> None:
    """Turn the dump in `folder` into SQL; reads every byte of it.

    Raises:
        ConfigurationError: pg_restore is missing.
        StoreError: the dump is damaged.
    """
    program = tools.find(RESTORE, server=server)
    options = ("--no-owner", "--no-privileges", f"--file={target}")
    call((program, *options, folder / DUMP_FILE), url=None, doing="Reading the dump")


def restore_database(
    target: Target,
    script: Path,
    functions: Path,
    *,
    restore_id: str,
    aside: str,
    relocation: Iterable[str],
    tools: PostgresTools,
) -> None:
    """Put a dump in place of what is there, in one transaction, unless it was done already.

    The old tables move to the schema `aside`; a kill at any moment leaves them where they are.

    Raises:
        StoreError: the database refuses; nothing was changed then.
    """
    before, after = script.with_name("before.sql"), script.with_name("after.sql")
    for path in (before, after):
        path.unlink(missing_ok=True)
    write_durably(before, _before(target, restore_id=restore_id, aside=aside).encode())
    mark = f'COMMENT ON TABLE "{target.schema}".{VERSION_TABLE} IS {quoted(restore_id)}'
    write_durably(after, "".join(f"{line};\n" for line in (*relocation, mark)).encode())
    try:
        _run(target.url, (before, functions, script, after), server=target.server, tools=tools)
    except StoreError:
        if not is_restored(target.url, restore_id):  # by the process that was killed
            raise


def is_restored(url: str, restore_id: str) -> bool:
    """Whether this very restore is in the database already."""
    with _opened(url) as database, database.reading() as connection:
        return bool(
            connection.execute(text(_COMMENT), {"table": VERSION_TABLE}).scalar() == restore_id
        )


def has_schema(url: str, name: str) -> bool:
    """Whether the database has a schema of that name."""
    with _opened(url) as database, database.reading() as connection:
        query = text("SELECT 1 FROM pg_namespace WHERE nspname = :name")
        return connection.execute(query, {"name": name}).first() is not None


@contextlib.contextmanager
def scratch_database(
    url: str, script: Path, functions: Path, *, schema: str, tools: PostgresTools
) -> Iterator[str | None]:
    """A database of its own with the restored dump, dropped afterwards; yields its URL.

    Yields None where the user may create no database. What killed ones left is dropped when
    it is a day old.
    """
    with _opened(url) as database:
        _sweep(database)
        name = _create(database)
        if name is None:
            yield None
            return
        try:
            scratch = parse_url(url).set(database=name).render_as_string(hide_password=False)
            with database.reading() as connection:
                server = _server(connection)
            make = functions.with_name("make.sql")
            make.unlink(missing_ok=True)
            write_durably(make, f'CREATE SCHEMA IF NOT EXISTS "{schema}";\n'.encode())
            _run(scratch, (make, functions, script), server=server, tools=tools)
            yield scratch
        finally:
            _administer(database, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def scratch_facts(url: str) -> DatabaseFacts | None:
    """What a restored dump is."""
    return look_at(url).facts


def rows_in(script: Path) -> dict[str, int]:
    """The rows of each table in a script of pg_restore, counted without a server."""
    rows: dict[str, int] = {}
    table = ""
    with script.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if table:
                if line == "\\.\n":
                    table = ""
                else:
                    rows[table] += 1
            elif line.startswith("COPY ") and line.endswith("FROM stdin;\n"):
                table = line.split(" ", 2)[1].rpartition(".")[2].strip('"')
                rows[table] = 0
    return rows


def _dump(
    program: Path, given: Iterable[str], url: str, facts: DatabaseFacts, moved: Moved
) -> None:
    done = 0

    def heard(line: str) -> None:
        nonlocal done
        if "dumping contents of table" in line:
            done += 1
            moved(done, len(facts.tables))

    parsed = parse_url(url)
    options = [
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        "--no-password",
        "--verbose",
        f"--lock-wait-timeout={LOCK_WAIT}",
        *given,
        *(f'--table="{facts.schema}"."{name}"' for name in facts.tables),
        f"--dbname={address(parsed)}",
    ]
    call((program, *options), url=parsed, doing="The dump of the database", heard=heard)


def _run(url: str, scripts: Iterable[Path], *, server: int, tools: PostgresTools) -> None:
    parsed = parse_url(url)
    program = tools.find(SHELL, server=server)
    options = ("--no-psqlrc", "--quiet", "--no-password", "--single-transaction")
    files = (f"--file={script}" for script in scripts)
    call(
        (program, *options, "--set=ON_ERROR_STOP=1", *files, f"--dbname={address(parsed)}"),
        url=parsed,
        doing="The restore of the database",
    )


def _before(target: Target, *, restore_id: str, aside: str) -> str:
    """What comes before the dump, in its transaction."""
    version_table = quoted(f'"{target.schema}".{VERSION_TABLE}')
    mark = f"obj_description(to_regclass({version_table}), 'pg_class')"
    lines = [
        f"SET LOCAL lock_timeout = {quoted(LOCK_WAIT)}",
        f"DO $$ BEGIN PERFORM pg_advisory_xact_lock({_RESTORING}); END $$",
        f"DO $$ BEGIN IF {mark} = {quoted(restore_id)} THEN {REFUSAL}; END IF; END $$",
        f'CREATE SCHEMA IF NOT EXISTS "{target.schema}"',
    ]
    if target.tables:
        lines.append(f'CREATE SCHEMA "{aside}"')
    lines += [
        f'ALTER TABLE "{target.schema}"."{table}" SET SCHEMA "{aside}"' for table in target.tables
    ]
    return "".join(f"{line};\n" for line in lines)


def _facts(connection: Connection) -> DatabaseFacts | None:
    version = str(connection.execute(text("SHOW server_version")).scalar_one()).split()[0]
    return gather_facts(connection, kind=KIND, version=version, schema=_schema(connection))


def _schema(connection: Connection) -> str:
    """The schema of our tables, or the one in which they would be made."""
    found = connection.execute(
        text(
            "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.oid = to_regclass(:table)"
        ),
        {"table": VERSION_TABLE},
    ).scalar()
    return str(found or connection.execute(text("SELECT current_schema()")).scalar() or "public")


def _server(connection: Connection) -> int:
    return int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000


def _sweep(database: Database) -> None:
    with database.reading() as connection:
        names = connection.execute(text(_LEFT_OVER), {"prefix": SCRATCH}).scalars().all()
    for name in names:
        with contextlib.suppress(DBAPIError):  # one that is in use after all, or gone by now
            _administer(database, f'DROP DATABASE IF EXISTS "{name}"')


def _create(database: Database) -> str | None:
    with database.reading() as connection:
        stamp = connection.execute(text(_NOW)).scalar_one()
    name = f"{SCRATCH}{stamp}_{secrets.token_hex(6)}"
    try:
        _administer(database, f'CREATE DATABASE "{name}" TEMPLATE template0')
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == "42501":  # insufficient privilege
            return None
        raise explain(error, database.where) from error
    return name


def _administer(database: Database, statement: str) -> None:
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))


@contextlib.contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = connect(url)
    try:
        yield database
    except SQLAlchemyError as error:
        raise explain(error, database.where) from error
    finally:
        database.close()
