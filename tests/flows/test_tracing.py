"""A flow run as a trace: the flow, its stages below it, and the state it came to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.improve_signature import improve_signature
from flows.ingest_telemetry import ingest_telemetry
from ratchet import tracing
from ratchet.cycle.run_folder import RunFolder
from tasks.stage import stage
from tasks.tracing import traced
from tests.builders import NOON
from tests.otlp_server import collector

pytestmark = pytest.mark.xdist_group("prefect")

SIGNATURE = "validate_completeness"


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """A stage's result."""

    headline: str = "weighed"
    is_whole: bool = True

    def taken_over_by(self, run: RunFolder) -> Self:  # noqa: ARG002 - any run
        return self


@stage()
def weigh_examples(run: RunFolder, signature: str) -> Weighed:
    """A stage with a model call in it."""
    with tracing.span("chat in-context"):
        return Weighed()


@flow(name="weigh")
@traced
def weigh(path: Path) -> State[Weighed]:
    """Weigh what a run has."""
    weighed = weigh_examples(RunFolder.open(path), SIGNATURE)
    return Completed(name="Refused", data=weighed)


@pytest.fixture(autouse=True)
def _own_tracing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in tracing.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    tracing.stop_tracing()
    yield
    tracing.stop_tracing()


def test_a_flow_run_is_one_trace(
    prefect_server: str, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call is below its stage, the stage below its flow run, by a setting alone."""
    run = RunFolder.create(workspace / "runs", now=NOON)
    with collector() as found:
        monkeypatch.setenv("RATCHET_METRICS__OTLP_ENDPOINT", found.address)
        weigh(run.path, return_state=True)
        tracing.flush_spans()

    top, middle, call = map(found.named, ("weigh", "weigh_examples", "chat in-context"))
    assert (middle.parent_id, call.parent_id) == (top.span_id, middle.span_id)
    assert {span.trace_id for span in found.spans} == {top.trace_id}
    assert top.attributes["prefect.state"] == "Refused"
    assert middle.attributes == {"ratchet.run_id": run.run_id, "ratchet.signature": SIGNATURE}


def test_a_traced_flow_keeps_its_parameters() -> None:
    """The form in the Prefect UI is made of the function below the decorator."""
    assert list(improve_signature.parameters.properties)[:2] == ["signature", "options"]
    described = improve_signature.parameters.properties["signature"]["description"]
    assert described == "The registered signature to improve."
    assert list(ingest_telemetry.parameters.properties) == ["connections"]
