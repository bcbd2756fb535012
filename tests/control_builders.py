"""Builders for what stands around a rollout: requests in the store, projects with a history."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from ratchet.control import Tick
from ratchet.rollout import Action
from ratchet.store import RolloutRecord, Store
from ratchet.store.telemetry import LabelRow, OutcomeRow, SpoolBatch
from ratchet.telemetry import ingest
from tests.builders import NOON
from tests.rollout_traffic import MINUTE, Behaviour, Scene, scene

FAILING = Behaviour(error_rate=1.0)
_numbers = itertools.count()


def outcome(request_id: str = "", **changes: Any) -> OutcomeRow:
    """A good request of the candidate at the first stage of the rollout x."""
    fields: dict[str, Any] = {
        "request_id": request_id or f"r{next(_numbers)}",
        "signature": "validate_completeness",
        "experiment_id": "x",
        "variant": "candidate",
        "program_version": "v2",
        "candidate_buckets": 1_000,
        "key": None,
        "at": NOON,
        "latency_ms": 1_000.0,
        "input_tokens": 100,
        "output_tokens": 20,
        "cost_usd": 0.25,
        "model": "offline/in-context",
        "success": True,
        "error": None,
        "sampled": False,
    }
    return OutcomeRow(**{**fields, **changes})


def label(request_id: str, quality: float | None, *, minutes: float = 0.0) -> LabelRow:
    """A label of a request, so many minutes after noon."""
    at = NOON + timedelta(minutes=minutes)
    return LabelRow(f"label-{next(_numbers)}", request_id, at, quality, None)


def absorb(store: Store, outcomes: Iterable[OutcomeRow], labels: Iterable[LabelRow] = ()) -> None:
    """Take in requests and labels as one batch of a file of their own."""
    batch = SpoolBatch(
        file=f"spool-{next(_numbers)}.jsonl",
        start=0,
        end=1,
        lines=1,
        is_done=True,
        outcomes=tuple(outcomes),
        labels=tuple(labels),
    )
    assert store.telemetry.absorb(batch, now=NOON) is not None


@contextmanager
def project(folder: Path, **changes: Any) -> Iterator[Scene]:
    """A project whose state is where the commands look for it when `folder` is the working one."""
    with scene(folder / ".ratchet", **changes) as made:
        yield made


def live(made: Scene, minutes: int) -> Tick:
    """Serve so many minutes of traffic, with a tick after each; the last tick."""
    for _ in range(minutes):
        end = made.clock.now() + MINUTE
        made.serve_minute(end)
        made.clock.set(end)
        ingest(made.store, made.spool, now=end)
        tick = made.controller.tick(made.experiment, now=end)
    return tick


def live_to_the_end(made: Scene) -> RolloutRecord:
    """Serve traffic until the rollout has ended."""
    for _ in range(100):
        tick = live(made, 1)
        if tick.record.state.is_over:
            return tick.record
    raise AssertionError("the rollout did not come to an end")


def command(made: Scene, action: Action, reason: str = "seen enough") -> RolloutRecord:
    """A command of ada's, just now."""
    record, _ = made.controller.command(
        made.experiment, action, actor="ada", reason=reason, now=made.clock.now()
    )
    return record


def lines_of(rows: Iterable[OutcomeRow], qualities: Mapping[str, float]) -> str:
    """Requests as apps write them into the spool, with feedback on some after all of them."""
    rows = list(rows)
    records: list[dict[str, Any]] = [_record(row) for row in rows]
    feedback = [
        {"request_id": name, "timestamp": NOON.isoformat(), "quality_score": quality}
        for name, quality in qualities.items()
    ]
    return "".join(f"{json.dumps(record)}\n" for record in [*records, *feedback])


def _record(row: OutcomeRow) -> dict[str, Any]:
    share = (row.candidate_buckets or 0) / 10_000
    return {
        "request_id": row.request_id,
        "signature": row.signature,
        "experiment_id": row.experiment_id,
        "variant": row.variant,
        "propensity": share if row.variant == "candidate" else 1 - share,
        "timestamp": row.at.isoformat(),
        "latency_ms": row.latency_ms,
        "success": row.success,
    }
