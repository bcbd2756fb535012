"""Deliveries of alerts: what is due, who sends it, and how that ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Update, select, update

from ratchet.alerts.records import OUTSTANDING, Delivery
from ratchet.store import schema
from ratchet.store.alert_rows import delivery_of_row, row_of_delivery
from ratchet.store.engine import Database

_deliveries = schema.alert_deliveries


class DeliveryStore:
    """All deliveries; each is sent by whoever claims it first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_alert(self, alert_id: str) -> tuple[Delivery, ...]:
        """Those of one alert, the oldest first."""
        with self._database.reading() as connection:
            return deliveries_of(connection, alert_id)

    def due(self, *, now: datetime, limit: int = 1_000) -> tuple[Delivery, ...]:
        """What is to be sent now, the longest due first."""
        query = (
            select(_deliveries)
            .where(
                _deliveries.c.status.in_(OUTSTANDING),
                _deliveries.c.next_attempt_at <= now,
            )
            .order_by(_deliveries.c.next_attempt_at, _deliveries.c.delivery_id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return tuple(delivery_of_row(row) for row in connection.execute(query).mappings())

    def outstanding(self) -> tuple[Delivery, ...]:
        """What is still to be sent, now or later."""
        query = select(_deliveries).where(_deliveries.c.status.in_(OUTSTANDING))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(_deliveries.c.delivery_id)).mappings()
            return tuple(delivery_of_row(row) for row in rows)

    def claim(self, delivery: Delivery, *, until: datetime) -> Delivery | None:
        """Take it on; None when somebody else has, or it is no longer as it was read.

        Nothing that comes of it is written by then: it is due again at `until`.

        Raises:
            StoreError: the database can not be written.
        """
        claimed = replace(delivery, attempts=delivery.attempts + 1, next_attempt_at=until)
        return claimed if self._write(delivery, claimed) else None

    def finish(self, claimed: Delivery, after: Delivery) -> bool:
        """Write how the attempt ended; False when it took so long that another has begun.

        Raises:
            StoreError: the database can not be written.
        """
        return self._write(claimed, after)

    def _write(self, before: Delivery, after: Delivery) -> bool:
        with self._database.writing() as connection:
            statement = _if_unchanged(before).values(row_of_delivery(after))
            return connection.execute(statement).rowcount == 1


def deliveries_of(connection: Connection, alert_id: str) -> tuple[Delivery, ...]:
    """The deliveries of one alert, the oldest first."""
    query = select(_deliveries).where(_deliveries.c.alert_id == alert_id)
    rows = connection.execute(query.order_by(_deliveries.c.delivery_id)).mappings()
    return tuple(delivery_of_row(row) for row in rows)


def _if_unchanged(delivery: Delivery) -> Update:
    return update(_deliveries).where(
        _deliveries.c.delivery_id == delivery.delivery_id,
        _deliveries.c.attempts == delivery.attempts,
        _deliveries.c.status == delivery.status,
    )
