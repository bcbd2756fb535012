"""The schema's way from one revision to the next, one process at a time."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from ratchet.errors import StoreError
from ratchet.store.engine import Database
from ratchet.store.schema import SCHEMA_REVISION, VERSION_TABLE

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 0x72617463686574  # "ratchet" in ASCII
_alembic = threading.Lock()  # alembic's `op` and `context` are global to the process


def ensure_schema(database: Database, *, migrate: bool) -> None:
    """Bring the schema to `SCHEMA_REVISION`, or check that it is there.

    Many processes may do so at once: one migrates, the others wait for it. A migration is
    one transaction, so that a killed one leaves the old schema.

    Raises:
        StoreError: the schema is newer than this version of Ratchet, or it is older and
            `migrate` is false.
    """
    with database.reading() as connection:
        found = current_revision(connection)
    if found == SCHEMA_REVISION:
        return
    _refuse_newer(found, database.where)
    if not migrate:
        raise StoreError(
            f"The database {database.where} has schema {found or 'none'}, and this version of "
            f"Ratchet needs {SCHEMA_REVISION}. Open it once with migrate=True."
        )
    if database.is_sqlite:
        database.use_write_ahead_log()
    with _alembic, database.writing() as connection:
        _upgrade(connection, where=database.where)


def current_revision(connection: Connection) -> str | None:
    """The revision of the schema in the database; None when it holds no store."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant


def configuration(connection: Connection | None = None) -> Config:
    """The alembic configuration of the store's migrations, on `connection`.

    A new migration is written with `alembic.command.revision(configuration(connection),
    "what changes", autogenerate=True)`.
    """
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def known_revisions() -> list[str]:
    """Every revision that this version of Ratchet can read or upgrade, the newest first."""
    from alembic.script import ScriptDirectory

    return [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]


def _refuse_newer(found: str | None, where: str) -> None:
    if found is not None and found not in known_revisions():
        raise StoreError(
            f"The database {where} has schema {found}, which is newer than this version of "
            f"Ratchet knows ({SCHEMA_REVISION}). Upgrade Ratchet (pip install -U dspy-ratchet), "
            "or restore a backup from before the upgrade."
        )


def _upgrade(connection: Connection, *, where: str) -> None:
    from alembic import command

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    # Another process may have migrated, even to a newer schema, while this one waited.
    _refuse_newer(current_revision(connection), where)
    command.upgrade(configuration(connection), "head")
