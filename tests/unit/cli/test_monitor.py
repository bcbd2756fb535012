"""`ratchet monitor` on a workspace of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ratchet.store import RunStatus, open_store
from tests.cli_builders import ratchet
from tests.store_builders import run


def fail_runs(workspace: Path, count: int) -> None:
    """So many runs that failed within the last hours."""
    with open_store(f"sqlite:///{workspace / '.ratchet' / 'ratchet.db'}") as store:
        for number in range(count):
            at = datetime.now(UTC) - timedelta(hours=count - number)
            store.runs.start(run(f"run_{number}", started_at=at))
            store.runs.finish(f"run_{number}", status=RunStatus.FAILED, at=at, error="No key.")


@pytest.mark.usefixtures("workspace")
def test_a_fresh_workspace_has_nothing_yet() -> None:
    """Every check says so, and none is an error."""
    left = ratchet("monitor", "check-runs")

    assert left.exit_code == 0
    assert "No run yet" in left.out


def test_failures_leave_with_1_and_are_delivered(workspace: Path) -> None:
    """From cron, without Prefect: the file alert is there, and a second look tells nothing new."""
    fail_runs(workspace, 2)

    left = ratchet("monitor", "check-runs", "--json")
    again = ratchet("monitor", "check-runs")

    alerts = list((workspace / ".ratchet" / "alerts").glob("alert_error_*.json"))
    assert (left.exit_code, again.exit_code) == (1, 1)
    assert left.document["state"] == "error"
    assert len(left.document["told"]["delivered"]) == 1
    assert len(alerts) == 1
    assert "What to do: " in again.out


def test_without_delivery_nothing_is_written(workspace: Path) -> None:
    """Neither an alert nor when the check looked."""
    fail_runs(workspace, 2)

    left = ratchet("monitor", "check-runs", "--no-deliver", "--json")
    dashboard = ratchet("monitor", "dashboard", "--json")

    assert left.exit_code == 1
    assert left.document["told"] is None
    assert not (workspace / ".ratchet" / "alerts").exists()
    assert dashboard.document["alerts"] == {"last_check": None, "recent_alerts": []}
    assert dashboard.document["orchestration"]["consecutive_failures"] == 2


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(
    ("older", "name"),
    [
        ("check-orchestration", "runs"),
        ("check-ab-tests", "rollouts"),
        ("check-dataset-quality", "datasets"),
    ],
)
def test_the_older_names_of_the_checks_are_understood(older: str, name: str) -> None:
    """Cron jobs need not change; the help shows the names of today alone."""
    extra = ["--signature", "validate_intent"] if name == "datasets" else []

    left = ratchet("monitor", older, *extra, "--json")

    assert left.document["checks"][0]["name"] == name
    assert older not in ratchet("monitor", "--help").out


@pytest.mark.usefixtures("workspace")
def test_the_dashboard_is_a_page() -> None:
    """With a line for each check."""
    left = ratchet("monitor", "dashboard")

    assert left.exit_code == 0
    assert all(name in left.out for name in ("runs", "rollouts", "production", "machine"))


def test_thresholds_of_older_monitoring_files_are_heard(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stand at the top of the file that MONITORING_CONFIG names."""
    path = workspace / "monitoring.json"
    path.write_text('{"orchestration_failure_threshold": 3}')
    monkeypatch.setenv("MONITORING_CONFIG", str(path))
    fail_runs(workspace, 2)

    assert ratchet("monitor", "check-runs", "--no-deliver").exit_code == 0
