"""Forecasts of what more data will bring, kept until an evaluation says what it brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select, update

from ratchet.errors import InputError
from ratchet.store import schema
from ratchet.store.bulk import insert_new
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database

_forecasts = schema.forecasts


@dataclass(frozen=True, kw_only=True)
class ForecastRecord:
    """A forecast of a score (0..1) at `examples_then`, with its bounds.

    `actual` is what the evaluation `evaluation_id` measured, once there was one. `details` is
    JSON: the points it was made from, and the forecast for the size that came about.

    Raises:
        InputError: a naive time, or bounds that do not hold the forecast.
    """

    forecast_id: str
    signature: str
    made_at: datetime
    model: str
    dataset_version: str
    examples_now: int
    examples_then: int
    predicted: float
    lower: float
    upper: float
    details: Mapping[str, Any] = field(default_factory=dict)
    resolved_at: datetime | None = None
    evaluation_id: str | None = None
    actual: float | None = None

    def __post_init__(self) -> None:
        refuse_naive(made_at=self.made_at, resolved_at=self.resolved_at)
        if not self.lower <= self.predicted <= self.upper:
            raise InputError(
                f"{self.predicted} is not within {self.lower}..{self.upper}, its own bounds."
            )


class ForecastStore:
    """All forecasts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, forecast: ForecastRecord) -> bool:
        """Store a forecast; False when its id is stored already, which changes nothing.

        Raises:
            StoreError: the database can not be written.
        """
        row = tuple(getattr(forecast, column.name) for column in _forecasts.c)
        with self._database.writing() as connection:
            return bool(insert_new(connection, _forecasts, [row]))

    def resolve(
        self,
        forecast_id: str,
        *,
        evaluation_id: str,
        actual: float,
        at: datetime,
        details: Mapping[str, Any],
    ) -> bool:
        """Write down what came about; False when that is written down already.

        Raises:
            StoreError: the database can not be written.
        """
        refuse_naive(at=at)
        statement = (
            update(_forecasts)
            .where(_forecasts.c.forecast_id == forecast_id, _forecasts.c.resolved_at.is_(None))
            .values(
                resolved_at=at, evaluation_id=evaluation_id, actual=actual, details=dict(details)
            )
        )
        with self._database.writing() as connection:
            return connection.execute(statement).rowcount == 1

    def list(
        self, signature: str | None = None, *, is_open: bool | None = None, limit: int = 1000
    ) -> tuple[ForecastRecord, ...]:
        """The newest forecasts first, at most `limit`; open are those not yet resolved."""
        query = select(_forecasts).order_by(_forecasts.c.made_at.desc(), _forecasts.c.forecast_id)
        if signature is not None:
            query = query.where(_forecasts.c.signature == signature)
        if is_open is not None:
            resolved = _forecasts.c.resolved_at
            query = query.where(resolved.is_(None) if is_open else resolved.is_not(None))
        with self._database.reading() as connection:
            return tuple(
                _to_forecast(row) for row in connection.execute(query.limit(limit)).mappings()
            )


def _to_forecast(row: RowMapping) -> ForecastRecord:
    return ForecastRecord(**row)
