"""The audit trail: who did what to which thing, when and why; rows are only ever added."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from ratchet.store import schema
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database


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


class AuditTrail:
    """All decisions, in the order in which they were taken."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, entry: AuditEntry) -> None:
        """Add one entry.

        Raises:
            StoreError: the database can not be written.
        """
        with self._database.writing() as connection:
            append_entry(connection, entry)

    def list(
        self,
        *,
        subject: str | None = None,
        action: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> tuple[AuditEntry, ...]:
        """The newest entries first, at most `limit`, narrowed by what is given."""
        table = schema.audit
        query = select(*(c for c in table.c if c.name not in {"entry_id", "hash"}))
        if subject is not None:
            query = query.where(table.c.subject == subject)
        if action is not None:
            query = query.where(table.c.action == action)
        if since is not None:
            query = query.where(table.c.at >= since)
        query = query.order_by(table.c.entry_id.desc()).limit(limit)
        with self._database.reading() as connection:
            return tuple(AuditEntry(**row) for row in connection.execute(query).mappings())


def append_entry(connection: Connection, entry: AuditEntry) -> None:
    """Add an entry inside the transaction of the decision it belongs to."""
    connection.execute(insert(schema.audit).values(asdict(entry)))
