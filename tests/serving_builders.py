"""Builders for tests of serving: routing files, published programs, spools, a clock to turn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ratchet.programs import ProgramVersion, program_state, publish_program
from ratchet.serving.decision import Decision
from ratchet.serving.options import TelemetryOptions
from ratchet.serving.routes import Route, RouteStatus, RoutingConfig
from ratchet.serving.routing_file import write_config
from ratchet.serving.telemetry_records import RequestRecord
from tests.builders import NOON

CORRECTNESS = "validate_correctness"
INPUTS = {"implementation": "def half(n): return n / 2", "execution_context": "python, attempt 1"}


class Clock:
    """A clock that a test turns."""

    def __init__(self, seconds: float = 1_000.0) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


def route(signature: str = CORRECTNESS, **changes: Any) -> Route:
    """A running route that gives the candidate half of the traffic."""
    given = Route(
        experiment_id="exp-1",
        signature=signature,
        baseline_version="v1",
        candidate_version="v2",
        candidate_traffic_percent=50,
        status=RouteStatus.RUNNING,
        salt="salt",
    )
    return replace(given, **changes)


def write_routing(path: Path, *routes: Route, revision: int = 1) -> Path:
    """A routing file with these routes."""
    config = RoutingConfig(
        revision=revision, updated_at=NOON, routes={one.signature: one for one in routes}
    )
    assert write_config(path, config)
    return path


def publish(root: Path, instructions: str, signature: str = CORRECTNESS) -> ProgramVersion:
    """A program of a signature that is told apart by its instructions."""
    import dspy

    from ratchet import signatures
    from ratchet.signatures.dspy_class import build

    made = dspy.Predict(build(signatures.get(signature)).with_instructions(instructions))
    return publish_program(
        root,
        signature=signature,
        state=program_state(made),
        created=NOON,
        optimizer="test",
        model="offline/in-context",
    )


def state_path(root: Path, program: ProgramVersion) -> Path:
    """The file of a published program's state."""
    return program.folder(root) / "program.json"


def telemetry(folder: Path, **changes: Any) -> TelemetryOptions:
    """Options that keep every payload and write into a folder of the test's."""
    return replace(
        TelemetryOptions(sample_share=1.0, spool=folder, pseudonym_key=folder.parent), **changes
    )


def request_record(request_id: str = "r1", **changes: Any) -> RequestRecord:
    """A successful request."""
    given = RequestRecord(
        request_id=request_id,
        decision=Decision(CORRECTNESS, "candidate", 0.5, "exp-1", "v2"),
        key="ann",
        started_at=NOON.timestamp(),
        latency_ms=12.5,
        success=True,
        sampled=True,
        inputs=dict(INPUTS),
        outputs={"is_correct": True},
    )
    return given._replace(**changes)


def spooled(folder: Path) -> list[dict[str, Any]]:
    """All records in a spool, in order of files and lines."""
    return [json.loads(line) for line in lines(folder)]


def lines(folder: Path) -> Sequence[str]:
    """All whole lines in a spool."""
    texts = (path.read_text() for path in sorted(folder.glob("*.jsonl")))
    return [line for text in texts for line in text.split("\n")[:-1]]
