"""The older shape of a telemetry record: flat, without request ids, variants and experiments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ratchet.canonical import sha256_of
from ratchet.rollout.assignment import BASELINE
from ratchet.store.telemetry import OutcomeRow, PayloadRow
from ratchet.telemetry.fields import (
    UnusableError,
    count_of,
    maybe_name_of,
    measure_of,
    moment_of_ms,
    name_of,
    text_of,
    yes_or_no,
)

KEPT = ("input", "output")
TEXTS = ("module_version",)
_TOKEN_NAMES = (
    ("input", "output"),
    ("input_tokens", "output_tokens"),
    ("prompt_tokens", "completion_tokens"),
    ("prompt", "completion"),
)


def outcome_of(document: Mapping[str, Any], *, latest: datetime) -> OutcomeRow:
    """The outcome of a record; it is the baseline's, and outside every comparison.

    Without a request id, the hash of its content is one: the same record counts once.
    """
    input_tokens, output_tokens = _tokens(document.get("tokens"))
    return OutcomeRow(
        request_id=maybe_name_of(document, "request_id") or _content_id(document),
        signature=maybe_name_of(document, "signature") or name_of(document, "module_name"),
        experiment_id=None,
        variant=BASELINE,
        program_version=text_of(document.get("module_version")),
        candidate_buckets=None,
        key=None,
        at=moment_of_ms(document.get("timestamp_ms"), latest=latest),
        latency_ms=measure_of(document.get("latency_ms")),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost_usd=measure_of(document.get("cost_usd")),
        model=text_of(document.get("model")),
        success=yes_or_no(document, "success"),
        error=text_of(document.get("error")),
        sampled=_has_payload(document),
    )


def payload_of(document: Mapping[str, Any], outcome: OutcomeRow) -> PayloadRow | None:
    """Its input and output as they were written, which is not redacted."""
    if not _has_payload(document):
        return None
    return PayloadRow(
        outcome.request_id, outcome.signature, document.get("input"), document.get("output")
    )


def _has_payload(document: Mapping[str, Any]) -> bool:
    return document.get("input") is not None or document.get("output") is not None


def _content_id(document: Mapping[str, Any]) -> str:
    try:
        return f"older-{sha256_of(dict(document))}"
    except ValueError:  # NaN: what it says there does not matter, as long as it is the same
        return f"older-{sha256_of(repr(sorted(document.items())))}"
    except RecursionError:
        raise UnusableError("nested too deeply") from None


def _tokens(tokens: Any) -> tuple[int | None, int | None]:
    """Input and output tokens; a plain number is their sum, which is kept as input.

    >>> _tokens(120), _tokens({"prompt_tokens": 100, "completion_tokens": 20})
    ((120, None), (100, 20))
    """
    if not isinstance(tokens, Mapping):
        return count_of(tokens), None
    for names in _TOKEN_NAMES:
        if any(name in tokens for name in names):
            first, second = (count_of(tokens.get(name)) for name in names)
            return first, second
    return count_of(tokens.get("total", tokens.get("total_tokens"))), None
