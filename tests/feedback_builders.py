"""Builders of requests with payloads and feedback, and their way into the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ratchet.canonical import sha256_of
from ratchet.store import Store
from ratchet.store.telemetry import LabelRow, OutcomeRow, PayloadRow, SpoolBatch
from tests.builders import NOON

COMPLETENESS = "validate_completeness"
LOGIN, LOCK = "Log in with a password", "Lock after five failures"


class Said(NamedTuple):
    """A request as the spool would tell of it, with the labels that came for it."""

    outcome: OutcomeRow
    payload: PayloadRow | None
    labels: tuple[LabelRow, ...] = ()


def asked(implementation: str = "Added login() in auth.py with 40 lines.") -> dict[str, Any]:
    """Inputs of validate_completeness."""
    return {"implementation": implementation, "requirements": [LOGIN, LOCK]}


def answered(*missing: str, **changes: Any) -> dict[str, Any]:
    """Outputs of validate_completeness; complete unless something is missing."""
    outputs = {
        "is_complete": not missing,
        "missing_requirements": list(missing),
        "explanation": f"{2 - len(missing)} of 2 covered.",
    }
    return {**outputs, **changes}


def request(
    request_id: str,
    *labels: LabelRow,
    inputs: Any = None,
    outputs: Any = None,
    has_payload: bool = True,
    **changes: Any,
) -> Said:
    """A sampled request of noon that the candidate v2 answered well."""
    fields: dict[str, Any] = {
        "request_id": request_id,
        "signature": COMPLETENESS,
        "experiment_id": "e1",
        "variant": "candidate",
        "program_version": "v2",
        "candidate_buckets": 1_000,
        "key": None,
        "at": NOON,
        "latency_ms": 120.0,
        "input_tokens": 300,
        "output_tokens": 40,
        "cost_usd": 0.001,
        "model": "anthropic/claude-sonnet",
        "success": True,
        "error": None,
        "sampled": True,
    }
    outcome = OutcomeRow(**{**fields, **changes})
    payload = PayloadRow(request_id, outcome.signature, inputs, outputs) if has_payload else None
    return Said(outcome, payload, labels)


def label(
    request_id: str,
    quality: float | None = None,
    *,
    corrected: Any = None,
    minutes: float = 1,
) -> LabelRow:
    """Feedback, so many minutes after noon."""
    at = NOON + timedelta(minutes=minutes)
    label_id = sha256_of([request_id, at.isoformat(), quality, corrected])
    return LabelRow(label_id, request_id, at, quality, corrected)


def good(request_id: str, implementation: str, *missing: str, **changes: Any) -> Said:
    """A request whose answer was confirmed."""
    return request(
        request_id,
        label(request_id, 0.9),
        inputs=asked(implementation),
        outputs=answered(*missing),
        **changes,
    )


def absorb(
    store: Store, said: Sequence[Said], *, file: str = "spool", now: datetime = NOON
) -> None:
    """Take these requests and their labels in, as ingestion does."""
    batch = SpoolBatch(
        file=file,
        start=0,
        end=len(said),
        lines=len(said),
        is_done=True,
        outcomes=[one.outcome for one in said],
        payloads=[one.payload for one in said if one.payload],
        labels=[one_label for one in said for one_label in one.labels],
    )
    assert store.telemetry.absorb(batch, now=now) is not None


def absorb_labels(store: Store, labels: Sequence[LabelRow], *, file: str = "later") -> None:
    """Take feedback in that came later than its requests."""
    batch = SpoolBatch(file=file, start=0, end=1, lines=1, is_done=True, labels=labels)
    assert store.telemetry.absorb(batch, now=NOON) is not None


def without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The values but one."""
    return {key: value for key, value in values.items() if key != name}
