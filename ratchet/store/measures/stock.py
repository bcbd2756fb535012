"""What the system has: examples, champions, the newest evaluations and forecasts, alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, func, select

from ratchet.store import schema
from ratchet.store.engine import Database

_examples = schema.examples
_evaluations = schema.evaluations


@dataclass(frozen=True, kw_only=True)
class ExampleCount:
    """How many examples there are of a kind."""

    signature: str
    status: str
    source: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Reigning:
    """The champion of a signature and since when."""

    signature: str
    version: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class NewestEvaluation:
    """The newest evaluation of a signature; scores are 0..1, or None when it is void."""

    signature: str
    created_at: datetime
    baseline_score: float | None
    candidate_score: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, kw_only=True)
class NewestForecast:
    """The newest forecast of a signature: its score then, with the bounds, 0..1."""

    signature: str
    examples_then: int
    predicted: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True)
class AlertFigures:
    """Open alerts by level, and deliveries by channel and status."""

    open_by_level: Mapping[str, int]
    deliveries: Mapping[tuple[str, str], int]
    newest_check_at: datetime | None


def example_counts(database: Database) -> tuple[ExampleCount, ...]:
    """The examples by signature, status and source."""
    kinds = (_examples.c.signature, _examples.c.status, _examples.c.source)
    query = select(*kinds, func.count().label("count")).group_by(*kinds).order_by(*kinds)
    with database.reading() as connection:
        return tuple(ExampleCount(**row) for row in connection.execute(query).mappings())


def champions_now(database: Database) -> tuple[Reigning, ...]:
    """The champion of every signature that has one."""
    rows = _newest(database, schema.champions, "revision", ("signature", "version", "at"))
    return tuple(
        Reigning(signature=row["signature"], version=row["version"], since=row["at"])
        for row in rows
    )


def newest_evaluations(database: Database) -> tuple[NewestEvaluation, ...]:
    """The newest evaluation of every signature."""
    fields = ("signature", "created_at", "baseline_score", "candidate_score", "lower", "upper")
    rows = _newest(database, _evaluations, "created_at", fields)
    return tuple(NewestEvaluation(**row) for row in rows)


def verdict_counts(database: Database) -> dict[tuple[str, str], int]:
    """How often each verdict was given, by signature and verdict."""
    kinds = (_evaluations.c.signature, _evaluations.c.verdict)
    query = select(*kinds, func.count()).group_by(*kinds).order_by(*kinds)
    with database.reading() as connection:
        return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def newest_forecasts(database: Database) -> tuple[NewestForecast, ...]:
    """The newest open forecast of every signature."""
    fields = ("signature", "examples_then", "predicted", "lower", "upper")
    is_open = schema.forecasts.c.resolved_at.is_(None)
    rows = _newest(database, schema.forecasts, "made_at", fields, only=is_open)
    return tuple(NewestForecast(**row) for row in rows)


def alert_figures(database: Database) -> AlertFigures:
    """Where alerts and their deliveries stand."""
    alerts, deliveries, checks = schema.alerts.c, schema.alert_deliveries.c, schema.checks.c
    levels = select(alerts.level, func.count()).where(alerts.resolved_at.is_(None))
    kinds = (deliveries.channel, deliveries.status)
    with database.reading() as connection:
        sent = connection.execute(select(*kinds, func.count()).group_by(*kinds)).all()
        return AlertFigures(
            open_by_level={
                row[0]: row[1] for row in connection.execute(levels.group_by(alerts.level))
            },
            deliveries={(row[0], row[1]): row[2] for row in sent},
            newest_check_at=connection.execute(
                select(func.max(checks.at, type_=checks.at.type))
            ).scalar(),
        )


def _newest(
    database: Database, table: Table, order: str, fields: Sequence[str], *, only: Any = None
) -> list[Mapping[str, Any]]:
    """These fields of the last row of every signature; the large ones are not read."""
    by = table.c.signature
    place = func.row_number().over(partition_by=by, order_by=table.c[order].desc()).label("place")
    inner = select(*(table.c[name] for name in fields), place)
    if only is not None:
        inner = inner.where(only)
    ranked = inner.subquery("ranked")
    columns = [ranked.c[name] for name in fields]
    query = select(*columns).where(ranked.c.place == 1).order_by(ranked.c.signature)
    with database.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
