"""The audit trail: who did what to which thing, when and why; rows are only ever added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select

from ratchet.store import schema
from ratchet.store.audit_chain import HASHED, append_rows
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database, run_last

PAGE = 1_000  # entries fetched at a time while streaming

_table = schema.audit


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One decision with its evidence.

    `action` is a verb with its noun ("champion.set"), `subject` what it was done to.
    `before` and `after` are JSON, or None where there is nothing to say.

    Raises:
        InputError: `at` has no time zone.
    """

    at: datetime
    actor: str
    action: str
    subject: str
    reason: str = ""
    before: Any = None
    after: Any = None

    def __post_init__(self) -> None:
        refuse_naive(at=self.at)


@dataclass(frozen=True, kw_only=True)
class AuditRecord:
    """An entry as it stands in the trail; `hash` is None when it is older than the chain."""

    entry_id: int
    entry: AuditEntry
    hash: str | None


class AuditTrail:
    """All decisions, in the order in which they were taken."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, entry: AuditEntry) -> None:
        """Add one entry.

        Raises:
            InputError: `before` or `after` has no JSON form.
            StoreError: the database can not be written.
        """
        with self._database.writing() as connection:
            append_entry(connection, entry)

    def list(
        self,
        *,
        subject: str | None = None,
        action: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> tuple[AuditEntry, ...]:
        """The newest entries first, at most `limit`, narrowed by what is given."""
        found = self.records(subject=subject, action=action, actor=actor, since=since, limit=limit)
        return tuple(record.entry for record in found)

    def records(
        self,
        *,
        subject: str | None = None,
        action: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> tuple[AuditRecord, ...]:
        """Like `list`, with the number and the hash of each entry."""
        wanted = {"subject": subject, "action": action, "actor": actor}
        query = _narrowed(select(_table), wanted)
        if since is not None:
            query = query.where(_table.c.at >= since)
        query = query.order_by(_table.c.entry_id.desc()).limit(limit)
        with self._database.reading() as connection:
            return tuple(_record(row) for row in connection.execute(query).mappings())

    def get(self, entry_id: int) -> AuditRecord | None:
        """The entry of this number, or None."""
        with self._database.reading() as connection:
            query = select(_table).where(_table.c.entry_id == entry_id)
            row = connection.execute(query).mappings().first()
        return None if row is None else _record(row)

    def stream(self, *, action: str, subject: str | None = None) -> Iterator[AuditRecord]:
        """All entries of an action, the oldest first, a page at a time."""
        query = _narrowed(select(_table), {"action": action, "subject": subject})
        query = query.order_by(_table.c.entry_id).execution_options(yield_per=PAGE)
        with self._database.reading() as connection:
            for row in connection.execute(query).mappings():
                yield _record(row)


def append_entry(connection: Connection, entry: AuditEntry) -> None:
    """Add an entry inside the transaction of the decision it belongs to.

    In a transaction of `Database.writing` it is chained to the trail as the last thing
    before the commit, whenever this is called; so that nobody waits for a row while others
    wait for their turn at the trail.
    """
    run_last(connection, _append, entry)


def _append(connection: Connection, entries: Sequence[AuditEntry]) -> None:
    append_rows(connection, [vars(entry) for entry in entries])


def _narrowed(query: Select[Any], wanted: Mapping[str, str | None]) -> Select[Any]:
    given = {name: value for name, value in wanted.items() if value is not None}
    return query.where(*(_table.c[name] == value for name, value in given.items()))


def _record(row: RowMapping) -> AuditRecord:
    entry = AuditEntry(**{name: row[name] for name in HASHED if name != "entry_id"})
    return AuditRecord(entry_id=row["entry_id"], entry=entry, hash=row["hash"])
