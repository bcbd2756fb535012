"""Payloads: requests whose inputs were kept, with everything that was learnt of them later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, func, select

from ratchet.store import schema
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database
from ratchet.store.telemetry import LabelRow, OutcomeRow

PAGE = 1_000  # rows fetched at a time while streaming

_outcomes = schema.outcomes
_payloads = schema.payloads
_labels = schema.labels

_OUTCOME = [_outcomes.c[name] for name in OutcomeRow._fields]
_LABEL = [_labels.c[name] for name in LabelRow._fields]
_FIRST_LABEL = len(_OUTCOME) + 2  # inputs and outputs stand between


class RecordedRequest(NamedTuple):
    """A request with its redacted payload and its labels, the oldest first.

    `inputs` and `outputs` are None where they were not kept.
    """

    outcome: OutcomeRow
    inputs: Any
    outputs: Any
    labels: tuple[LabelRow, ...]


class PayloadStore:
    """What production was asked, what it answered, and what people and checks said of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def labelled(self, signature: str, *, since: datetime) -> Iterator[RecordedRequest]:
        """Stream the requests from `since` on that have a payload and a label, by request id.

        They come a page at a time, so that a million cost no more memory than a thousand.
        """
        query = _recorded(signature, since).join(_labels, _said_of_it())
        return self._stream(query)

    def labelled_or_failed(self, signature: str, *, since: datetime) -> Iterator[RecordedRequest]:
        """Like `labelled`, and the failed requests too."""
        query = _recorded(signature, since).outerjoin(_labels, _said_of_it())
        query = query.where(_labels.c.label_id.is_not(None) | _outcomes.c.success.is_(False))
        return self._stream(query)

    def count_without_payload(self, signature: str, *, since: datetime) -> int:
        """How many requests from `since` on have a label, but were not sampled."""
        refuse_naive(since=since)
        query = (
            select(func.count(_labels.c.request_id.distinct()))
            .join(_outcomes, _said_of_it())
            .outerjoin(_payloads, _payloads.c.request_id == _labels.c.request_id)
            .where(_outcomes.c.signature == signature, _outcomes.c.at >= since)
            .where(_payloads.c.request_id.is_(None))
        )
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def _stream(self, query: Select[Any]) -> Iterator[RecordedRequest]:
        query = query.order_by(_outcomes.c.request_id)
        with self._database.reading() as connection:
            rows = connection.execution_options(yield_per=PAGE).execute(query)
            for _, found in groupby(rows, key=lambda row: row[0]):
                yield _request(list(found))


def _recorded(signature: str, since: datetime) -> Select[Any]:
    refuse_naive(since=since)
    return (
        select(*_OUTCOME, _payloads.c.inputs, _payloads.c.outputs, *_LABEL)
        .select_from(_outcomes)
        .join(_payloads, _payloads.c.request_id == _outcomes.c.request_id)
        .where(_outcomes.c.signature == signature, _outcomes.c.at >= since)
    )


def _said_of_it() -> Any:
    return _labels.c.request_id == _outcomes.c.request_id


def _request(rows: list[Row[Any]]) -> RecordedRequest:
    """One row a label; the label of a request without one is all None."""
    first = rows[0]
    labels = [LabelRow(*row[_FIRST_LABEL:]) for row in rows if row[_FIRST_LABEL] is not None]
    return RecordedRequest(
        outcome=OutcomeRow(*first[: len(_OUTCOME)]),
        inputs=first[len(_OUTCOME)],
        outputs=first[len(_OUTCOME) + 1],
        labels=tuple(sorted(labels, key=lambda label: (label.at, label.label_id))),
    )
