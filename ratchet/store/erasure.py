"""Erasing rows inside a transaction: examples with what hangs on them, and what requests said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from ratchet.examples import ExampleId
from ratchet.store import schema
from ratchet.store.bulk import chunks

CHUNK = 500  # requests a statement

_examples = schema.examples
_e = _examples.c
_DEPENDENT = (schema.dimension_scores, schema.review_skips)


def let_no_add_pass(connection: Connection) -> None:
    """Wait for adds under way and hold off new ones; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE examples IN SHARE ROW EXCLUSIVE MODE")


def added_of(
    connection: Connection, ids: Sequence[ExampleId]
) -> dict[ExampleId, tuple[datetime, str]]:
    """When and by whom the stored ones of these examples were added; their rows are locked."""
    query = select(_e.example_id, _e.added_at, _e.added_by).where(_e.example_id.in_(ids))
    query = query.order_by(_e.example_id).with_for_update()
    return {row.example_id: (row.added_at, row.added_by) for row in connection.execute(query)}


def delete_examples(connection: Connection, ids: Collection[ExampleId]) -> None:
    """Delete examples and what hangs on them; their judgements stay."""
    for table in _DEPENDENT:
        connection.execute(delete(table).where(table.c.example_id.in_(sorted(ids))))
    connection.execute(delete(_examples).where(_e.example_id.in_(sorted(ids))))


def erase_requests(connection: Connection, request_ids: Sequence[str]) -> tuple[int, int]:
    """Delete the payloads of requests and blank their corrected outputs; how many of each."""
    payloads = corrections = 0
    for ids in chunks(request_ids, CHUNK):
        table = schema.payloads
        gone = delete(table).where(table.c.request_id.in_(ids))
        payloads += connection.execute(gone).rowcount
        said = schema.labels
        blanked = update(said).where(
            said.c.request_id.in_(ids), said.c.corrected_outputs.is_not(None)
        )
        corrections += connection.execute(blanked.values(corrected_outputs=None)).rowcount
    return payloads, corrections
