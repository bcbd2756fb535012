"""Judgements of examples: the change of a status or score, and the row that says why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from ratchet.errors import InputError
from ratchet.examples import ExampleId, Status
from ratchet.store import schema
from ratchet.store.audit_evidence import append_judgements, new_judgement_ids
from ratchet.store.bulk import insert_all, update_each
from ratchet.store.columns import refuse_naive

_examples = schema.examples.c
_table = schema.example_judgements
_COLUMNS = tuple(column.name for column in _table.c)
_JUDGED = ("example_id", "status", "quality_score", "updated_at")


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What an example shall be from now on, and why.

    `quality_score` is 0..100; None leaves the stored score.

    Raises:
        InputError: the score is outside 0..100.
    """

    example_id: ExampleId
    status: Status
    quality_score: float | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.quality_score is not None and not 0 <= self.quality_score <= 100:
            raise InputError(f"quality_score is {self.quality_score}; it must be 0..100.")


@dataclass(frozen=True, kw_only=True)
class Judged:
    """How many examples changed, how many were so already, and the ids that are not stored."""

    changed: int = 0
    unchanged: int = 0
    unknown: tuple[ExampleId, ...] = ()

    def __add__(self, other: Judged) -> Judged:
        return Judged(
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
            unknown=(*self.unknown, *other.unknown),
        )


@dataclass(frozen=True, kw_only=True)
class JudgementRecord:
    """One judgement as it was written, with what the example was before."""

    example_id: ExampleId
    status_before: Status
    status_after: Status
    quality_before: float | None
    quality_after: float | None
    reason: str
    actor: str
    at: datetime


def judge(
    connection: Connection,
    judgements: Sequence[Judgement],
    *,
    actor: str,
    at: datetime,
    only: Collection[Status] = tuple(Status),
) -> Judged:
    """Apply the judgements inside a writing transaction; of two on one example the last holds.

    An example whose status is none of `only` at this moment stays as it is. One entry in the
    audit trail commits to the rows.
    """
    refuse_naive(at=at)
    latest = {judgement.example_id: judgement for judgement in judgements}
    stored = _stored(connection, sorted(latest))
    changes = [
        change
        for row in stored
        if row.status in only
        and (change := _change(row, latest[row.example_id], actor=actor, at=at)) is not None
    ]
    if changes:
        _write(connection, changes, {row.example_id: row.signature for row in stored})
    known = {row.example_id for row in stored}
    return Judged(
        changed=len(changes),
        unchanged=len(stored) - len(changes),
        unknown=tuple(example_id for example_id in latest if example_id not in known),
    )


def judgements_of(connection: Connection, example_id: ExampleId) -> list[JudgementRecord]:
    """Every judgement of one example, the oldest first."""
    columns = [column for column in _table.c if column is not _table.c.judgement_id]
    query = select(*columns).where(_table.c.example_id == example_id)
    rows = connection.execute(query.order_by(_table.c.judgement_id)).mappings()
    return [
        JudgementRecord(
            **{
                **row,
                "status_before": Status(row["status_before"]),
                "status_after": Status(row["status_after"]),
            }
        )
        for row in rows
    ]


def _write(
    connection: Connection, changes: Sequence[JudgementRecord], signatures: Mapping[str, str]
) -> None:
    numbers = new_judgement_ids(connection, len(changes))
    rows = [
        {"judgement_id": number, **vars(change)}
        for number, change in zip(numbers, changes, strict=True)
    ]
    insert_all(connection, _table, [_as_stored(row) for row in rows])
    update_each(connection, schema.examples, _JUDGED, [_present(change) for change in changes])
    append_judgements(connection, rows, {signatures[change.example_id] for change in changes})


def _stored(connection: Connection, example_ids: Sequence[ExampleId]) -> Sequence[Row[Any]]:
    """The rows to judge, locked in one order so that two judges never wait in a circle."""
    query = (
        select(
            _examples.example_id,
            _examples.status,
            _examples.quality_score,
            _examples.signature,
        )
        .where(_examples.example_id.in_(example_ids))
        .order_by(_examples.example_id)
        .with_for_update()
    )
    return connection.execute(query).all()


def _change(
    row: Row[Any], judgement: Judgement, *, actor: str, at: datetime
) -> JudgementRecord | None:
    before = (Status(row.status), row.quality_score)
    quality = row.quality_score if judgement.quality_score is None else judgement.quality_score
    if before == (judgement.status, quality):
        return None
    return JudgementRecord(
        example_id=row.example_id,
        status_before=before[0],
        status_after=judgement.status,
        quality_before=before[1],
        quality_after=quality,
        reason=judgement.reason,
        actor=actor,
        at=at,
    )


def _as_stored(row: Mapping[str, Any]) -> tuple[Any, ...]:
    values = (row[name] for name in _COLUMNS)
    return tuple(value.value if isinstance(value, Status) else value for value in values)


def _present(change: JudgementRecord) -> tuple[Any, ...]:
    """The example as it is from now on, by the columns of `_JUDGED`."""
    return (change.example_id, change.status_after.value, change.quality_after, change.at)
