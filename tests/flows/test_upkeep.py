"""The weekly clean-up and the nightly backup, as flows on a real Prefect server."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State

from flows.back_up import back_up
from flows.clean_up import clean_up
from ratchet.backup.folder import list_backups
from ratchet.settings import load_settings
from ratchet.store import open_store
from ratchet.upkeep.plan import Kind

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]


def artifact(state: State[Any], key: str) -> str:
    """What a run left under a key."""
    with get_client(sync_client=True) as client:
        run = {"flow_run_id": {"any_": [str(state.state_details.flow_run_id)]}}
        filters = {"artifacts": {**run, "key": {"any_": [key]}}}
        (found,) = client.request("POST", "/artifacts/filter", json=filters).json()
    return str(found["data"])


def old_rotation(workspace: Path) -> Path:
    """A rotated log of long ago."""
    path = workspace / ".ratchet" / "logs" / "server.log.20200101_000000.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"old")
    return path


def test_the_clean_up_shows_its_plan_and_frees_what_is_old(workspace: Path) -> None:
    """A dry run leaves everything and shows the same plan."""
    path = old_rotation(workspace)

    dry = clean_up(dry_run=True, return_state=True)
    was_there = path.exists()
    done = clean_up(only=[Kind.LOGS], return_state=True)

    assert was_there
    assert "server.log.20200101_000000.gz" in artifact(dry, "clean-up-plan")
    assert done.result().freed_bytes == 3
    assert not path.exists()
    assert [row["kind"] for row in json.loads(artifact(done, "clean-up"))] == ["logs"]


def test_what_can_not_be_cleaned_up_fails_the_run_and_not_the_rest(workspace: Path) -> None:
    """The automation of failed runs then tells of it."""
    path = old_rotation(workspace)
    old = workspace / ".ratchet" / ".x.json.a1b2c3d4"
    old.write_text("draft")
    at = (datetime.now(UTC) - timedelta(days=9)).timestamp()
    os.utime(old, (at, at))
    with open_store(load_settings().store_url) as store, store.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE quarantine")

    state = clean_up(return_state=True)

    report = state.result(raise_on_failure=False)
    assert state.is_failed()
    assert "telemetry could not be looked at" in str(state.message)
    assert {part.kind for part in report.plan.parts if part.problem} == {Kind.TELEMETRY}
    assert not old.exists()
    assert not path.exists()


def test_the_backup_is_verified_and_older_ones_go(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each night one comes and the oldest leaves; the table shows what there is."""
    monkeypatch.setenv("RATCHET_BACKUP__KEEP", "1")
    open_store(load_settings().store_url).close()

    first = back_up(return_state=True)
    second = back_up(note="before the move", return_state=True)

    assert first.result().is_whole
    assert second.result().pruned == (first.result().name,)
    (row,) = json.loads(artifact(second, "backups"))
    assert (row["backup"], row["note"]) == (second.result().name, "before the move")


def test_a_backup_that_is_damaged_fails_the_run_and_keeps_the_older(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can not be restored must not push out what can."""
    monkeypatch.setenv("RATCHET_BACKUP__KEEP", "1")
    open_store(load_settings().store_url).close()
    back_up(return_state=True)
    with open_store(load_settings().store_url) as store, store.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO audit (at, actor, action, subject, reason, hash) "
            "VALUES ('2026-01-01 00:00:00.000000', 'a', 'b', 'c', '', 'forged')"
        )

    state = back_up(return_state=True)

    assert state.is_failed()
    assert "is damaged" in str(state.message)
    assert len(list_backups(workspace / ".ratchet" / "backups")) == 2
