"""What a database is: revision, rows of each table, head of the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, inspect, text

from ratchet.backup.manifest import AuditHead, DatabaseFacts
from ratchet.errors import StoreError
from ratchet.store.migrate import current_revision, known_revisions
from ratchet.store.schema import VERSION_TABLE, metadata

AUDIT = "audit"


def gather_facts(
    connection: Connection, *, kind: str, version: str, schema: str = ""
) -> DatabaseFacts | None:
    """The facts of the store on `connection`; None when it holds no store."""
    revision = current_revision(connection)
    if revision is None:
        return None
    tables = store_tables(connection)
    return DatabaseFacts(
        kind=kind,
        version=version,
        revision=revision,
        schema=schema,
        tables={name: _rows(connection, name) for name in tables},
        audit_head=_audit_head(connection) if AUDIT in tables else None,
    )


def store_tables(connection: Connection) -> tuple[str, ...]:
    """The tables of Ratchet that are there; others may share the database."""
    there = set(inspect(connection).get_table_names())
    return tuple(sorted(there & {*metadata.tables, VERSION_TABLE}))


def rows_of_records(facts: DatabaseFacts) -> Mapping[str, int]:
    """The tables that hold something, without the one that holds the revision."""
    return {name: rows for name, rows in facts.tables.items() if rows and name != VERSION_TABLE}


def refuse_newer_revision(facts: DatabaseFacts, *, where: str) -> None:
    """Check that this version of Ratchet can read the schema of a backup.

    Raises:
        StoreError: it is newer.
    """
    if facts.revision not in known_revisions():
        raise StoreError(
            f"The backup {where} holds a database of schema {facts.revision}, which is newer than "
            f"this version of Ratchet knows ({known_revisions()[0]}). Nothing was changed. Upgrade "
            "Ratchet (pip install -U dspy-ratchet) and run the same command again."
        )


def differences(said: DatabaseFacts, found: DatabaseFacts | None) -> Iterable[str]:
    """What a restored database has otherwise than the manifest says, in sentences."""
    if found is None:
        yield "The database of the backup holds no store."
        return
    if said.revision != found.revision:
        yield f"The schema is {found.revision}, but the manifest says {said.revision}."
    for name in sorted({*said.tables, *found.tables}):
        before, now = said.tables.get(name), found.tables.get(name)
        if before != now:
            yield f"The table {name} has {now} rows, but the manifest says {before}."
    if said.audit_head != found.audit_head:
        yield f"The audit trail ends with {found.audit_head}, not with {said.audit_head}."


def _rows(connection: Connection, table: str) -> int:
    query = text(f'SELECT count(*) FROM "{table}"')  # noqa: S608 - one of our own tables
    return int(connection.execute(query).scalar_one())


def _audit_head(connection: Connection) -> AuditHead | None:
    query = text("SELECT entry_id, hash FROM audit ORDER BY entry_id DESC LIMIT 1")
    row = connection.execute(query).first()
    return None if row is None else AuditHead(entry_id=row.entry_id, hash=row.hash)
