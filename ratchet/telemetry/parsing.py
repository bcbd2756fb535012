"""Lines of the spool become rows of the store, or a reason why they can not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from ratchet.canonical import sha256_of
from ratchet.rollout.assignment import VARIANTS
from ratchet.serving.telemetry_records import SCHEMA_VERSION
from ratchet.store.columns import dump_json
from ratchet.store.telemetry import LabelRow, OutcomeRow, PayloadRow
from ratchet.telemetry import older_shape
from ratchet.telemetry.fields import (
    UnusableError,
    candidate_buckets_of,
    count_of,
    maybe_name_of,
    measure_of,
    moment_of,
    name_of,
    quality_of,
    shown,
    text_of,
    yes_or_no,
)

_LONG_NUMBER = b"0" * 19  # beyond 64 bits orjson makes a float of an integer
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")  # ten times faster than a pattern
_KEPT = ("inputs", "outputs", "corrected_outputs", *older_shape.KEPT)
_TEXTS = ("program_version", "key", "model", "error", *older_shape.TEXTS)
_DEEP = 200  # brackets in a line from which its nesting is looked at


class Parsed(NamedTuple):
    """What a line gave; `is_older` says that nobody has redacted its payload yet."""

    outcome: OutcomeRow | None = None
    payload: PayloadRow | None = None
    label: LabelRow | None = None
    reason: str = ""
    is_older: bool = False


NOTHING = Parsed()


def parse_line(content: bytes, *, latest: datetime) -> Parsed:
    """Read a line: a request, feedback, or a request in the older shape.

    A blank line gives nothing; one that can not be used gives the reason alone. No time may
    lie after `latest`.
    """
    try:
        document = _decoded(content)
        if document is None:
            return NOTHING
        if "module_name" in document or "timestamp_ms" in document:
            return _older(document, latest)
        _check_schema(document)
        if "variant" in document or "signature" in document:
            return _request(document, latest)
        return _feedback(document, latest)
    except UnusableError as error:
        return Parsed(reason=str(error))


def _request(document: dict[str, Any], latest: datetime) -> Parsed:
    get = document.get
    request_id, signature = name_of(document, "request_id"), name_of(document, "signature")
    variant = get("variant")
    if variant not in VARIANTS:
        raise UnusableError(f"unknown variant {shown(variant)}; it is {' or '.join(VARIANTS)}")
    tokens = get("tokens")
    used: Mapping[str, Any] = tokens if type(tokens) is dict else {}
    at = moment_of(get("timestamp"), latest=latest)
    outcome = OutcomeRow(
        request_id,
        signature,
        maybe_name_of(document, "experiment_id"),
        variant,
        text_of(get("program_version")),
        candidate_buckets_of(get("propensity"), variant),
        text_of(get("key")),
        at,
        measure_of(get("latency_ms")),
        count_of(used.get("input")),
        count_of(used.get("output")),
        measure_of(get("cost_usd")),
        text_of(get("model")),
        yes_or_no(document, "success"),
        text_of(get("error")),
        get("sampled") is True,
    )
    inputs, outputs = get("inputs"), get("outputs")
    has_payload = inputs is not None or outputs is not None
    payload = PayloadRow(request_id, signature, inputs, outputs) if has_payload else None
    return Parsed(outcome, payload, _label(document, request_id, at))


def _older(document: dict[str, Any], latest: datetime) -> Parsed:
    outcome = older_shape.outcome_of(document, latest=latest)
    payload = older_shape.payload_of(document, outcome)
    label = _label(document, outcome.request_id, outcome.at)
    return Parsed(outcome, payload, label, is_older=True)


def _feedback(document: dict[str, Any], latest: datetime) -> Parsed:
    request_id = name_of(document, "request_id")
    label = _label(document, request_id, moment_of(document.get("timestamp"), latest=latest))
    if label is None:
        raise UnusableError(
            "neither a request (no signature, no variant) nor feedback (no quality_score, no "
            "corrected_outputs)"
        )
    return Parsed(label=label)


def _label(document: dict[str, Any], request_id: str, at: datetime) -> LabelRow | None:
    quality = document.get("quality_score")
    corrected = document.get("corrected_outputs")
    if quality is None and corrected is None:
        return None
    quality = quality_of(quality)
    label_id = sha256_of([request_id, at.isoformat(), quality, corrected])
    return LabelRow(label_id, request_id, at, quality, corrected)


def _check_schema(document: Mapping[str, Any]) -> None:
    version = document.get("schema_version", SCHEMA_VERSION)
    if version == SCHEMA_VERSION and version is not True:
        return
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise UnusableError(
            f"schema_version {version} is newer than {SCHEMA_VERSION}, which this Ratchet reads; "
            "upgrade it and put the line into the spool again"
        )
    raise UnusableError(f"schema_version {shown(version)} is unknown; write {SCHEMA_VERSION}")


def _decoded(content: bytes) -> dict[str, Any] | None:
    """The JSON object of a line; None when the line is blank."""
    if not content or content.isspace():
        return None
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        document = _decoded_with_care(content)
    if not isinstance(document, dict):
        raise UnusableError("JSON, but no object")
    return _decoded_with_care(content) if _is_delicate(document, content) else document


def _is_delicate(document: Mapping[str, Any], content: bytes) -> bool:
    """Whether orjson may have read what is kept otherwise than it has to be written."""
    for field in _KEPT:
        if document.get(field) is not None:
            is_deep = content.count(b"[") + content.count(b"{") > _DEEP
            return is_deep or _LONG_NUMBER in content.translate(_DIGITS_AS_ZEROS)
    return False


def _decoded_with_care(content: bytes) -> dict[str, Any]:
    """As the standard library reads it: lone surrogates, NaN, a mark at the start, long numbers.

    NaN is understood where a number is mended, and refused where it would have to be kept.
    """
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnusableError(f"not UTF-8 at byte {error.start + 1} of the line") from None
    except json.JSONDecodeError as error:
        raise UnusableError(f"no JSON: {error.msg} at character {error.pos + 1}") from None
    except ValueError as error:  # a number with thousands of digits
        raise UnusableError(f"no JSON that can be read: {error}") from None
    except RecursionError:
        raise UnusableError("no JSON that can be read: nested too deeply") from None
    if not isinstance(document, dict):
        raise UnusableError("JSON, but no object")
    _check_kept(document)
    return document


def _check_kept(document: Mapping[str, Any]) -> None:
    """Check that what is stored as JSON can be written as JSON again."""
    try:
        dump_json([document.get(field) for field in (*_KEPT, *_TEXTS)])
    except ValueError:
        raise UnusableError("a payload holds NaN or an infinite number, which is no JSON") from None
    except RecursionError:
        raise UnusableError("a payload is nested too deeply") from None
