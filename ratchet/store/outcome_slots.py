"""Production by slot of time, computed by the database and remembered, so that it stays cheap.

A slot is computed anew when the number of its requests changed, which the index alone tells;
so whatever comes late or is removed is seen, and what is remembered can not drift away. Labels
come after their requests and change no number: each new one moves the sums of its slot.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    DateTime,
    Integer,
    Select,
    Subquery,
    Text,
    case,
    cast,
    column,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from ratchet.monitoring.histogram import EDGES, LAST
from ratchet.monitoring.slots import Slot, SlotTraffic, Traffic
from ratchet.store import schema
from ratchet.store.columns import sqlite_time
from ratchet.store.counters import ARRIVALS, counted
from ratchet.store.engine import Database
from ratchet.store.slot_memory import Memory, remember, remembered

MANY_LABELS = 20_000
"""New labels above which the slots are computed anew instead of moved label by label."""

MOST_REQUESTS = 100_000
"""Requests that one look reads at most, the newest first, beyond those of the last hours."""
LAST_HOURS = timedelta(hours=3)
INSIDE = "inside"
READ_COLUMNS = (
    *("request_id", "success", "latency_ms", "input_tokens", "output_tokens", "cost_usd"),
)

_outcomes = schema.outcomes
_labels = schema.labels


@dataclass(frozen=True, kw_only=True)
class Looked:
    """The slots as they are now; `computed` of them had to be computed anew.

    `pending` older ones are left to the next looks, so that none takes long.
    """

    slots: SlotTraffic
    computed: int = 0
    pending: int = 0


def look_at_slots(database: Database, slots: Sequence[Slot], *, now: datetime) -> Looked:
    """The traffic of each slot that has any; what was computed is remembered.

    Raises:
        StoreError: the database can not be read or written.
    """
    if not slots:
        return Looked(slots={})
    with database.reading() as connection:
        if not database.is_sqlite:  # compiling these expressions takes longer than running them
            connection.exec_driver_sql("SET LOCAL jit = off")
        memory = remembered(connection)
        upto = counted(connection, ARRIVALS)
        if upto < memory.labels_upto:  # another database came in the place of this one
            memory = Memory(read_at=memory.read_at)
        fresh, stale = _checked(connection, slots, memory)
        moved = _moved(connection, fresh, after=memory.labels_upto, upto=upto)
        if moved is None:
            stale.update({slot: traffic.requests for slot, traffic in fresh.items()})
            moved = {}
        chosen = _affordable(stale, now)
        computed = _computed(connection, chosen, upto=upto)
    found = {**moved, **computed}
    if found != memory.slots or upto != memory.labels_upto:
        remember(database, Memory(slots=found, labels_upto=upto, read_at=memory.read_at), now=now)
    return Looked(slots=found, computed=len(chosen), pending=len(stale) - len(chosen))


def signatures_seen(database: Database) -> dict[str, datetime]:
    """The signatures with outcomes and the time of the newest; hops from one to the next."""
    c = _outcomes.c
    first = select(func.min(c.signature).label("name")).cte("seen", recursive=True)
    following = select(func.min(c.signature)).where(c.signature > first.c.name).scalar_subquery()
    seen = first.union_all(select(following).where(first.c.name.is_not(None)))
    newest = (
        select(func.max(c.at, type_=c.at.type)).where(c.signature == seen.c.name).scalar_subquery()
    )
    query = select(seen.c.name, newest).where(seen.c.name.is_not(None))
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def _checked(
    connection: Connection, slots: Sequence[Slot], memory: Memory
) -> tuple[dict[Slot, Traffic], dict[Slot, int]]:
    """The slots that are as they were, and how many requests the others have now."""
    asked = _asked(connection, slots)
    c = _outcomes.c
    count = (
        select(func.count())
        .where(c.signature == asked.c.signature, c.at >= asked.c.first, c.at < asked.c.until)
        .select_from(_outcomes)
        .scalar_subquery()
    )
    fresh, stale = {}, {}
    for number, requests in connection.execute(select(asked.c.number, count)):
        slot = slots[number]
        known = memory.slots.get(slot)
        if known is not None and known.requests == requests:
            fresh[slot] = known
        elif requests:
            stale[slot] = requests
    return fresh, stale


def _affordable(stale: Mapping[Slot, int], now: datetime) -> list[Slot]:
    """The slots to compute in this look: the last hours, and before them what is not too much."""
    chosen: list[Slot] = []
    left = MOST_REQUESTS
    for slot in sorted(stale, key=lambda slot: (slot.start, slot.signature), reverse=True):
        is_late = slot.end > now - LAST_HOURS
        if not is_late and stale[slot] > left and chosen:
            break
        chosen.append(slot)
        left -= 0 if is_late else stale[slot]
    return chosen


def _computed(connection: Connection, slots: Sequence[Slot], *, upto: int) -> SlotTraffic:
    if not slots:
        return {}
    asked = _asked(connection, slots)
    classes: dict[int, list[Any]] = {}
    inside = _inside(connection, asked)
    for row in connection.execute(_sums(inside)):
        classes.setdefault(row.number, []).append(row)
    qualities = {row.number: row for row in connection.execute(_qualities(inside, upto))}
    return {
        slots[number]: _traffic(rows, qualities.get(number)) for number, rows in classes.items()
    }


def _traffic(rows: Sequence[Any], quality: Any) -> Traffic:
    return Traffic(
        requests=sum(row.requests for row in rows),
        errors=int(sum(row.errors for row in rows)),
        latencies={row.kind: row.latencies for row in rows if row.kind is not None},
        input_tokens=int(sum(row.input_tokens for row in rows)),
        output_tokens=int(sum(row.output_tokens for row in rows)),
        cost_usd=float(sum(row.cost_usd for row in rows)),
        judged=quality.judged if quality else 0,
        quality_sum=float(quality.quality_sum) if quality else 0.0,
        quality_squares=float(quality.quality_squares) if quality else 0.0,
    )


def _sums(inside: Subquery) -> Select[Any]:
    """The sums of each slot by class of latency, which is None where none was measured."""
    c = inside.c
    kind = _class_of_latency()
    return select(
        c.number,
        kind.label("kind"),
        func.count().label("requests"),
        func.sum(case((c.success, 0), else_=1)).label("errors"),
        func.count(c.latency_ms).label("latencies"),
        func.coalesce(func.sum(c.input_tokens), 0).label("input_tokens"),
        func.coalesce(func.sum(c.output_tokens), 0).label("output_tokens"),
        func.coalesce(func.sum(c.cost_usd), 0.0).label("cost_usd"),
    ).group_by(c.number, kind)


def _qualities(inside: Subquery, upto: int) -> Select[Any]:
    """The sums of the newest quality of each request, by slot."""
    label = _labels.c
    place = func.row_number().over(
        partition_by=label.request_id, order_by=(label.at.desc(), label.quality_score)
    )
    newest = (
        select(inside.c.number, label.quality_score.label("quality"), place.label("place"))
        .join(_labels, label.request_id == inside.c.request_id)
        .where(label.quality_score.is_not(None), label.arrival <= upto)
        .subquery("newest")
        .c
    )
    return (
        select(
            newest.number,
            func.count().label("judged"),
            func.sum(newest.quality).label("quality_sum"),
            func.sum(newest.quality * newest.quality).label("quality_squares"),
        )
        .where(newest.place == 1)
        .group_by(newest.number)
    )


def _moved(
    connection: Connection, slots: SlotTraffic, *, after: int, upto: int
) -> SlotTraffic | None:
    """The slots with the labels that came since; None when those are too many."""
    if not slots or upto <= after:
        return slots
    rows = connection.execute(_changed_labels(after, upto).limit(MANY_LABELS + 1)).all()
    if len(rows) > MANY_LABELS:
        return None
    by_request: dict[str, list[Any]] = {}
    for row in rows:
        by_request.setdefault(row.request_id, []).append(row)
    places = _Places(slots)
    moved = dict(slots)
    for found in by_request.values():
        slot = places.of(found[0].signature, found[0].at)
        if slot is not None:
            before = [row for row in found if row.arrival <= after]
            moved[slot] = _relabelled(moved[slot], _newest(before), _newest(found))
    return moved


def _changed_labels(after: int, upto: int) -> Select[Any]:
    """All labels of the requests that got one since `after`."""
    new, label, c = _labels.alias("new"), _labels.c, _outcomes.c
    requests = select(new.c.request_id).where(
        new.c.arrival > after, new.c.arrival <= upto, new.c.quality_score.is_not(None)
    )
    columns = (label.request_id, label.arrival, label.quality_score)
    return (
        select(*columns, label.at.label("labelled_at"), c.signature, c.at)
        .join(_outcomes, c.request_id == label.request_id)
        .where(label.request_id.in_(requests), label.arrival <= upto)
        .where(label.quality_score.is_not(None))
    )


def _newest(rows: Iterable[Any]) -> float | None:
    """The quality that counts; of two at the same time the lower, as everywhere."""
    ordered = sorted(rows, key=lambda row: (row.labelled_at, -row.quality_score))
    return float(ordered[-1].quality_score) if ordered else None


def _relabelled(traffic: Traffic, before: float | None, after: float | None) -> Traffic:
    was, is_now = before or 0.0, after or 0.0
    return replace(
        traffic,
        judged=traffic.judged + (after is not None) - (before is not None),
        quality_sum=traffic.quality_sum + is_now - was,
        quality_squares=traffic.quality_squares + is_now**2 - was**2,
    )


class _Places:
    """Finds the slot of a request."""

    def __init__(self, slots: Iterable[Slot]) -> None:
        self._by_signature: dict[str, list[Slot]] = {}
        for slot in sorted(slots):
            self._by_signature.setdefault(slot.signature, []).append(slot)

    def of(self, signature: str, at: datetime) -> Slot | None:
        candidates = self._by_signature.get(signature, [])
        return next((slot for slot in candidates if slot.start <= at < slot.end), None)


def _asked(connection: Connection, slots: Sequence[Slot]) -> CTE:
    """The slots as a table, numbered in their order; one parameter, however many there are."""
    if connection.dialect.name == "sqlite":
        rows = [(slot.signature, sqlite_time(slot.start), sqlite_time(slot.end)) for slot in slots]
        each = func.json_each(json.dumps(rows)).table_valued("key", "value")
        names = ("signature", "first", "until")
        columns = [
            func.json_extract(each.c.value, f"$[{place}]").label(name)
            for place, name in enumerate(names)
        ]
        return select(each.c.key.label("number"), *columns).cte("asked")
    return _asked_of_arrays(slots)


def _asked_of_arrays(slots: Sequence[Slot]) -> CTE:
    listed = func.unnest(
        cast([slot.signature for slot in slots], ARRAY(Text)),
        cast([slot.start for slot in slots], ARRAY(DateTime(timezone=True))),
        cast([slot.end for slot in slots], ARRAY(DateTime(timezone=True))),
    )
    names = (column("signature", Text), column("first", DateTime), column("until", DateTime))
    table = listed.table_valued(*names, with_ordinality="place", name="listed").render_derived()
    c = table.c
    return select((c.place - 1).label("number"), c.signature, c.first, c.until).cte("asked")


def _inside(connection: Connection, asked: CTE) -> Subquery:
    """The requests in each slot, found by the index slot by slot.

    PostgreSQL would read all requests for a few slots, as it can not know how few those are; an
    offset of nothing keeps it from looking into an inner query. Without the outer one it would
    read all labels for each slot.
    """
    c = _outcomes.c
    columns = [c[name] for name in READ_COLUMNS]
    is_in = (c.signature == asked.c.signature) & (c.at >= asked.c.first) & (c.at < asked.c.until)
    if connection.dialect.name == "sqlite":
        joined = select(asked.c.number, *columns).select_from(asked).join(_outcomes, is_in)
        return joined.subquery(INSIDE)
    within = select(*columns).where(is_in).correlate(asked).offset(0).lateral("within")
    joined = select(asked.c.number, *within.c).select_from(asked.join(within, true()))
    return joined.offset(0).subquery(INSIDE)


@lru_cache(maxsize=1)
def _class_of_latency() -> ColumnElement[Any]:
    """The class of a latency as nested comparisons, eight or nine for each row."""
    name = f"{INSIDE}.latency_ms"
    return literal_column(
        f"CASE WHEN {name} IS NOT NULL THEN {_halved(name, 0, LAST)} END", Integer
    )


def _halved(name: str, low: int, high: int) -> str:
    if low == high:
        return str(low)
    middle = (low + high) // 2
    below, above = _halved(name, low, middle), _halved(name, middle + 1, high)
    return f"CASE WHEN {name} < {EDGES[middle]!r} THEN {below} ELSE {above} END"
