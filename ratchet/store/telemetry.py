"""Telemetry: outcomes of production requests, sampled payloads and labels, each taken in once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, func, select

from ratchet.store import schema
from ratchet.store.bulk import chunks, insert_new, upsert
from ratchet.store.columns import refuse_naive
from ratchet.store.counters import ARRIVALS, counted, locked, set_counter
from ratchet.store.engine import Database

WINDOW = 50_000  # arrivals that `arrived` hands out at once
MAX_NAMES = 500  # in one statement

_outcomes = schema.outcomes
_labels = schema.labels
_progress = schema.spool_progress


class OutcomeRow(NamedTuple):
    """One request, as it is stored; a named tuple because there are millions.

    `candidate_buckets` is the candidate's share of traffic, in 1/10,000, when the key was
    assigned; None says that the request compares with nothing. `key` is a pseudonym.
    """

    request_id: str
    signature: str
    experiment_id: str | None
    variant: str
    program_version: str | None
    candidate_buckets: int | None
    key: str | None
    at: datetime
    latency_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    model: str | None
    success: bool
    error: str | None
    sampled: bool


class PayloadRow(NamedTuple):
    """The redacted inputs and outputs of a sampled or failed request."""

    request_id: str
    signature: str
    inputs: Any
    outputs: Any


class LabelRow(NamedTuple):
    """What was learnt of a request: its quality, 0..1, or the right outputs, or both.

    `label_id` is the hash of its content: the same label is stored once.
    """

    label_id: str
    request_id: str
    at: datetime
    quality_score: float | None
    corrected_outputs: Any


class QuarantinedRow(NamedTuple):
    """A line of the spool that could not be used, where it stood and why."""

    file: str
    offset_bytes: int
    at: datetime
    reason: str
    line: str


@dataclass(frozen=True, kw_only=True)
class SpoolBatch:
    """Whole lines of one spool file, from byte `start` to byte `end`.

    `lines` counts them all; `is_done` says that nothing will follow.
    """

    file: str
    start: int
    end: int
    lines: int
    is_done: bool
    outcomes: Sequence[OutcomeRow] = ()
    payloads: Sequence[PayloadRow] = ()
    labels: Sequence[LabelRow] = ()
    quarantined: Sequence[QuarantinedRow] = ()


@dataclass(frozen=True, kw_only=True)
class Absorbed:
    """How many rows of a batch were new; the rest had been taken in before."""

    outcomes: int
    labels: int
    quarantined: int
    duplicates: int


@dataclass(frozen=True, kw_only=True)
class SpoolProgress:
    """How far a spool file has been read."""

    file: str
    consumed_bytes: int
    lines: int
    is_done: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """What came in for an experiment, in the order of time; `upto` is where to go on.

    `is_all` says that nothing more was there.
    """

    outcomes: tuple[OutcomeRow, ...]
    labels: tuple[LabelRow, ...]
    upto: int
    is_all: bool


class TelemetryStore:
    """The outcomes, payloads and labels of production, and how far the spool has been read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def absorb(self, batch: SpoolBatch, *, now: datetime) -> Absorbed | None:
        """Take in a batch and move its file's mark, in one transaction.

        Returns:
            What was new; None when the file's mark is not at `batch.start`: somebody else
            has read on, so read the progress again.

        Raises:
            StoreError: the database can not be written; nothing of the batch was stored.
        """
        refuse_naive(now=now)
        with self._database.writing() as connection:
            arrival = locked(connection, ARRIVALS)
            if _consumed(connection, batch.file) != batch.start:
                return None
            absorbed = _insert(connection, batch, arrival)
            total = len(batch.outcomes) + len(batch.labels)
            set_counter(connection, ARRIVALS, arrival + total)
            _mark(connection, batch, now)
        return absorbed

    def progress(self) -> dict[str, SpoolProgress]:
        """How far each spool file has been read, by its name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(_progress)).mappings()
            return {row["file"]: SpoolProgress(**row) for row in rows}

    def consumed(self, files: Sequence[str]) -> dict[str, int]:
        """How many bytes of these spool files have been taken in; untouched ones are left out."""
        found: dict[str, int] = {}
        with self._database.reading() as connection:
            for names in chunks(files, MAX_NAMES):
                query = select(_progress.c.file, _progress.c.consumed_bytes)
                rows = connection.execute(query.where(_progress.c.file.in_(names)))
                found.update((row[0], row[1]) for row in rows)
        return found

    def forget_files(self, *, before: datetime, present: Collection[str]) -> int:
        """Forget the marks of spool files that were last read `before`, except the present ones."""
        refuse_naive(before=before)
        query = select(_progress.c.file).where(_progress.c.at < before)
        with self._database.reading() as connection:
            gone = [name for name in connection.execute(query).scalars() if name not in present]
        for names in chunks(gone, MAX_NAMES):
            with self._database.writing() as connection:
                connection.execute(delete(_progress).where(_progress.c.file.in_(names)))
        return len(gone)

    def last_arrival(self) -> int:
        """The number of the newest row; an experiment that starts now looks at later ones."""
        with self._database.reading() as connection:
            return counted(connection, ARRIVALS)

    def arrived(self, experiment_id: str, *, after: int, window: int = WINDOW) -> Arrived:
        """What came in for an experiment after arrival number `after`.

        At most `window` arrivals are looked at, of all experiments together.

        A label comes once both it and its outcome have; in windows that follow each other no
        row is missed and none comes twice.
        """
        with self._database.reading() as connection:
            last = counted(connection, ARRIVALS)
            upto = min(last, after + window)
            if upto <= after:
                return Arrived(outcomes=(), labels=(), upto=after, is_all=True)
            outcomes = connection.execute(_new_outcomes(experiment_id, after, upto))
            labels = connection.execute(_new_labels(experiment_id, after, upto))
            return Arrived(
                outcomes=tuple(OutcomeRow(*row) for row in outcomes),
                labels=tuple(LabelRow(*row) for row in labels),
                upto=upto,
                is_all=upto == last,
            )

    def quarantined(self, *, limit: int = 100) -> tuple[QuarantinedRow, ...]:
        """The newest lines that could not be used."""
        table = schema.quarantine
        query = select(*(table.c[name] for name in QuarantinedRow._fields))
        query = query.order_by(table.c.at.desc(), table.c.file, table.c.offset_bytes).limit(limit)
        with self._database.reading() as connection:
            return tuple(QuarantinedRow(*row) for row in connection.execute(query))

    def newest(self) -> dict[str, datetime]:
        """The time of the newest outcome of every signature."""
        newest = func.max(_outcomes.c.at, type_=_outcomes.c.at.type)
        query = select(_outcomes.c.signature, newest).group_by(_outcomes.c.signature)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def counts(self) -> dict[str, int]:
        """How many outcomes, payloads, labels and quarantined lines there are."""
        tables = (_outcomes, schema.payloads, _labels, schema.quarantine)
        with self._database.reading() as connection:
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in tables
            }


def _insert(connection: Connection, batch: SpoolBatch, arrival: int) -> Absorbed:
    numbered = enumerate(batch.outcomes, start=arrival + 1)
    outcomes = insert_new(
        connection, _outcomes, [(row[0], number, *row[1:]) for number, row in numbered]
    )
    numbers = {row.request_id: number for number, row in enumerate(batch.outcomes, arrival + 1)}
    insert_new(
        connection,
        schema.payloads,
        [(row[0], numbers.get(row[0], arrival), *row[1:]) for row in batch.payloads],
    )
    numbered_labels = enumerate(batch.labels, start=arrival + len(batch.outcomes) + 1)
    labels = insert_new(
        connection, _labels, [(row[0], row[1], number, *row[2:]) for number, row in numbered_labels]
    )
    quarantined = insert_new(connection, schema.quarantine, list(batch.quarantined))
    return Absorbed(
        outcomes=outcomes,
        labels=labels,
        quarantined=quarantined,
        duplicates=len(batch.outcomes) + len(batch.labels) - outcomes - labels,
    )


def _consumed(connection: Connection, file: str) -> int:
    query = select(_progress.c.consumed_bytes).where(_progress.c.file == file)
    return connection.execute(query).scalar() or 0


def _mark(connection: Connection, batch: SpoolBatch, now: datetime) -> None:
    query = select(_progress.c.lines).where(_progress.c.file == batch.file)
    lines = (connection.execute(query).scalar() or 0) + batch.lines
    row = {
        "file": batch.file,
        "consumed_bytes": batch.end,
        "lines": lines,
        "is_done": batch.is_done,
        "at": now,
    }
    upsert(connection, _progress, row)


def _new_outcomes(experiment_id: str, after: int, upto: int) -> Select[Any]:
    return (
        select(*(_outcomes.c[name] for name in OutcomeRow._fields))
        .where(_outcomes.c.experiment_id == experiment_id)
        .where(_outcomes.c.arrival > after, _outcomes.c.arrival <= upto)
        .order_by(_outcomes.c.at, _outcomes.c.request_id)
    )


def _new_labels(experiment_id: str, after: int, upto: int) -> Select[Any]:
    """Labels whose outcome or who themselves are new, and whose other half is there."""
    columns = [_labels.c[name] for name in LabelRow._fields]
    joined = (
        select(*columns)
        .join(_outcomes, _outcomes.c.request_id == _labels.c.request_id)
        .where(_labels.c.quality_score.is_not(None))
    )
    with_outcome = joined.where(
        _outcomes.c.experiment_id == experiment_id,
        _outcomes.c.arrival > after,
        _outcomes.c.arrival <= upto,
        _labels.c.arrival <= upto,
    )
    # Through `coalesce` SQLite can not start from the experiment, whose outcomes are many, and
    # starts from the new labels, which are few.
    later = joined.where(
        func.coalesce(_outcomes.c.experiment_id, "") == experiment_id,
        _outcomes.c.arrival <= after,
        _labels.c.arrival > after,
        _labels.c.arrival <= upto,
    )
    both = with_outcome.union_all(later).subquery()
    return select(both).order_by(both.c.at, both.c.label_id)
