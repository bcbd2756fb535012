"""The system that runs by itself: up twice, triggered by REST and schedule, its alerts arrive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.apply import apply
from deployments.local import LocalSystem
from deployments.plan import Action
from tests.documentation_builders import read_page
from tests.documentation_project import DocumentedProject
from tests.local_system import RunningSystem, running_system, wait_for

pytestmark = [pytest.mark.xdist_group("local-system"), pytest.mark.timeout(900)]

RUN_SECONDS = 240  # a flow run is a process that imports Prefect and DSPy, on a busy machine
INGEST = "ingest-telemetry/every-5-minutes"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """One system for all tests of this module."""
    with running_system(tmp_path_factory.mktemp("local-system") / "state") as system:
        yield system


def test_started_twice_it_is_the_same_system(running: RunningSystem) -> None:
    """The second start finds both processes, and nothing to change on the server."""
    said: list[str] = []
    before = running.system.status()

    after = running.system.up(said.append)

    assert after == before == LocalSystem.of(running.system.home).status()
    assert after.is_up
    assert [line for line in said if " 0 changed" in line]


def test_applied_again_nothing_changes(running: RunningSystem) -> None:
    """Every deployment, automation, block and pool is as the files declare."""
    with (
        temporary_settings({PREFECT_API_URL: running.system.api}),
        get_client(sync_client=True) as client,
    ):
        plan = apply(client, dry_run=True)

    assert {change.action for change in plan.changes} == {Action.KEEP}
    assert len(plan.of("deployment", Action.KEEP)) == 8


def test_the_parameters_are_a_form_with_descriptions(running: RunningSystem) -> None:
    """What a person fills in has a description, and allowed values where they are few."""
    found = running.get("/deployments/name/improve-programs/monthly")["parameter_openapi_schema"]

    options = found["definitions"]["ImprovementOptions"]["properties"]
    assert options["trials"]["description"] == "Trials of MIPROv2."
    assert options["optimizer"]["enum"] == ["auto", "mipro", "bootstrap", "gepa", "simba"]


def test_a_run_is_started_once_for_an_idempotency_key(running: RunningSystem) -> None:
    """The same key gives the same run, which comes to its end."""
    first = running.start_run(INGEST, idempotency_key="order-1")
    second = running.start_run(INGEST, idempotency_key="order-1")

    assert first == second
    wait_for(
        lambda: running.state_of(first) == "COMPLETED",
        seconds=RUN_SECONDS,
        saying="the run that REST has started did not complete",
    )


def test_a_schedule_starts_runs(running: RunningSystem) -> None:
    """A schedule of a few seconds leads to a run that nobody has asked for."""
    deployment = running.deployment_id(INGEST)
    every_15_seconds = {"interval": 15, "anchor_date": datetime.now(UTC).isoformat()}
    (made,) = running.post(
        f"/deployments/{deployment}/schedules", [{"schedule": every_15_seconds, "active": True}]
    )

    def completed() -> bool:
        runs = running.post(
            "/flow_runs/filter",
            {
                "deployments": {"id": {"any_": [deployment]}},
                "flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}},
            },
        )
        return any(run["auto_scheduled"] for run in runs)

    assert wait_for(completed, seconds=RUN_SECONDS, saying="no scheduled run has completed")
    running.delete(f"/deployments/{deployment}/schedules/{made['id']}")


def test_a_failed_run_is_told_by_mail_and_slack(running: RunningSystem) -> None:
    """From the event over the automation to the message, with what failed and a link to it."""
    failed = running.start_run("roll-out-program/on-demand", parameters={})

    wait_for(
        lambda: "Flow run failed" in " ".join(running.mailbox.subjects),
        seconds=RUN_SECONDS,
        saying="no mail about the failed run has come",
    )
    wait_for(
        lambda: any("Flow run failed" in text for text in running.slack.texts),
        seconds=RUN_SECONDS,
        saying="no message about the failed run has come to Slack",
    )
    assert running.state_of(failed) == "FAILED"
    (mail,) = [m for m in running.mailbox.mails if "Flow run failed" in str(m["Subject"])]
    text = mail.get_body(("plain",)).get_content()
    assert "Give experiment_id, or signature and candidate_version" in text
    assert failed in text


def test_what_is_stopped_is_gone_and_comes_back(
    running: RunningSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the guide says it: after `make down` nothing runs; `up` finds everything as it was."""
    monkeypatch.setenv("RATCHET_HOME", str(running.system.home))
    monkeypatch.setenv("PREFECT_API_URL", running.system.api)
    for name in ("project", "bridge"):
        (tmp_path / name).mkdir()
    project = DocumentedProject(folder=tmp_path / "project", bridge=tmp_path / "bridge")
    up_and_down, up_again = (
        at_port(block.text, running.system.port)
        for page in ("guide/deployments.md", "runbooks/emergencies.md")
        for block in read_page(page).blocks
        if "system" in block.modes
    )

    code, said = project.shell(up_and_down)
    assert code == 0, said
    assert not running.system.server.is_running
    assert not running.system.worker.is_running

    code, said = project.shell(up_again)
    assert code == 0, said
    assert " 0 changed" in said
    assert running.system.status().is_up


def at_port(script: str, port: int) -> str:
    """The commands with the port of the tests, for no other system may be disturbed."""
    script = re.sub(r"ratchet (up|status)\b", rf"ratchet \1 --port {port}", script)
    return script.replace("make up ", f"make up ARGS='--port {port}' ")
