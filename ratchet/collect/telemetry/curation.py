"""The queue of curation: inputs on which production did badly and nobody gave the right answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ratchet import signatures
from ratchet.collect.telemetry.feedback import MIN_QUALITY
from ratchet.collect.telemetry.questions import TROUBLES, Question, Trouble, read_questions
from ratchet.store.payloads import PayloadStore

SETTLED = "answered by other feedback"


@dataclass(frozen=True, kw_only=True)
class CurationItem:
    """One input that wants a right answer, shown by its most telling request.

    `problem` is "failed", "bad label" or "unusable correction", with `detail` on the last.
    The inputs went wrong in `times` requests of `keys` known keys; `quality` is the lowest
    label, 0..1, if any. `answered` is None where nothing was answered or kept.
    """

    signature: str
    request_id: str
    problem: str
    detail: str
    times: int
    keys: int
    quality: float | None
    error: str | None
    inputs: Mapping[str, Any]
    answered: Any
    corrected: Any
    program_version: str | None
    variant: str
    model: str | None
    recorded_at: datetime

    @property
    def worth(self) -> tuple[Any, ...]:
        """A sort key, the most valuable first.

        What goes wrong most often comes first; then what somebody has looked at, the worst
        answer, and the newest.
        """
        quality = 1.0 if self.quality is None else self.quality
        telling = -TROUBLES.index(self.problem)
        return (-self.times, telling, quality, -self.recorded_at.timestamp(), self.request_id)


@dataclass(frozen=True, kw_only=True)
class CurationQueue:
    """The most valuable items of `total`.

    `left_out` counts requests by reason: their inputs are of no use, or the right answer to
    them is known by now.
    """

    items: tuple[CurationItem, ...]
    total: int
    left_out: Mapping[str, int]


def curation_queue(
    payloads: PayloadStore,
    signature: str,
    *,
    since_days: int,
    now: datetime,
    min_quality: float = MIN_QUALITY,
    limit: int,
) -> CurationQueue:
    """Find what a person should answer: failed requests and answers below `min_quality`.

    It is a query and stores nothing: an input leaves the queue once feedback with corrected
    outputs has come for one of its requests, or another answer to it is confirmed.

    Raises:
        ConfigurationError: the signature is unknown.
        InputError: `now` has no time zone.
        StoreError: the database can not be read.
    """
    spec, since = signatures.get(signature), now - timedelta(days=since_days)
    reading = read_questions(
        spec, payloads.labelled_or_failed(signature, since=since), min_quality=min_quality
    )
    open_questions = [q for q in reading.questions.values() if not q.best]
    items = [_item(signature, q, q.trouble) for q in open_questions if q.trouble]
    troubles = sum(question.times for question in reading.questions.values())
    settled = Counter({SETTLED: troubles - sum(item.times for item in items)})
    return CurationQueue(
        items=tuple(sorted(items, key=lambda item: item.worth)[:limit]),
        total=len(items),
        left_out=dict(reading.unusable + settled),
    )


def _item(signature: str, question: Question, trouble: Trouble) -> CurationItem:
    request, correction = trouble.feedback.request, trouble.feedback.correction
    outcome = request.outcome
    return CurationItem(
        signature=signature,
        request_id=outcome.request_id,
        problem=trouble.kind,
        detail=trouble.detail,
        times=question.times,
        keys=len(question.keys),
        quality=question.worst,
        error=outcome.error,
        inputs=request.inputs,
        answered=request.outputs,
        corrected=None if correction is None else correction.corrected_outputs,
        program_version=outcome.program_version,
        variant=outcome.variant,
        model=outcome.model,
        recorded_at=outcome.at,
    )
