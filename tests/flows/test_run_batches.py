"""Runs that write in message batches: begun by a schedule, killed, and started again."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.flow_engine import run_flow

from flows.improve_programs import improve_programs
from flows.improve_signature import improve_signature
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.summary import RunSummary, SignatureSummary
from ratchet.settings import load_settings
from tests.anthropic_server import AnthropicServer, BatchDesk
from tests.cli_builders import COMPLETENESS
from tests.integration.test_claude_generation import ScriptedClaude

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

COUNT = 4
NEVER = 1_000_000


def options(**changes: Any) -> ImprovementOptions:
    """A run that collects from Claude alone, and is refused by the gates: too few examples."""
    values = {
        "git_target": 0,
        "telemetry_target": 0,
        "stored_target": 0,
        "synthetic_target": COUNT,
        "starter": False,
        "signatures": (COMPLETENESS,),
        "model": "anthropic/claude-sonnet-5-5",
    }
    return ImprovementOptions.of(**{**values, **changes})


@pytest.fixture
def desk(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchDesk]:
    """The batches of Claude on loopback; it answers at once too."""
    script = ScriptedClaude()
    found = BatchDesk(outcome=script)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("RATCHET_SYNTHETIC__POLL_SECONDS", "0.01")
    with AnthropicServer(script, batches=found) as server:
        monkeypatch.setenv("RATCHET_API_BASE", server.url)
        yield found


def improve_in_another_process(folder: Path, given: dict[str, Any]) -> None:
    """The whole flow run of a worker, for a test to kill."""
    os.chdir(folder)
    improve_signature(COMPLETENESS, ImprovementOptions.of(**given), return_state=True)


def test_a_killed_run_is_started_again_and_finds_its_batch(
    desk: BatchDesk, workspace: Path, prefect_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL while the task waits: the same run, again, submits nothing for what is under way."""
    desk.polls = NEVER
    given = options(batch=True)
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)  # read when Prefect is imported
    process = multiprocessing.get_context("spawn").Process(
        target=improve_in_another_process,
        args=(workspace, given.model_dump(exclude_unset=True)),
    )
    process.start()
    wait_for_batch(desk, process)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    desk.polls = 1

    summary = summary_of(improve_signature(COMPLETENESS, given, return_state=True))

    assert summary.collected == COUNT
    assert summary.lm_calls == 2 * COUNT
    assert len(desk.custom_ids) == len(set(desk.custom_ids)) == 2 * COUNT
    assert summary.news == ("4 synthetic examples came from batches that an earlier run had sent.",)


def wait_for_batch(desk: BatchDesk, process: multiprocessing.process.BaseProcess) -> None:
    """Until a batch was made and asked after."""
    while not any(batch.asked for batch in list(desk.batches.values())):
        process.join(timeout=0.05)
        assert process.is_alive(), "the run ended before its batch was sent"


def test_a_run_goes_on_without_its_batch_and_the_next_takes_it(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first says that it waits no longer, in its summary too; the second has the examples."""
    desk.polls = NEVER
    monkeypatch.setenv("RATCHET_SYNTHETIC__RUN_MAX_WAIT_HOURS", "0.00001")
    state = improve_programs(options(batch=True), return_state=True)
    first: RunSummary = state.result(raise_on_failure=False)
    desk.polls = 1
    state = improve_programs(options(batch=True), return_state=True)
    second: RunSummary = state.result(raise_on_failure=False)

    (said,) = first.signatures[COMPLETENESS].news
    assert said.startswith("4 synthetic examples are still being written in message batches")
    assert said in str(first.signatures[COMPLETENESS].to_row()["reason"])
    assert first.to_json()["signatures"][COMPLETENESS]["news"] == (said,)
    assert second.signatures[COMPLETENESS].collected == COUNT
    assert len(desk.custom_ids) == len(set(desk.custom_ids)) == 2 * COUNT


def test_a_schedule_makes_batches_and_a_person_does_not(desk: BatchDesk) -> None:
    """By the usual setting: the scheduled run of a deployment pays half, one by hand asks now."""
    by_schedule = scheduled_run(options())
    batches = len(desk.batches)
    improve_programs(options(seed=2), return_state=True)

    assert batches == 2
    assert len(desk.batches) == 2
    assert by_schedule.config["batch"] is True


def scheduled_run(given: ImprovementOptions) -> RunSummary:
    """The next run that the server makes of a deployment with a schedule, run here."""
    begin = datetime.now(UTC) - timedelta(minutes=1)
    deployment = improve_programs.to_deployment(
        "every-day",
        schedule=IntervalSchedule(interval=timedelta(days=1), anchor_date=begin),
        parameters={"options": given.model_dump(mode="json", exclude_unset=True)},
    )
    identifier = deployment.apply()
    with get_client(sync_client=True) as client:
        try:
            flow_run = made_by_schedule(client, str(identifier), since=begin)
            state: State[Any] = run_flow(
                improve_programs,
                flow_run=flow_run,
                parameters={"options": given},
                return_type="state",
            )
        finally:
            client.delete_deployment(identifier)
    summary: RunSummary = state.result(raise_on_failure=False)
    return summary


def made_by_schedule(client: SyncPrefectClient, deployment: str, *, since: datetime) -> FlowRun:
    """Have the server make the run that is due by the schedule since then."""
    client.request(
        "POST",
        f"/deployments/{deployment}/schedule",
        json={"min_runs": 1, "start_time": since.isoformat()},
    )
    found = client.request(
        "POST",
        "/flow_runs/filter",
        json={
            "deployments": {"id": {"any_": [deployment]}},
            "sort": "EXPECTED_START_TIME_ASC",
            "limit": 1,
        },
    )
    return FlowRun.model_validate(found.json()[0])


def summary_of(state: State[Any]) -> SignatureSummary:
    """What a run of one signature left."""
    summary: SignatureSummary = state.result(raise_on_failure=False)
    assert isinstance(summary, SignatureSummary)
    assert load_settings().home.is_dir()
    return summary
