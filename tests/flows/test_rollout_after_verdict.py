"""A verdict that promotes starts the rollout, on a real Prefect server, offline."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun

from blocks import Connections
from flows.improve_signature import improve_signature
from flows.roll_out_program import roll_out_program
from ratchet.control import Controller, SimulatedClock
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.roll_out import RolloutRequest, RolloutStart
from ratchet.cycle.summary import SignatureSummary
from ratchet.cycle.workspace import Workspace
from ratchet.rollout import Action
from ratchet.settings import load_settings
from ratchet.store import Store, open_store
from tasks.rollout_start import FLOW, start_rollout
from tests.builders import NOON
from tests.rollout_traffic import SIGNATURE, Scene, scene, wait_until

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

EXTRACT = "extract_requirements"  # the offline model improves clearly on it


def improved() -> SignatureSummary:
    """A short run that ends with the verdict promote."""
    options = ImprovementOptions.of(
        git_target=0,
        synthetic_target=60,
        starter=False,
        trials=2,
        signatures=(EXTRACT,),
        strict=False,
    )
    state = improve_signature(EXTRACT, options, return_state=True)
    summary = state.result(raise_on_failure=False)
    assert isinstance(summary, SignatureSummary)
    assert summary.verdict == "promote", summary
    return summary


@pytest.fixture
def deployment() -> Iterator[str]:
    """A deployment of the rollout's flow; gone at the end."""
    made = roll_out_program.to_deployment("production")
    identifier = made.apply()
    yield f"{FLOW}/production"
    with get_client(sync_client=True) as client:
        client.delete_deployment(identifier)


def flow_runs(deployment: str) -> list[FlowRun]:
    """The runs that were asked of a deployment."""
    name = deployment.rpartition("/")[2]
    query = {"deployments": {"name": {"any_": [name]}}}
    with get_client(sync_client=True) as client:
        found = client.request("POST", "/flow_runs/filter", json=query).json()
    return [FlowRun.model_validate(row) for row in found]


def test_without_a_deployment_the_summary_says_how_to_start_by_hand(workspace: Path) -> None:
    """The verdict stands; nothing is deployed, and the command is spelled out."""
    summary = improved()

    assert not summary.deployed
    assert summary.error is None
    assert summary.reasons[-1] == (
        f"It is not rolled out: there is no deployment of {FLOW}. By hand: ratchet rollout start "
        f"--signature {EXTRACT} --candidate {summary.program_version}"
    )


def test_a_verdict_starts_one_rollout_through_the_deployment(
    workspace: Path, deployment: str
) -> None:
    """The flow run carries the candidate; what it is given begins just that rollout."""
    summary = improved()

    (asked,) = flow_runs(deployment)
    assert summary.deployed
    assert asked.name in summary.reasons[-1]
    assert asked.parameters["signature"] == EXTRACT
    assert asked.parameters["candidate_version"] == summary.program_version
    with open_store(load_settings().store_url) as store:
        rollout = carried_out(store, workspace, asked.parameters)
    assert rollout == (EXTRACT, summary.program_version)


def carried_out(store: Store, workspace: Path, parameters: dict[str, Any]) -> tuple[str, str]:
    """Run the flow as the deployment would; signature and candidate of what it has begun."""
    clock = SimulatedClock(workspace / "clock")
    clock.set(NOON)
    place = Workspace.of(load_settings())
    controller = Controller(store=store, programs=place.programs, routing=place.routing)

    def run() -> None:
        roll_out_program(**parameters, clock_file=clock.path, return_state=True)

    with ThreadPoolExecutor(max_workers=1) as executor:
        future = executor.submit(copy_context().run, run)
        wait_until(lambda: bool(store.rollouts.list()) or future.done(), "the rollout to begin")
        (begun,) = store.rollouts.list()
        controller.command(
            begun.experiment_id, Action.ROLLBACK, actor="ada", reason="seen", now=NOON
        )
        clock.set(NOON.replace(year=2030))
        future.result(timeout=60)
    return begun.signature, begun.candidate_version


@pytest.fixture
def played(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A project with two programs; the settings point to it."""
    monkeypatch.setenv("RATCHET_HOME", str(workspace))
    with scene(workspace, experiment=workspace.name) as made:
        yield made


def asked_for(played: Scene) -> RolloutRequest:
    """What a verdict on the scene's candidate asks for."""
    return RolloutRequest(
        signature=SIGNATURE,
        candidate_version=played.candidate,
        evaluation_id=played.experiment,
    )


def started(request: RolloutRequest) -> RolloutStart:
    """What the task makes of a request."""
    return start_rollout(request, Connections())


def test_one_verdict_is_one_rollout_however_often_it_is_asked_for(
    played: Scene, deployment: str
) -> None:
    """The evaluation is the key: the second time finds the flow run of the first."""
    request = asked_for(played)

    first, second = started(request), started(request)
    other = started(replace(request, evaluation_id=f"{request.evaluation_id}-again"))

    assert first == second
    assert first.is_started
    assert other.message != first.message
    assert len(flow_runs(deployment)) == 2


def test_a_candidate_that_has_a_rollout_gets_no_second_one(played: Scene, deployment: str) -> None:
    """Neither while it is under way nor when it was taken back; then a person may try again."""
    name = played.begin().experiment_id
    under_way = started(asked_for(played))
    played.controller.command(name, Action.ROLLBACK, actor="ada", reason="no", now=NOON)
    taken_back = started(asked_for(played))

    assert (under_way.is_started, taken_back.is_started) == (True, False)
    assert name in under_way.message
    assert "To try it again: ratchet rollout start" in taken_back.message
    assert flow_runs(deployment) == []


def test_a_rollout_of_another_candidate_is_not_disturbed(played: Scene, deployment: str) -> None:
    """The message names what is in the way and the command for later."""
    name = played.begin().experiment_id

    found = started(replace(asked_for(played), candidate_version=played.baseline))

    assert not found.is_started
    assert f"the rollout {name} is under way" in found.message
    assert f"--candidate {played.baseline}" in found.message
    assert flow_runs(deployment) == []
