"""Builders for tests of telemetry: lines and files of the spool, rows of the store."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ratchet.store.telemetry import LabelRow, OutcomeRow, SpoolBatch
from tests.builders import NOON

EXPERIMENT = "exp-1"


def request_line(request_id: str = "r1", **changes: Any) -> bytes:
    """A line of a candidate's successful request, metrics only."""
    document = {
        "schema_version": 1,
        "request_id": request_id,
        "signature": "validate_correctness",
        "experiment_id": EXPERIMENT,
        "variant": "candidate",
        "program_version": "v2",
        "propensity": 0.25,
        "key": "<KEY:abcdefghijkl>",
        "timestamp": "2026-03-01T12:00:00.000000+00:00",
        "latency_ms": 12.5,
        "tokens": {"input": 800, "output": 70},
        "cost_usd": 0.002,
        "model": "offline/in-context",
        "success": True,
        "error": None,
        "quality_score": None,
        "sampled": False,
        "inputs": None,
        "outputs": None,
    }
    return json.dumps(document | changes).encode()


def feedback_line(request_id: str = "r1", **changes: Any) -> bytes:
    """A line of feedback."""
    document = {
        "schema_version": 1,
        "request_id": request_id,
        "timestamp": "2026-03-01T12:05:00+00:00",
        "quality_score": 0.9,
        "corrected_outputs": None,
    }
    return json.dumps(document | changes).encode()


def older_line(**changes: Any) -> bytes:
    """A line in the older shape."""
    document = {
        "module_name": "reviewer",
        "module_version": "v7",
        "signature": "validate_correctness",
        "input": {"implementation": "def half(n): return n / 2"},
        "output": {"is_correct": True},
        "timestamp_ms": 1_772_366_400_000,
        "latency_ms": 250,
        "tokens": 870,
        "cost_usd": 0.002,
        "model": "offline/in-context",
        "success": True,
        "error": None,
    }
    return json.dumps(document | changes).encode()


def spool_file(folder: Path, *lines: bytes, name: str = "a", end: bytes = b"\n") -> Path:
    """A finished file of these lines; `end` follows the last one.

    It appears whole, so that a collector that is running never sees half of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    hidden = folder / f".{name}.new"
    hidden.write_bytes(b"\n".join(lines) + end)
    return hidden.rename(folder / f"{name}.jsonl")


@contextmanager
def growing(path: Path) -> Iterator[None]:
    """The file is still being written for as long as the block lasts."""
    with path.open("ab") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def outcome(request_id: str, *, minute: int = 0, **changes: Any) -> OutcomeRow:
    """A stored request of the experiment, so many minutes after noon."""
    row = OutcomeRow(
        request_id=request_id,
        signature="validate_correctness",
        experiment_id=EXPERIMENT,
        variant="candidate",
        program_version="v2",
        candidate_buckets=2_500,
        key=None,
        at=after_noon(minute),
        latency_ms=12.5,
        input_tokens=None,
        output_tokens=None,
        cost_usd=None,
        model=None,
        success=True,
        error=None,
        sampled=False,
    )
    return row._replace(**changes)


def label(request_id: str, *, minute: int = 0, quality: float | None = 0.9) -> LabelRow:
    """A stored label, so many minutes after noon."""
    return LabelRow(f"{request_id}-{minute}", request_id, after_noon(minute), quality, None)


def batch(number: int, *rows: OutcomeRow | LabelRow, **changes: Any) -> SpoolBatch:
    """A batch that is a file of its own."""
    facts: dict[str, Any] = {"file": f"f{number}", "start": 0, "end": 10, "is_done": True}
    return SpoolBatch(
        **{**facts, **changes},
        lines=len(rows),
        outcomes=[row for row in rows if isinstance(row, OutcomeRow)],
        labels=[row for row in rows if isinstance(row, LabelRow)],
    )


def after_noon(minutes: int) -> datetime:
    """A time."""
    return NOON + timedelta(minutes=minutes)
