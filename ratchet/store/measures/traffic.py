"""Production traffic of a window of time, by signature and variant, computed by the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Subquery, case, func, select

from ratchet.store import schema
from ratchet.store.columns import refuse_naive
from ratchet.store.counters import ARRIVALS, counted
from ratchet.store.engine import Database
from ratchet.store.latest_labels import mean_qualities

PERCENTILES = (50, 95, 99)

_outcomes = schema.outcomes
Group = tuple[str, str]
"""Signature and variant."""


@dataclass(frozen=True, kw_only=True)
class VariantTraffic:
    """The requests of one variant; latencies in milliseconds, None without one.

    Percentiles are by nearest rank, in the order of `PERCENTILES`. `mean_quality` (0..1) is
    that of `labels` requests, the latest label of each.
    """

    signature: str
    variant: str
    requests: int
    errors: int
    mean_latency_ms: float | None
    latency_percentiles_ms: tuple[float, ...]
    mean_quality: float | None
    labels: int


@dataclass(frozen=True, kw_only=True)
class ModelSpending:
    """What one model used for the requests of a signature; "" is a model that was not said."""

    signature: str
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """The traffic of the window, and what is known of all times.

    `newest` is the time of the newest request of every signature; `arrivals` counts the
    telemetry rows ever taken in.
    """

    variants: tuple[VariantTraffic, ...]
    spending: tuple[ModelSpending, ...]
    newest: dict[str, datetime]
    arrivals: int
    quarantined_lines: int


def traffic_since(database: Database, since: datetime) -> Traffic:
    """The traffic from `since` on; older requests are not read.

    Raises:
        InputError: the time has no zone.
        StoreError: the database can not be read.
    """
    refuse_naive(since=since)
    with database.reading() as connection:
        newest = _newest(connection)
        window = _window([name for name, at in newest.items() if at >= since], since)
        return Traffic(
            variants=_variants(connection, window),
            spending=_spending(connection, window),
            newest=newest,
            arrivals=counted(connection, ARRIVALS),
            quarantined_lines=_count(connection, schema.quarantine),
        )


def _newest(connection: Connection) -> dict[str, datetime]:
    """The newest request of every signature: two looks into the index for each."""
    first = select(func.min(_outcomes.c.signature).label("name")).cte("names", recursive=True)
    following = (
        select(func.min(_outcomes.c.signature))
        .where(_outcomes.c.signature > first.c.name)
        .scalar_subquery()
    )
    names = first.union_all(select(following).where(first.c.name.is_not(None)))
    at = (
        select(func.max(_outcomes.c.at, type_=_outcomes.c.at.type))
        .where(_outcomes.c.signature == names.c.name)
        .scalar_subquery()
    )
    query = select(names.c.name, at).where(names.c.name.is_not(None))
    return {row[0]: row[1] for row in connection.execute(query)}


def _window(signatures: Sequence[str], since: datetime) -> Subquery:
    c = _outcomes.c
    columns = (
        c[name]
        for name in (
            *("request_id", "signature", "variant", "success", "latency_ms", "model"),
            *("input_tokens", "output_tokens", "cost_usd"),
        )
    )
    query = select(*columns).where(c.signature.in_(list(signatures)), c.at >= since)
    return query.subquery("window")


def _variants(connection: Connection, window: Subquery) -> tuple[VariantTraffic, ...]:
    w = window.c
    totals = select(
        w.signature,
        w.variant,
        func.count().label("requests"),
        func.sum(case((w.success, 0), else_=1)).label("errors"),
        func.avg(w.latency_ms).label("mean_latency_ms"),
    ).group_by(w.signature, w.variant)
    percentiles = _percentiles(connection, window)
    qualities = {
        _group(row): row
        for row in connection.execute(mean_qualities(window, "signature", "variant"))
    }
    found = connection.execute(totals.order_by(w.signature, w.variant)).all()
    return tuple(_traffic(row, percentiles, qualities) for row in found)


def _percentiles(connection: Connection, window: Subquery) -> dict[Group, tuple[float, ...]]:
    """By nearest rank: the smallest value that at least so many percent do not exceed."""
    w = window.c
    group = (w.signature, w.variant)
    ranked = (
        select(
            *group,
            w.latency_ms,
            func.row_number().over(partition_by=group, order_by=w.latency_ms).label("place"),
            func.count().over(partition_by=group).label("of"),
        )
        .where(w.latency_ms.is_not(None))
        .subquery("ranked")
    )
    r = ranked.c
    at_ranks = [
        func.max(case((_is_rank(r.place, percent, r.of), r.latency_ms))) for percent in PERCENTILES
    ]
    query = select(r.signature, r.variant, *at_ranks).group_by(r.signature, r.variant)
    return {
        _group(row): tuple(float(value) for value in row[2:]) for row in connection.execute(query)
    }


def _is_rank(place: Any, percent: int, count: Any) -> Any:
    """Whether `place` is the ceiling of `percent` of `count`, in whole numbers."""
    return (100 * place >= percent * count) & (100 * (place - 1) < percent * count)


def _spending(connection: Connection, window: Subquery) -> tuple[ModelSpending, ...]:
    w = window.c
    model = func.coalesce(w.model, "").label("model")
    query = select(
        w.signature,
        model,
        func.coalesce(func.sum(w.input_tokens), 0).label("input_tokens"),
        func.coalesce(func.sum(w.output_tokens), 0).label("output_tokens"),
        func.coalesce(func.sum(w.cost_usd), 0.0).label("cost_usd"),
    ).group_by(w.signature, model)
    rows = connection.execute(query.order_by(w.signature, model))
    return tuple(
        ModelSpending(
            signature=row.signature,
            model=row.model,
            input_tokens=int(row.input_tokens),
            output_tokens=int(row.output_tokens),
            cost_usd=float(row.cost_usd),
        )
        for row in rows
    )


def _count(connection: Connection, table: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _group(row: Row[Any]) -> Group:
    return row.signature, row.variant


def _traffic(
    row: Row[Any],
    percentiles: dict[Group, tuple[float, ...]],
    qualities: dict[Group, Row[Any]],
) -> VariantTraffic:
    quality = qualities.get(_group(row))
    return VariantTraffic(
        signature=row.signature,
        variant=row.variant,
        requests=row.requests,
        errors=int(row.errors),
        mean_latency_ms=row.mean_latency_ms,
        latency_percentiles_ms=percentiles.get(_group(row), ()),
        mean_quality=None if quality is None else float(quality.quality),
        labels=0 if quality is None else quality.labels,
    )
