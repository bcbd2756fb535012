"""Tombstones: what is remembered of an example that is gone, and who asks after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select, text

from ratchet.canonical import sha256_of
from ratchet.examples import Example, ExampleId
from ratchet.store import schema
from ratchet.store.bulk import insert_new
from ratchet.store.columns import dump_json, refuse_naive

_table = schema.tombstones


class TombstoneKind(StrEnum):
    """Why an example is gone."""

    CLEANED = "cleaned"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, kw_only=True)
class Tombstone:
    """An example that is gone: who took it away, when and why. Its content is nowhere here.

    Of one that was forgotten `details` hold the hashes of content and inputs and nothing
    else, so that it is known again without being kept.

    Raises:
        InputError: a time has no time zone.
    """

    example_id: ExampleId
    signature: str
    kind: TombstoneKind
    source: str
    reason: str
    actor: str
    at: datetime
    added_at: datetime
    added_by: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        refuse_naive(at=self.at, added_at=self.added_at)


def inputs_sha256(signature: str, inputs: Mapping[str, Any]) -> str:
    """The hash by which the inputs of a gone example are known again in a program's prompt."""
    return sha256_of({"signature": signature, "inputs": inputs})


def content_hashes(example: Example) -> dict[str, str]:
    """All that is kept of an example that was forgotten."""
    content = {
        "signature": example.signature,
        "inputs": example.inputs,
        "outputs": example.outputs,
    }
    return {
        "content_sha256": sha256_of(content),
        "inputs_sha256": inputs_sha256(example.signature, example.inputs),
    }


def forgotten_among(connection: Connection, example_ids: Sequence[str]) -> frozenset[str]:
    """Those of these ids that were forgotten; call it in the transaction that adds them.

    On PostgreSQL it first takes the lock that adding takes anyway, so that nobody forgets between
    this look and the insert.
    """
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("LOCK TABLE examples IN ROW EXCLUSIVE MODE")
    return forgotten_by_now(connection, example_ids)


def forgotten_by_now(connection: Connection, example_ids: Sequence[str]) -> frozenset[str]:
    """Those of these ids that were forgotten so far, for one who only reads.

    One look-up by primary key.
    """
    ids: Any = list(example_ids)
    if connection.dialect.name == "sqlite":
        among, ids = "IN (SELECT value FROM json_each(:ids))", dump_json(ids)
    else:
        among = "= ANY(CAST(:ids AS text[]))"
    query = text(
        f"SELECT example_id FROM tombstones WHERE kind = :kind AND example_id {among}"  # noqa: S608 - two texts of our own
    )
    found = connection.execute(query, {"kind": TombstoneKind.FORGOTTEN.value, "ids": ids})
    return frozenset(found.scalars())


def write_tombstones(connection: Connection, tombstones: Sequence[Tombstone]) -> None:
    """Put them up; the newest word on an example holds.

    Content that came back after a clean-up was added more than once: `details["earlier"]`
    keeps who added it when before, because the audit trail tells of each addition.
    """
    ids = [stone.example_id for stone in tombstones]
    standing = tombstones_of(connection, ids)
    whole = [_with_earlier(stone, standing.get(stone.example_id)) for stone in tombstones]
    names = [column.name for column in _table.c]
    rows = [tuple(getattr(stone, name) for name in names) for stone in whole]
    connection.execute(delete(_table).where(_table.c.example_id.in_(ids)))
    insert_new(connection, _table, rows)


def strip_cleaned(
    connection: Connection,
    example_ids: Collection[ExampleId],
    *,
    actor: str,
    reason: str,
    at: datetime,
) -> int:
    """Make tombstones of the clean-up into ones of the forgotten, hashes only; how many."""
    stripped = [
        replace(
            stone,
            kind=TombstoneKind.FORGOTTEN,
            reason=reason,
            actor=actor,
            at=at,
            details={n: v for n, v in stone.details.items() if n in {"inputs_sha256", "earlier"}},
        )
        for stone in tombstones_of(connection, sorted(example_ids)).values()
        if stone.kind is TombstoneKind.CLEANED
    ]
    write_tombstones(connection, stripped)
    return len(stripped)


def tombstones_of(
    connection: Connection, example_ids: Sequence[ExampleId]
) -> dict[ExampleId, Tombstone]:
    """The tombstones that stand for these examples."""
    query = select(_table).where(_table.c.example_id.in_(example_ids))
    rows = connection.execute(query).mappings()
    return {ExampleId(row["example_id"]): tombstone_from(row) for row in rows}


def _with_earlier(stone: Tombstone, old: Tombstone | None) -> Tombstone:
    if old is None:
        return stone
    earlier = list(old.details.get("earlier", ()))
    if (old.added_at, old.added_by) != (stone.added_at, stone.added_by):
        earlier.append({"added_at": old.added_at.isoformat(), "added_by": old.added_by})
    return replace(stone, details={**stone.details, "earlier": earlier}) if earlier else stone


def tombstone_from(row: RowMapping) -> Tombstone:
    """Read a row."""
    return Tombstone(**{**row, "kind": TombstoneKind(row["kind"])})
