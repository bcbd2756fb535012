"""Retention: which rows are old enough to go, and their deletion in bounded transactions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
)

from ratchet.examples import Source
from ratchet.store import schema
from ratchet.store.audit import AuditEntry, append_entry
from ratchet.store.bulk import chunks
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database

MAX_NAMES = 500  # in one statement

_outcomes = schema.outcomes
_payloads = schema.payloads
_labels = schema.labels
_quarantine = schema.quarantine
_alerts = schema.alerts
_deliveries = schema.alert_deliveries
_silences = schema.alert_silences


@dataclass(frozen=True, kw_only=True)
class Protection:
    """What telemetry must not leave.

    `experiments` are rollouts that need their outcomes. `labelled_since` says for a signature
    from when on requests with a judged quality stay: forecasts and increments compare with
    them. `requests` are those that stored examples were made of.
    """

    experiments: frozenset[str] = frozenset()
    labelled_since: Mapping[str, datetime] | None = None
    requests: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Aged:
    """How many rows are old: `going` are free to go, with so many bytes where that is known."""

    going: int
    held: int
    size_bytes: int | None = None


class RetentionStore:
    """Deletes what is old; `rows` are those of one transaction, between which others write."""

    def __init__(self, database: Database, *, rows: int) -> None:
        self._database = database
        self._rows = rows

    def requests_of_examples(self) -> frozenset[str]:
        """The requests that stored examples were made of."""
        table = schema.examples
        query = select(table.c.provenance).where(table.c.source == Source.TELEMETRY.value)
        with self._database.reading() as connection:
            found = connection.execute(query).scalars()
            return frozenset(
                str(where["request_id"]) for where in found if (where or {}).get("request_id")
            )

    def telemetry_signatures(self) -> tuple[str, ...]:
        """The signatures that have outcomes."""
        with self._database.reading() as connection:
            query = select(_outcomes.c.signature).distinct().order_by(_outcomes.c.signature)
            return tuple(connection.execute(query).scalars())

    def aged_outcomes(self, signature: str, before: datetime, protection: Protection) -> Aged:
        """Outcomes of a signature from `before`."""
        refuse_naive(before=before)
        old = _old_outcomes(signature, before)
        free = _free(signature, protection)
        query = select(func.coalesce(func.sum(case((free, 1), else_=0)), 0), func.count()).where(
            old
        )
        with self._database.reading() as connection:
            going, everything = connection.execute(query).one()
            named = self._named(connection, signature, before, protection)
        return Aged(going=int(going) - named, held=everything - int(going) + named)

    def delete_outcomes(
        self, signature: str, before: datetime, protection: Protection, *, at: datetime
    ) -> int:
        """Delete them with their payloads and labels; how many outcomes went.

        Raises:
            StoreError: the database can not be written; what was committed stays.
        """
        refuse_naive(before=before, at=at)
        query = select(_outcomes.c.request_id, _outcomes.c.at).where(
            _old_outcomes(signature, before), _free(signature, protection)
        )
        query = query.order_by(_outcomes.c.at, _outcomes.c.request_id).limit(self._rows)
        gone, last = 0, None
        while True:
            with self._database.writing() as connection:
                found = connection.execute(_after(query, last)).all()
                if not found:
                    return gone
                last = (found[-1].at, found[-1].request_id)
                ids = [row.request_id for row in found if row.request_id not in protection.requests]
                gone += _delete_requests(connection, ids)
                _note(connection, "telemetry.clean", signature, len(ids), "requests", at=at)

    def aged_payloads(self, signature: str, before: datetime) -> Aged:
        """Payloads of requests of a signature from `before`, with their bytes."""
        refuse_naive(before=before)
        size = func.coalesce(func.length(cast(_payloads.c.inputs, Text)), 0) + func.coalesce(
            func.length(cast(_payloads.c.outputs, Text)), 0
        )
        query = select(func.count(), func.coalesce(func.sum(size), 0)).where(
            _payloads.c.request_id.in_(_old_payloads(signature, before))
        )
        with self._database.reading() as connection:
            count, characters = connection.execute(query).one()
        return Aged(going=count, held=0, size_bytes=int(characters))

    def delete_payloads(self, signature: str, before: datetime, *, at: datetime) -> int:
        """Delete them; how many went.

        Raises:
            StoreError: the database can not be written; what was committed stays.
        """
        refuse_naive(before=before, at=at)
        query = _old_payloads(signature, before).limit(self._rows)
        return self._repeat(query, _payloads.c.request_id, signature, at, "payloads")

    def aged_labels(self, before: datetime) -> Aged:
        """Labels from `before` whose request is not stored, or no longer."""
        return self._count(_old_orphans(before))

    def delete_labels(self, before: datetime, *, at: datetime) -> int:
        """Delete them; how many went."""
        query = _old_orphans(before).limit(self._rows)
        return self._repeat(query, _labels.c.label_id, "labels", at, "labels without a request")

    def aged_quarantine(self, before: datetime) -> Aged:
        """Lines in quarantine from `before`."""
        query = select(func.count(), func.coalesce(func.sum(func.length(_quarantine.c.line)), 0))
        with self._database.reading() as connection:
            count, size = connection.execute(query.where(_quarantine.c.at < before)).one()
        return Aged(going=count, held=0, size_bytes=int(size))

    def delete_quarantine(self, before: datetime, *, at: datetime) -> int:
        """Delete them; how many went."""
        gone = 0
        q = _quarantine.c
        query = select(q.file, q.offset_bytes).where(q.at < before).limit(self._rows)
        while True:
            with self._database.writing() as connection:
                found = connection.execute(query).all()
                if not found:
                    return gone
                for row in found:
                    one = and_(q.file == row.file, q.offset_bytes == row.offset_bytes)
                    gone += connection.execute(delete(_quarantine).where(one)).rowcount
                _note(connection, "telemetry.clean", "quarantine", len(found), "lines", at=at)

    def aged_alerts(self, before: datetime) -> Aged:
        """Alerts that were over `before`; those with something still to be sent are held."""
        refuse_naive(before=before)
        over = _alerts.c.resolved_at < before
        waiting = _alerts.c.alert_id.in_(_waiting())
        query = select(func.coalesce(func.sum(case((waiting, 0), else_=1)), 0), func.count()).where(
            over
        )
        with self._database.reading() as connection:
            going, everything = connection.execute(query).one()
        return Aged(going=int(going), held=everything - int(going))

    def delete_alerts(self, before: datetime, *, at: datetime) -> int:
        """Delete them with their deliveries, and silences that ended before; how many went."""
        refuse_naive(before=before, at=at)
        query = select(_alerts.c.alert_id).where(
            _alerts.c.resolved_at < before, _alerts.c.alert_id.not_in(_waiting())
        )
        gone = 0
        while True:
            with self._database.writing() as connection:
                ids = list(connection.execute(query.limit(self._rows)).scalars())
                if not ids:
                    connection.execute(delete(_silences).where(_silences.c.until < before))
                    return gone
                _delete_by(connection, _deliveries, _deliveries.c.alert_id, ids)
                gone += _delete_by(connection, _alerts, _alerts.c.alert_id, ids)
                _note(connection, "alerts.clean", "alerts", len(ids), "alerts", at=at)

    def _repeat(
        self, query: Select[Any], key: Column[Any], subject: str, at: datetime, what: str
    ) -> int:
        """Delete what a query of keys finds, so many at a time, until it finds nothing."""
        gone = 0
        while True:
            with self._database.writing() as connection:
                ids = list(connection.execute(query).scalars())
                if not ids:
                    return gone
                gone += _delete_by(connection, key.table, key, ids)
                _note(connection, "telemetry.clean", subject, len(ids), what, at=at)

    def _count(self, query: Select[Any]) -> Aged:
        with self._database.reading() as connection:
            counted = select(func.count()).select_from(query.subquery())
            return Aged(going=connection.execute(counted).scalar_one(), held=0)

    @staticmethod
    def _named(
        connection: Connection, signature: str, before: datetime, protection: Protection
    ) -> int:
        """How many of the requests that examples name would be free to go otherwise."""
        found = 0
        for ids in chunks(sorted(protection.requests), MAX_NAMES):
            query = select(func.count()).where(
                _old_outcomes(signature, before),
                _free(signature, protection),
                _outcomes.c.request_id.in_(ids),
            )
            found += connection.execute(query).scalar_one()
        return found


def _old_outcomes(signature: str, before: datetime) -> ColumnElement[bool]:
    return and_(_outcomes.c.signature == signature, _outcomes.c.at < before)


def _free(signature: str, protection: Protection) -> ColumnElement[bool]:
    """What neither a rollout nor a comparison of quality needs."""
    free: ColumnElement[bool] = literal(value=True)
    if protection.experiments:
        theirs = _outcomes.c.experiment_id.in_(sorted(protection.experiments))
        free = or_(_outcomes.c.experiment_id.is_(None), ~theirs)
    since = (protection.labelled_since or {}).get(signature)
    if since is None:
        return free
    judged = select(_labels.c.label_id).where(
        _labels.c.request_id == _outcomes.c.request_id, _labels.c.quality_score.is_not(None)
    )
    return and_(free, or_(_outcomes.c.at < since, ~judged.exists()))


def _after(query: Select[Any], last: tuple[datetime, str] | None) -> Select[Any]:
    """Go on behind a row, for those that are held are not looked at again."""
    if last is None:
        return query
    at, request_id = last
    o = _outcomes.c
    return query.where(or_(o.at > at, and_(o.at == at, o.request_id > request_id)))


def _old_payloads(signature: str, before: datetime) -> Select[Any]:
    """Keys of payloads; the time is that of the request."""
    return (
        select(_payloads.c.request_id)
        .join(_outcomes, _outcomes.c.request_id == _payloads.c.request_id)
        .where(_old_outcomes(signature, before))
    )


def _old_orphans(before: datetime) -> Select[Any]:
    refuse_naive(before=before)
    known = select(_outcomes.c.request_id).where(_outcomes.c.request_id == _labels.c.request_id)
    return select(_labels.c.label_id).where(_labels.c.at < before, ~known.exists())


def _waiting() -> Select[Any]:
    """Alerts of which something is still to be sent."""
    sent = ("delivered", "failed")
    return select(_deliveries.c.alert_id).where(_deliveries.c.status.not_in(sent))


def _delete_requests(connection: Connection, ids: Collection[str]) -> int:
    """The inputs leave first, the request itself last."""
    _delete_by(connection, _payloads, _payloads.c.request_id, ids)
    _delete_by(connection, _labels, _labels.c.request_id, ids)
    return _delete_by(connection, _outcomes, _outcomes.c.request_id, ids)


def _delete_by(connection: Connection, table: Table, key: Column[Any], ids: Collection[str]) -> int:
    return sum(
        connection.execute(delete(table).where(key.in_(names))).rowcount
        for names in chunks(ids, MAX_NAMES)
    )


def _note(
    connection: Connection, action: str, subject: str, count: int, what: str, *, at: datetime
) -> None:
    """One audit entry a transaction: what was committed is written down, whatever comes next."""
    if count:
        entry = AuditEntry(
            at=at,
            actor="ratchet",
            action=action,
            subject=subject,
            reason=f"{count} {what} left by age",
        )
        append_entry(connection, entry)
