"""How many examples of a signature came from where, of those that count."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select

from ratchet.examples import Source, Status
from ratchet.store import schema
from ratchet.store.engine import Database

_examples = schema.examples.c


def count_sources(
    database: Database, signature: str, *, statuses: Collection[Status]
) -> dict[Source, int]:
    """The examples of a signature with one of these statuses, by source, in one pass.

    Raises:
        StoreError: the database can not be read.
    """
    query = (
        select(_examples.source, func.count())
        .where(_examples.signature == signature)
        .where(_examples.status.in_([status.value for status in statuses]))
        .group_by(_examples.source)
        .order_by(_examples.source)
    )
    with database.reading() as connection:
        return {Source(source): count for source, count in connection.execute(query)}
