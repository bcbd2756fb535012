"""The flow that looks at the system every hour, on a real Prefect server."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client

from blocks import Connections
from flows.check_health import check_health
from ratchet.alerts.arrival import desk_of
from ratchet.alerts.delivery import raise_alert
from ratchet.monitoring.health import look_at_health
from ratchet.settings import load_settings
from ratchet.store import RunStatus, open_store
from tasks.check import places_of
from tests.store_builders import run

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

PATIENCE_SECONDS = 60.0


def add_run(workspace: Path, name: str, status: RunStatus, *, hours: float) -> None:
    """A finished run that began so many hours ago."""
    at = datetime.now(UTC) - timedelta(hours=hours)
    with open_store(f"sqlite:///{workspace / '.ratchet' / 'ratchet.db'}") as store:
        store.runs.start(run(name, started_at=at))
        store.runs.finish(name, status=status, at=at, error="The disk is full.")


def artifact(key: str, flow_run_id: Any) -> Any:
    """The data of an artifact of a flow run."""
    with get_client(sync_client=True) as client:
        filters = {
            "artifacts": {"flow_run_id": {"any_": [str(flow_run_id)]}, "key": {"any_": [key]}}
        }
        (found,) = client.request("POST", "/artifacts/filter", json=filters).json()
    return found["data"]


def events_named(name: str) -> list[dict[str, Any]]:
    """The events of a name, once the server has written at least one of them."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with get_client(sync_client=True) as client:
        while True:
            filters = {"filter": {"event": {"name": [name]}}}
            found = client.request("POST", "/events/filter", json=filters).json()["events"]
            if found or time.monotonic() > deadline:
                return list(found)


def test_the_flow_shows_the_dashboard_and_announces_what_is_wrong(workspace: Path) -> None:
    """It completes whatever it finds; its event carries the alert for the automation."""
    add_run(workspace, "run_1", RunStatus.FAILED, hours=3)
    add_run(workspace, "run_2", RunStatus.FAILED, hours=2)

    state = check_health(return_state=True)

    run_id = state.state_details.flow_run_id
    (event,) = events_named("ratchet.alert.orchestration-run-failures")
    rows = {row["check"]: row["state"] for row in json.loads(artifact("health-checks", run_id))}
    assert state.is_completed()
    assert str(state.message).startswith("error: ")
    assert event["payload"]["details"]["consecutive_failures"] == 2
    assert event["resource"]["ratchet.level"] == "error"
    assert (rows["runs"], rows["rollouts"]) == ("error", "ok")
    assert "Orchestration Run Failures" in artifact("dashboard", run_id)


def test_the_flow_writes_down_when_it_looked_and_ends_what_is_over(workspace: Path) -> None:
    """An alert that was recorded is over with the next success."""
    add_run(workspace, "run_1", RunStatus.FAILED, hours=3)
    add_run(workspace, "run_2", RunStatus.FAILED, hours=2)
    now = datetime.now(UTC)
    health = look_at_health(
        places_of(Connections()), load_settings().monitoring, now=now, names=("runs",)
    )
    desk = desk_of()
    with open_store(desk.store_url) as store:
        raise_alert(store, health.alerts[0], (), desk.policy, now)
    add_run(workspace, "run_3", RunStatus.SUCCEEDED, hours=1)

    state = check_health(return_state=True)

    with open_store(f"sqlite:///{workspace / '.ratchet' / 'ratchet.db'}") as store:
        (record,) = [
            each for each in store.alerts.list() if each.alert.kind == "orchestration-run-failures"
        ]
        looked_at, document = store.monitoring.checked(["runs"])["runs"]
    assert state.is_completed()
    assert not record.is_open
    assert looked_at >= now
    assert document["state"] == "ok"
