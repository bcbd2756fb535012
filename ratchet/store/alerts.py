"""Alerts: occurrences of conditions, with what was decided of each, and silences."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text, update

from ratchet.alerts.alert import Alert, Level
from ratchet.alerts.records import (
    AlertRecord,
    Delivery,
    DeliveryStatus,
    Plan,
    Silence,
    Situation,
)
from ratchet.errors import InputError
from ratchet.store import schema
from ratchet.store.alert_deliveries import DeliveryStore, deliveries_of
from ratchet.store.alert_rows import (
    alert_of_row,
    delivery_of_row,
    row_of_alert,
    row_of_delivery,
    silence_of_row,
)
from ratchet.store.audit import AuditEntry, append_entry
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database

_alerts = schema.alerts
_deliveries = schema.alert_deliveries
_silences = schema.alert_silences

Decide = Callable[[Situation], Plan]
DecideEnd = Callable[[AlertRecord, Sequence[Delivery], Situation], Plan]


class AlertStore:
    """All alerts; at most one open occurrence of each condition."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.deliveries = DeliveryStore(database)

    def record(
        self, alert: Alert, decide: Decide, *, counted_from: datetime, now: datetime
    ) -> Plan:
        """Write down an alert and what `decide` says of it, in one transaction, one at a time.

        Args:
            alert: What was seen.
            decide: Says from the situation how it is remembered and what is delivered.
            counted_from: Messages from then on count for a storm.
            now: The time; older silences are over.

        Returns:
            The plan, its deliveries with their numbers.

        Raises:
            StoreError: the database can not be written.
        """
        with self._changing() as connection:
            previous = _open_of(connection, alert.fingerprint)
            situation = _situation(connection, previous, counted_from, now)
            return _write(connection, decide(situation), is_known=previous)

    def end(
        self,
        kinds: Collection[str],
        still_open: Collection[str],
        decide: DecideEnd,
        *,
        counted_from: datetime,
        now: datetime,
    ) -> tuple[Plan, ...]:
        """Close the open alerts of these kinds whose fingerprint is not among `still_open`.

        Raises:
            StoreError: the database can not be written.
        """
        if not any(_is_over(record, kinds, still_open) for record in self.list(is_open=True)):
            return ()
        plans = []
        with self._changing() as connection:
            for record in _all_open(connection):
                if _is_over(record, kinds, still_open):
                    situation = _situation(connection, record, counted_from, now)
                    earlier = deliveries_of(connection, record.alert_id)
                    plan = decide(record, earlier, situation)
                    plans.append(_write(connection, plan, is_known=record))
        return tuple(plans)

    def get(self, alert_id: str) -> AlertRecord | None:
        """One occurrence, or None."""
        query = select(_alerts).where(_alerts.c.alert_id == alert_id)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else alert_of_row(row)

    def find(self, name: str) -> AlertRecord:
        """The occurrence whose name begins like this.

        Raises:
            InputError: there is none, or more than one.
        """
        query = select(_alerts).where(_alerts.c.alert_id.startswith(name, autoescape=True))
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(2)).mappings().all() if name else []
        if len(rows) != 1:
            what = "No alert has" if not rows else "More than one alert has"
            raise InputError(
                f"{what} a name that begins with {name!r}; `ratchet alerts list` shows the names."
            )
        return alert_of_row(rows[0])

    def list(
        self,
        *,
        is_open: bool | None = None,
        level: Level | None = None,
        since: datetime | None = None,
        limit: int = 1_000,
    ) -> tuple[AlertRecord, ...]:
        """The last seen first, at most `limit`; `level` and the graver ones."""
        query = select(_alerts).order_by(_alerts.c.last_at.desc(), _alerts.c.alert_id.desc())
        if is_open is not None:
            query = query.where(_alerts.c.resolved_at.is_(None) == is_open)
        if level is not None:
            graver = [one.value for one in Level if one.rank >= level.rank]
            query = query.where(_alerts.c.level.in_(graver))
        if since is not None:
            query = query.where(_alerts.c.last_at >= since)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit)).mappings()
            return tuple(alert_of_row(row) for row in rows)

    def acknowledge(self, alert_id: str, *, by: str, at: datetime) -> AlertRecord:
        """Write down that somebody has taken it on; it is not told again until it is graver.

        Raises:
            InputError: there is no such alert, or it is over.
            StoreError: the database can not be written.
        """
        refuse_naive(at=at)
        with self._changing() as connection:
            query = select(_alerts).where(_alerts.c.alert_id == alert_id)
            row = connection.execute(query).mappings().first()
            if row is None:
                raise InputError(f"There is no alert {alert_id!r}; see `ratchet alerts list`.")
            before = alert_of_row(row)
            if before.resolved_at is not None:
                raise InputError(
                    f"Alert {alert_id} is over since {before.resolved_at:%Y-%m-%d %H:%M} UTC; "
                    "there is nothing left to acknowledge."
                )
            after = replace(before, acknowledged_at=at, acknowledged_by=by)
            _update(connection, after)
            _audit(connection, "acknowledge", alert_id, actor=by, at=at, reason=before.alert.title)
        return after

    def close_unseen(self, *, before: datetime) -> int:
        """Close the open alerts that were last seen before then, without a word; how many.

        Raises:
            StoreError: the database can not be written.
        """
        unseen = update(_alerts).where(_alerts.c.resolved_at.is_(None), _alerts.c.last_at < before)
        with self._database.writing() as connection:
            return connection.execute(unseen.values(resolved_at=_alerts.c.last_at)).rowcount

    def silence(self, silence: Silence) -> None:
        """Begin a silence.

        Raises:
            StoreError: the database can not be written.
        """
        row = {column.name: getattr(silence, column.name) for column in _silences.c}
        reason = f"until {silence.until:%Y-%m-%d %H:%M} UTC: {silence.reason}"
        with self._database.writing() as connection:
            connection.execute(insert(_silences).values(row))
            facts: dict[str, Any] = {"actor": silence.actor, "at": silence.created_at}
            _audit(connection, "silence", silence.pattern, reason=reason, **facts)

    def unsilence(self, name: str, *, actor: str, at: datetime) -> tuple[Silence, ...]:
        """End the silences of that name or pattern; those that were in force.

        Raises:
            StoreError: the database can not be written.
        """
        with self._database.writing() as connection:
            found = [one for one in _in_force(connection, at) if name in _names(one)]
            for one in found:
                gone = delete(_silences).where(_silences.c.silence_id == one.silence_id)
                connection.execute(gone)
                _audit(connection, "unsilence", one.pattern, actor=actor, at=at, reason=one.reason)
        return tuple(found)

    def silences(self, *, now: datetime) -> tuple[Silence, ...]:
        """Those in force."""
        with self._database.reading() as connection:
            return _in_force(connection, now)

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A transaction in which nobody else decides on an alert."""
        with self._database.writing() as connection:
            if not self._database.is_sqlite:  # SQLite has one writer at a time anyway
                connection.execute(text("LOCK TABLE alerts IN SHARE ROW EXCLUSIVE MODE"))
            yield connection


def _open_of(connection: Connection, fingerprint: str) -> AlertRecord | None:
    query = (
        select(_alerts)
        .where(_alerts.c.fingerprint == fingerprint, _alerts.c.resolved_at.is_(None))
        .order_by(_alerts.c.last_at.desc())
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else alert_of_row(row)


def _all_open(connection: Connection) -> tuple[AlertRecord, ...]:
    query = select(_alerts).where(_alerts.c.resolved_at.is_(None)).order_by(_alerts.c.first_at)
    return tuple(alert_of_row(row) for row in connection.execute(query).mappings())


def _is_over(record: AlertRecord, kinds: Collection[str], still_open: Collection[str]) -> bool:
    return record.alert.kind in kinds and record.alert.fingerprint not in still_open


def _situation(
    connection: Connection, previous: AlertRecord | None, counted_from: datetime, now: datetime
) -> Situation:
    told = () if previous is None else deliveries_of(connection, previous.alert_id)
    counted = (
        select(_deliveries.c.channel, func.count().label("messages"))
        .where(_deliveries.c.created_at > counted_from)
        .group_by(_deliveries.c.channel)
    )
    gathered = (
        select(_deliveries.c.channel, func.min(_deliveries.c.next_attempt_at))
        .where(_deliveries.c.status == DeliveryStatus.STORM, _deliveries.c.attempts == 0)
        .group_by(_deliveries.c.channel)
    )
    return Situation(
        previous=previous,
        told=frozenset((one.kind, one.channel) for one in told),
        silences=_in_force(connection, now),
        recent={row.channel: row.messages for row in connection.execute(counted)},
        digest_at={channel: at for channel, at in connection.execute(gathered) if at},
    )


def _in_force(connection: Connection, now: datetime) -> tuple[Silence, ...]:
    query = select(_silences).where(_silences.c.until > now).order_by(_silences.c.created_at)
    return tuple(silence_of_row(row) for row in connection.execute(query).mappings())


def _names(silence: Silence) -> tuple[str, str]:
    return silence.silence_id, silence.pattern


def _write(connection: Connection, plan: Plan, *, is_known: AlertRecord | None) -> Plan:
    if plan.replaces:
        older = update(_alerts).where(_alerts.c.alert_id == plan.replaces)
        connection.execute(older.values(resolved_at=_alerts.c.last_at))
    if is_known is not None and is_known.alert_id == plan.record.alert_id:
        _update(connection, plan.record)
    else:
        connection.execute(insert(_alerts).values(row_of_alert(plan.record)))
    return replace(
        plan, deliveries=tuple(_insert(connection, delivery) for delivery in plan.deliveries)
    )


def _update(connection: Connection, record: AlertRecord) -> None:
    changed = update(_alerts).where(_alerts.c.alert_id == record.alert_id)
    connection.execute(changed.values(row_of_alert(record)))


def _insert(connection: Connection, delivery: Delivery) -> Delivery:
    statement = insert(_deliveries).values(row_of_delivery(delivery)).returning(_deliveries)
    return delivery_of_row(connection.execute(statement).mappings().one())


def _audit(
    connection: Connection, verb: str, subject: str, *, actor: str, at: datetime, reason: str
) -> None:
    entry = AuditEntry(at=at, actor=actor, action=f"alert.{verb}", subject=subject, reason=reason)
    append_entry(connection, entry)
