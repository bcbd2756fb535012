"""The flow that takes telemetry in, on a real Prefect server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from blocks import Connections, Database
from flows.ingest_telemetry import ingest_telemetry
from ratchet.store import open_store
from ratchet.telemetry import Ingested
from tests.spool_builders import feedback_line, request_line, spool_file

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

NOW = datetime.now(UTC).isoformat()


def fill_spool(workspace: Path) -> None:
    """A request with feedback, and a line that can not be used."""
    folder = workspace / ".ratchet" / "telemetry" / "spool"
    request, feedback = request_line(timestamp=NOW), feedback_line(timestamp=NOW)
    spool_file(folder, request, feedback, b"{")


def test_the_flow_takes_the_spool_in_and_shows_every_file(workspace: Path) -> None:
    """Its result and its artifact hold the counts; the next run finds nothing."""
    fill_spool(workspace)

    state = ingest_telemetry(return_state=True)
    again = ingest_telemetry(return_state=True)

    found: Ingested = state.result()
    with get_client(sync_client=True) as client:
        run = {"flow_run_id": {"any_": [str(state.state_details.flow_run_id)]}}
        filters = {"artifacts": {**run, "key": {"any_": ["ingested-telemetry"]}}}
        (artifact,) = client.request("POST", "/artifacts/filter", json=filters).json()
    assert (found.outcomes, found.labels, found.quarantined, found.deleted) == (1, 1, 1, 1)
    assert state.message == found.headline
    assert again.result().lines == 0
    assert [row["file"] for row in json.loads(artifact["data"])] == ["a.jsonl"]


def test_the_flow_writes_to_the_database_of_its_block(workspace: Path) -> None:
    """Like every other flow."""
    fill_spool(workspace)
    url = f"sqlite:///{workspace / 'other.db'}"
    Database(url=url).save("telemetry-db", overwrite=True)

    ingest_telemetry(Connections(database="telemetry-db"), return_state=True)

    with open_store(url) as store:
        assert store.telemetry.counts()["outcomes"] == 1
