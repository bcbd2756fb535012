"""What is remembered of production by slot of time: one document in the table `checks`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from typing import Any

from sqlalchemy import Connection, select, update

from ratchet.monitoring.slots import Slot, SlotTraffic, Traffic
from ratchet.store import schema
from ratchet.store.bulk import insert_new
from ratchet.store.engine import Database

NAME = "outcome-slots"
"""The row of the table `checks`."""
SCHEMA_VERSION = 1

_checks = schema.checks
_SUMS = (
    *("requests", "errors", "input_tokens", "output_tokens", "cost_usd"),
    *("judged", "quality_sum", "quality_squares"),
)


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Slots, and the last arrival of a label that is in them.

    `read_at` is the time at which what was read had been written, None for the first.
    """

    slots: SlotTraffic = field(default_factory=dict)
    labels_upto: int = 0
    read_at: datetime | None = None


def remembered(connection: Connection) -> Memory:
    """What an earlier look left; without slots when it is of another version or damaged."""
    row = connection.execute(
        select(_checks.c.at, _checks.c.document).where(_checks.c.name == NAME)
    ).first()
    if row is None:
        return Memory()
    try:
        return _from_json(row.document, row.at)
    except (KeyError, TypeError, ValueError, AttributeError):
        return Memory(read_at=row.at)


def remember(database: Database, memory: Memory, *, now: datetime) -> bool:
    """Replace what was read; False when somebody else has replaced it meanwhile.

    Raises:
        StoreError: the database can not be written.
    """
    document = _to_json(memory)
    with database.writing() as connection:
        if memory.read_at is None:
            return bool(insert_new(connection, _checks, [(NAME, now, document)]))
        later = max(now, memory.read_at + timedelta(microseconds=1))  # a clock may stand
        statement = (
            update(_checks)
            .where(_checks.c.name == NAME, _checks.c.at == memory.read_at)
            .values(at=later, document=document)
        )
        return connection.execute(statement).rowcount == 1


def _to_json(memory: Memory) -> dict[str, Any]:
    signatures: dict[str, list[list[Any]]] = {}
    for slot, traffic in sorted(memory.slots.items()):
        signatures.setdefault(slot.signature, []).append(_row(slot, traffic))
    return {
        "schema_version": SCHEMA_VERSION,
        "labels_upto": memory.labels_upto,
        "signatures": signatures,
    }


def _from_json(document: Mapping[str, Any], read_at: datetime) -> Memory:
    if document["schema_version"] != SCHEMA_VERSION:
        return Memory(read_at=read_at)
    slots = {
        slot: traffic
        for signature, rows in document["signatures"].items()
        for slot, traffic in _slots(signature, rows)
    }
    return Memory(slots=slots, labels_upto=int(document["labels_upto"]), read_at=read_at)


def _row(slot: Slot, traffic: Traffic) -> list[Any]:
    """Start and length in seconds, the sums, and a text of the classes of latency.

    The text is a third of the size of a list, and it is what most of the document is.
    """
    start = int(slot.start.timestamp())
    length = int((slot.end - slot.start).total_seconds())
    classes = " ".join(map(str, chain.from_iterable(sorted(traffic.latencies.items()))))
    return [start, length, *(getattr(traffic, name) for name in _SUMS), classes]


def _slots(signature: str, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[Slot, Traffic]]:
    for start, length, *sums, classes in rows:
        begin = datetime.fromtimestamp(start, UTC)
        slot = Slot(signature=signature, start=begin, end=begin + timedelta(seconds=length))
        numbers = [int(number) for number in classes.split()]
        latencies = dict(list(pairwise(numbers))[::2])
        yield slot, Traffic(latencies=latencies, **dict(zip(_SUMS, sums, strict=True)))
