"""What examples were when they were added: what is stored now, with every change taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Text, cast, func, select

from ratchet.store import schema
from ratchet.store.audit_evidence import RELABELLED

_judgements, _audit = schema.example_judgements.c, schema.audit.c
_tombstones = schema.tombstones.c


@dataclass(frozen=True, kw_only=True)
class Stay:
    """Who brought an example into the store, and when; it may have been there several times."""

    example_id: str
    added_at: datetime
    added_by: str

    @classmethod
    def of(cls, row: RowMapping) -> Stay:
        """Read it from a row of an example or a tombstone."""
        return cls(example_id=row["example_id"], added_at=row["added_at"], added_by=row["added_by"])


def earlier_stays(connection: Connection) -> list[Stay]:
    """The stays that only the details of a newer tombstone tell of, by time and id."""
    query = select(_tombstones.example_id, _tombstones.details)
    query = query.where(cast(_tombstones.details, Text).like('%"earlier"%'))
    found = [
        Stay(
            example_id=row.example_id,
            added_at=datetime.fromisoformat(stay["added_at"]),
            added_by=stay["added_by"],
        )
        for row in connection.execute(query)
        for stay in row.details.get("earlier", ())
        if stay["added_by"]
    ]
    return sorted(found, key=lambda stay: (stay.added_at, stay.example_id))


def with_original_facts(
    connection: Connection, stored: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """The stored facts, by example id, with status, score and labels as they were at first.

    An example that was taken in again after it was cleaned up is left out: what was said of
    it in its earlier stay can not be told from what was said in this one.
    """
    ids = sorted(stored)
    again = returned_among(connection, ids)
    originals: dict[str, dict[str, Any]] = {
        key: dict(facts) for key, facts in stored.items() if key not in again
    }
    for example_id, status, score in _first_judgements(connection, ids):
        if example_id in originals:
            originals[example_id].update(status=status, quality_score=score)
    for example_id, labels in _first_labels(connection, ids).items():
        if example_id in originals:
            originals[example_id].update(labels)
    return dict(originals)


def returned_among(connection: Connection, ids: Collection[str]) -> frozenset[str]:
    """Those of these stored examples that were gone before."""
    query = select(_tombstones.example_id).where(_tombstones.example_id.in_(ids))
    return frozenset(connection.execute(query).scalars())


def _first_judgements(
    connection: Connection, ids: Collection[str]
) -> Iterator[tuple[str, str, float | None]]:
    first = (
        select(func.min(_judgements.judgement_id))
        .where(_judgements.example_id.in_(ids))
        .group_by(_judgements.example_id)
    )
    columns = (_judgements.example_id, _judgements.status_before, _judgements.quality_before)
    query = select(*columns).where(_judgements.judgement_id.in_(first))
    for row in connection.execute(query):
        yield row[0], row[1], row[2]


def _first_labels(connection: Connection, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
    query = (
        select(_audit.subject, _audit.before)
        .where(_audit.subject.in_(ids), _audit.action == RELABELLED)
        .order_by(_audit.entry_id.desc())
    )
    rows = connection.execute(query)
    return {row.subject: row.before for row in rows if isinstance(row.before, dict)}
