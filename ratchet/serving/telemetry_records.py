"""What is recorded of a request and of feedback, and its JSON form in the spool.

The form is a contract with apps in any language; ingestion reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ratchet.rollout.assignment import BUCKETS, bucket_of
from ratchet.serving.decision import Decision

if TYPE_CHECKING:
    from ratchet.serving.pseudonyms import Pseudonyms
    from ratchet.serving.redaction import Redactor

SCHEMA_VERSION = 1
SAMPLE_SALT = "ratchet-telemetry-sample"

Values = Mapping[str, Any]


class Usage(NamedTuple):
    """What the language model used; None where it is not known."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    model: str | None = None


NO_USAGE = Usage()


class RequestRecord(NamedTuple):
    """One request, as the app's thread captured it.

    `key` is None when the app gave none. `started_at` is in seconds since 1970, `quality`
    0..1. `inputs` and `outputs` are copies. `sampled` None leaves it to the writer whether they
    are kept; they may be None when it is known that they are not.
    """

    request_id: str
    decision: Decision
    key: str | None
    started_at: float
    latency_ms: float
    success: bool
    error: str | None = None
    usage: Usage = NO_USAGE
    quality: float | None = None
    sampled: bool | None = None
    inputs: Values | None = None
    outputs: Values | None = None


class FeedbackRecord(NamedTuple):
    """What was learnt later of a request: its quality, 0..1, or the right outputs, or both."""

    request_id: str
    at: float
    quality: float | None = None
    corrected_outputs: Values | None = None
    signature: str | None = None


Record = RequestRecord | FeedbackRecord

CapturedRequest = tuple[
    str,
    Decision,
    str | None,
    float,
    float,
    bool,
    str | None,
    Usage,
    float | None,
    bool | None,
    Values | None,
    Values | None,
]
"""The fields of a `RequestRecord`, without their names: every request makes one, and a named
tuple would cost its thread as much as all else in recording that is not the copy."""


def is_sampled(request_id: str, share: float) -> bool:
    """Whether inputs and outputs of a request are kept: its bucket lies below the share.

    The bucket is that of `ratchet.rollout.assignment` with the salt
    "ratchet-telemetry-sample", so that every process agrees on a request.

    >>> is_sampled("any", 1.0), is_sampled("any", 0.0)
    (True, False)
    """
    return bucket_of(SAMPLE_SALT, request_id) < share * BUCKETS


def decided(captured: Record | CapturedRequest, share: float) -> Record:
    """The record once it is known whether it is sampled; what is not to be kept is let go.

    The payload of a failure is kept in any case.
    """
    if isinstance(captured, FeedbackRecord):
        return captured
    record = captured if isinstance(captured, RequestRecord) else RequestRecord(*captured)
    if record.sampled is not None:
        return record
    sampled = is_sampled(record.request_id, share)
    if sampled or record.error is not None:
        return record._replace(sampled=sampled)
    return record._replace(sampled=False, inputs=None, outputs=None)


def line_of(record: Record, redactor: Redactor) -> bytes:
    """The record as a redacted line of the spool; a payload that has no JSON form is left out.

    Raises:
        ValueError: not even the rest of the record has one.
    """
    if isinstance(record, FeedbackRecord):
        document = _feedback(record, redactor)
        payload: tuple[str, ...] = ("corrected_outputs",)
    else:
        document = _request(record, redactor)
        payload = ("inputs", "outputs")
    try:
        return _encoded(document)
    except (TypeError, ValueError, RecursionError):
        return _encoded(document | dict.fromkeys(payload))


def _request(record: RequestRecord, redactor: Redactor) -> dict[str, Any]:
    decision, usage = record.decision, record.usage
    return {
        "schema_version": SCHEMA_VERSION,
        "request_id": record.request_id,
        "signature": decision.signature,
        "experiment_id": decision.experiment_id,
        "variant": decision.variant,
        "program_version": decision.program_version,
        "propensity": decision.propensity,
        "key": _pseudonym_of_key(record.key, redactor.pseudonyms),
        "timestamp": _timestamp(record.started_at),
        "latency_ms": round(record.latency_ms, 3),
        "tokens": {"input": usage.input_tokens, "output": usage.output_tokens},
        "cost_usd": usage.cost_usd,
        "model": usage.model,
        "success": record.success,
        "error": None if record.error is None else redactor.text(record.error),
        "quality_score": record.quality,
        "sampled": record.sampled,
        "inputs": redactor.fields(decision.signature, record.inputs),
        "outputs": redactor.fields(decision.signature, record.outputs),
    }


def _feedback(record: FeedbackRecord, redactor: Redactor) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "request_id": record.request_id,
        "timestamp": _timestamp(record.at),
        "quality_score": record.quality,
        "corrected_outputs": redactor.fields(record.signature, record.corrected_outputs),
    }


def _pseudonym_of_key(key: str | None, pseudonyms: Pseudonyms) -> str | None:
    """Keys are user or session ids, so they are written as pseudonyms; equal keys stay equal."""
    return None if key is None else pseudonyms.of("KEY", key)


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def _encoded(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # a lone surrogate: escaped, so that the line stays UTF-8
        escaped = json.dumps(document, separators=(",", ":"), allow_nan=False)
        return escaped.encode() + b"\n"
