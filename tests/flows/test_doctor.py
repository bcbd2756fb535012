"""The doctor, the schedules and started runs, on a real Prefect server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate

from ratchet.doctor.checks import (
    clock_skew,
    concurrency_slots,
    prefect_server,
    schedules,
    work_pool,
    workers,
)
from ratchet.doctor.diagnosis import mend
from ratchet.doctor.finding import State
from ratchet.doctor.patient import NotThereError, Patient
from ratchet.errors import InputError
from ratchet.orchestration.deployments import Deployments
from ratchet.settings import Settings, load_settings
from ratchet.store import open_store
from tests.cli_builders import ratchet
from tests.flows.deployment_builders import POOL, deployed

pytestmark = [pytest.mark.xdist_group("prefect")]


@pytest.fixture
def api_url(prefect_server: str, monkeypatch: pytest.MonkeyPatch, workspace: Path) -> str:
    """The server's address, in the environment as a person sets it."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)
    return prefect_server


@pytest.fixture
def deployment(api_url: str) -> Iterator[str]:
    """A monthly deployment of which one run goes at a time."""
    with deployed() as name:
        yield name


def patient(url: str) -> Patient:
    """A new look at the server; a patient remembers what it saw."""
    return Patient(
        settings=Settings(), clock=lambda: datetime.now(UTC), environ={"PREFECT_API_URL": url}
    )


def server(url: str) -> Deployments:
    """The deployments on the server."""
    return Deployments(patient(url).api)


def test_a_healthy_server_answers_with_its_version_and_the_time(api_url: str) -> None:
    """Both checks are about the server that PREFECT_API_URL names."""
    assert prefect_server.check(patient(api_url)).state is State.OK
    assert "Prefect 3." in prefect_server.check(patient(api_url)).seen
    assert clock_skew.check(patient(api_url)).state is State.OK


def test_a_clock_that_is_wrong_is_seen_against_the_servers(api_url: str) -> None:
    """The server says its time with every answer."""
    wrong = Patient(
        settings=Settings(),
        clock=lambda: datetime(2020, 1, 1, tzinfo=UTC),
        environ={"PREFECT_API_URL": api_url},
    )

    assert "behind the Prefect server" in clock_skew.check(wrong).seen


def test_a_worker_is_online_when_it_was_heard_of(api_url: str) -> None:
    """Without one nothing runs; without a pool there is nothing to look at."""
    name = f"pool-{uuid4().hex[:8]}"
    with pytest.raises(NotThereError, match="no work pool"):
        workers.check(patient(api_url), pool=name)
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=name, type="process"))
        missing = workers.check(patient(api_url), pool=name)
        client.send_worker_heartbeat(name, "of-the-test", heartbeat_interval_seconds=30)
        there = workers.check(patient(api_url), pool=name)
        client.delete_work_pool(name)

    assert missing.state is State.ERROR
    assert "never had a worker" in missing.seen
    assert there.state is State.OK
    assert "of-the-test" in there.seen


def test_a_paused_work_pool_is_an_error(deployment: str, api_url: str) -> None:
    """Nothing starts, and the advice resumes it; one that is missing is an error too."""
    api = patient(api_url).api
    assert work_pool.check(patient(api_url), name="no-such-pool").state is State.ERROR
    assert work_pool.check(patient(api_url)).state is State.OK

    api.patch(f"/work_pools/{POOL}", {"is_paused": True})
    paused = work_pool.check(patient(api_url))
    api.patch(f"/work_pools/{POOL}", {"is_paused": False})

    assert paused.state is State.ERROR
    assert f"prefect work-pool resume {POOL}" in paused.advice
    assert work_pool.check(patient(api_url)).state is State.OK


def test_a_slot_taken_by_no_run_is_found_and_released(deployment: str, api_url: str) -> None:
    """A slot that a run holds is left alone; one that nobody holds keeps all others waiting."""
    api, found = patient(api_url).api, server(api_url).find(deployment)
    run = server(api_url).start(found, {}, idempotency_key=None)
    pending = {"state": {"type": "PENDING"}, "force": False}
    api.post(f"/flow_runs/{run.run_id}/set_state", pending)
    assert server(api_url).find(deployment).slots_taken == 1
    assert deployment not in concurrency_slots.check(patient(api_url)).seen

    api.ask("DELETE", f"/flow_runs/{run.run_id}")
    api.patch(f"/v2/concurrency_limits/{found.limit_id}", {"active_slots": 1})
    leaked = concurrency_slots.check(patient(api_url))
    (done,) = mend([leaked])

    assert leaked.state is State.ERROR
    assert f"{deployment}: 1 of 1 taken, 0 by a run" in leaked.seen
    assert deployment in done.said
    assert server(api_url).find(deployment).slots_taken == 0


def test_a_paused_schedule_is_named_with_how_to_resume_it(deployment: str, api_url: str) -> None:
    """`ratchet schedules pause` did it, and the audit trail has the reason."""
    assert deployment not in schedules.check(patient(api_url)).seen

    paused = ratchet("schedules", "pause", deployment, "--reason", "key rotation", "--actor", "ada")
    finding = schedules.check(patient(api_url))
    resumed = ratchet("schedules", "resume", deployment, "--reason", "done", "--json")

    assert paused.exit_code == 0, paused.err
    assert finding.state is State.WARNING
    assert deployment in finding.seen
    assert "ratchet schedules resume" in finding.advice
    assert resumed.document["changed"][0]["is_active"]
    assert deployment not in schedules.check(patient(api_url)).seen
    with open_store(load_settings().store_url) as store:
        first, second = reversed(store.audit.list(subject=deployment))
    assert (first.action, first.actor, first.reason) == ("schedule.pause", "ada", "key rotation")
    assert (second.action, second.before, second.after["active"]) == (
        "schedule.resume",
        {"active": False},
        True,
    )


def test_stopping_a_deployment_may_end_its_runs_too(deployment: str, api_url: str) -> None:
    """Runs that wait end at once; with --dry-run nothing changes."""
    found = server(api_url).find(deployment)
    run = server(api_url).start(found, {}, idempotency_key=None)
    arguments = ("schedules", "pause", deployment, "--cancel-runs", "--reason", "stop")

    dry = ratchet(*arguments, "--dry-run", "--json")
    before = server(api_url).find(deployment)
    ratchet(*arguments)

    assert dry.document["changed"][0]["cancelled"] == [run.name]
    assert before.is_scheduled
    assert not server(api_url).find(deployment).is_scheduled
    assert server(api_url).run(run.run_id).state == "CANCELLED"


def test_schedules_are_listed_and_an_unknown_name_is_explained(
    deployment: str, api_url: str
) -> None:
    """The nearest name is suggested; without a name or --all nothing is done."""
    rows = ratchet("schedules", "list", "--json").document

    assert {"deployment": deployment, "schedule": "0 2 1 * * UTC"}.items() <= next(
        row.items() for row in rows if row["deployment"] == deployment
    )
    with pytest.raises(InputError, match=f"Did you mean {deployment}"):
        server(api_url).find(deployment + "x")
    assert ratchet("schedules", "pause", "--reason", "x").exit_code == 2


def test_a_run_is_started_once_for_an_idempotency_key(deployment: str, api_url: str) -> None:
    """The second call with the same key gives the same run, as REST does itself."""
    arguments = ("run", "--deployment", "--deployment-name", deployment, "--json")

    first = ratchet(*arguments, "--idempotency-key", "march", "--trials", "7")
    again = ratchet(*arguments, "--idempotency-key", "march", "--trials", "9")
    other = ratchet(*arguments, "--idempotency-key", "april")

    assert first.exit_code == 0, first.err
    assert first.document["run_id"] == again.document["run_id"] != other.document["run_id"]
    assert first.document["address"].endswith(f"/runs/flow-run/{first.document['run_id']}")
    with get_client(sync_client=True) as client:
        parameters = client.read_flow_run(first.document["run_id"]).parameters
    assert parameters["options"] == {"trials": 7, "git_target": 3}  # the deployment's, and --trials


def test_rest_with_an_idempotency_key_gives_the_same_run(deployment: str, api_url: str) -> None:
    """A bare POST, as from curl in another system."""
    found, api = server(api_url).find(deployment), patient(api_url).api
    path = f"/deployments/{found.deployment_id}/create_flow_run"

    first = api.ask("POST", path, {"idempotency_key": "nightly-7"})
    again = api.ask("POST", path, {"idempotency_key": "nightly-7"})

    assert (first.status, again.status) == (201, 200)
    assert first.document["id"] == again.document["id"]


def test_an_option_out_of_range_starts_nothing(deployment: str, api_url: str) -> None:
    """It is explained before the server is asked."""
    left = ratchet("run", "--deployment", "--deployment-name", deployment, "--trials", "0")

    assert left.exit_code == 2
    assert "--trials" in left.err
    assert server(api_url).runs(server(api_url).find(deployment)) == ()


def test_a_run_that_is_waited_for_says_how_it_ended(deployment: str, api_url: str) -> None:
    """With 1 when it did not complete."""
    found = server(api_url).find(deployment)
    run = server(api_url).start(found, {}, idempotency_key="waited")
    server(api_url).cancel(run)

    left = ratchet(
        *("run", "--deployment", "--deployment-name", deployment),
        *("--idempotency-key", "waited", "--wait"),
    )

    assert left.exit_code == 1
    assert "ended: cancelled" in left.out


def test_the_doctor_goes_on_whatever_it_finds(deployment: str, api_url: str) -> None:
    """Every check of a real server gives a finding, none of which is a broken check."""
    left = ratchet("doctor", "--json")

    found = {row["check"]: row for row in left.document["findings"]}
    assert found["Prefect server"]["state"] == "ok"
    assert found["concurrency slots"]["state"] == "ok"
    assert not [row for row in found.values() if "check itself broke" in row["seen"]]
