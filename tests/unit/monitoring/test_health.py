"""All checks together: what they find, what is told of it, and what survives damage."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from ratchet.alerts import Alert
from ratchet.alerts.desk import AlertDesk
from ratchet.configuration.alerts import AlertSettings
from ratchet.datasets import DatasetFolder
from ratchet.monitoring.check import State
from ratchet.monitoring.dashboard import read_dashboard
from ratchet.monitoring.health import NAMES, Health, Places, look_at_health
from ratchet.monitoring.telling import record_health, tell
from ratchet.signatures import get
from ratchet.store import RunStatus, Store, schema
from ratchet.store.forecasts import ForecastRecord
from tests.builders import NOON
from tests.control_builders import absorb, outcome
from tests.dataset_builders import example_set
from tests.monitoring_builders import SETTINGS, SIGNATURE, days_ago
from tests.store_builders import program, run

Look = Callable[..., Health]
LATER = NOON + timedelta(hours=1)


def places(folder: Path, url: str) -> Places:
    """An installation in a folder."""
    return Places(
        store_url=url,
        datasets=folder / "training_data",
        telemetry=folder / "spool",
        home=folder / ".ratchet",
    )


def desk(folder: Path, url: str) -> AlertDesk:
    """A desk that writes alerts into files."""
    settings = AlertSettings(log_enabled=False)
    return AlertDesk.of(settings, home=folder / ".ratchet", store_url=url)


def alert_files(folder: Path) -> list[str]:
    """The titles of the file alerts, in their order."""
    paths = sorted((folder / ".ratchet" / "alerts").glob("*.json"))
    return [json.loads(path.read_text())["title"] for path in paths]


def fail_runs(store: Store, count: int) -> None:
    """So many runs that failed, the last an hour ago."""
    for number in range(count):
        name, at = f"run_{number}", NOON - timedelta(hours=count - number)
        store.runs.start(run(name, started_at=at))
        store.runs.finish(name, status=RunStatus.FAILED, at=at, error="The disk is full.")


def roll_back(store: Store, experiment_id: str = "x", *, at: datetime = NOON) -> None:
    """A rollout that was taken back, as its row says."""
    store.programs.add(program("v2"))
    row = {
        "experiment_id": experiment_id,
        "signature": SIGNATURE,
        "status": "rolled_back",
        "stage": 1,
        "percent": 0.0,
        "baseline_version": None,
        "candidate_version": "v2",
        "salt": "s",
        "policy": {"stages": [10.0, 100.0]},
        "started_at": at - timedelta(hours=2),
        "started_by": "ada",
        "ended_at": at,
        "end_reason": "Errors rose.",
        "revision": 2,
        "absorbed": 0,
        "announced": 1,
        "state": {},
    }
    with store.database.writing() as connection:
        connection.execute(insert(schema.rollouts).values(row))


@pytest.fixture
def health_of(database_url: str, tmp_path: Path) -> Look:
    """Looks at the installation of the test at a time."""

    def look(now: datetime = NOON, **changes: Any) -> Health:
        return look_at_health(places(tmp_path, database_url), SETTINGS, now=now, **changes)

    return look


def test_an_empty_installation_is_well_and_says_what_is_missing(
    health_of: Look, tmp_path: Path
) -> None:
    """Every check is made, and none alerts but for the disk of the machine that tests run on."""
    health = health_of()

    assert [check.name for check in health.checks] == list(NAMES)
    assert [check.name for check in health.checks if check.alerts and check.name != "machine"] == []


def test_failures_are_told_once_and_their_end_is_told(
    health_of: Look,
    store: Store,
    database_url: str,
    tmp_path: Path,
) -> None:
    """The same failures seen an hour later are no news; a success ends them."""
    fail_runs(store, 2)
    at_desk = desk(tmp_path, database_url)

    tell(health_of(names=("runs",)), at_desk, now=NOON)
    again = tell(health_of(LATER, names=("runs",)), at_desk, now=LATER)
    store.runs.start(run("run_9", started_at=LATER))
    store.runs.finish("run_9", status=RunStatus.SUCCEEDED, at=LATER)
    over = tell(health_of(LATER, names=("runs",)), at_desk, now=LATER)

    assert "nothing new" in again.delivered[0]
    assert over.over == ("Orchestration Run Failures",)
    assert alert_files(tmp_path).count("Orchestration Run Failures") == 2  # raised, and over


def test_each_rollback_is_told_once_and_is_never_over(
    health_of: Look,
    store: Store,
    database_url: str,
    tmp_path: Path,
) -> None:
    """However often one looks; a second rollback is news again."""
    roll_back(store)
    at_desk = desk(tmp_path, database_url)
    told = [
        tell(health_of(at, names=("rollouts",)), at_desk, now=at)
        for at in (NOON, LATER, NOON + timedelta(days=2))
    ]
    roll_back(store, "y", at=NOON + timedelta(days=2))
    last = NOON + timedelta(days=2, hours=1)
    second = tell(health_of(last, names=("rollouts",)), at_desk, now=last)

    assert [len(each.delivered) for each in told] == [1, 0, 0]
    assert [each.over for each in told] == [(), (), ()]
    assert len(second.delivered) == 1
    assert alert_files(tmp_path) == ["A/B Test Rolled Back"] * 2


def test_what_is_announced_is_not_delivered_here_and_what_can_not_be_is(
    health_of: Look,
    store: Store,
    database_url: str,
    tmp_path: Path,
) -> None:
    """Prefect delivers what it was told; when it does not answer, this process does."""
    fail_runs(store, 2)
    heard: list[Alert] = []
    health, at_desk = health_of(names=("runs",)), desk(tmp_path, database_url)

    announced = tell(health, at_desk, now=NOON, announce=lambda a: heard.append(a) or True)
    assert (announced.announced, announced.delivered) == (1, ())
    assert [alert.kind for alert in heard] == ["orchestration-run-failures"]
    assert alert_files(tmp_path) == []

    unheard = tell(health, at_desk, now=NOON, announce=lambda _: False)
    assert (unheard.announced, len(unheard.delivered)) == (0, 1)
    assert alert_files(tmp_path) == ["Orchestration Run Failures"]


def test_a_database_that_is_gone_is_told_without_it(tmp_path: Path) -> None:
    """Critical, through the channels that need no database."""
    url = f"sqlite:///{tmp_path}/file/ratchet.db"
    (tmp_path / "file").write_text("a file where a folder should be")

    health = look_at_health(places(tmp_path, url), SETTINGS, now=NOON)
    told = tell(health, desk(tmp_path, url), now=NOON)
    record_health(url, health)

    assert health.is_blind
    assert health.state is State.CRITICAL
    assert "not recorded" in told.delivered[0]
    assert "Database Unreachable" in alert_files(tmp_path)
    assert read_dashboard(url, health).to_json()["orchestration"]["consecutive_failures"] == 0


def test_damaged_state_breaks_its_own_check_and_no_other(health_of: Look, store: Store) -> None:
    """It is an alert that nobody looks there any more."""
    roll_back(store)
    with store.database.writing() as connection:
        connection.execute(update(schema.rollouts).values(policy={"stages": [{"a": 1}]}))

    health = health_of()

    broken = [
        (alert.kind, alert.subject) for alert in health.alerts if alert.kind == "check-failed"
    ]
    assert broken == [("check-failed", "rollouts")]
    assert len(health.checks) == len(NAMES)


def test_one_signature_alone_ends_no_alert_of_another(health_of: Look) -> None:
    """What was not looked for is not over."""
    assert health_of(names=("datasets",), signature=SIGNATURE).kinds == ()
    assert health_of(names=("datasets",)).kinds != ()


def test_the_dashboard_has_the_keys_that_programs_rely_on(
    health_of: Look,
    store: Store,
    database_url: str,
    tmp_path: Path,
) -> None:
    """Those of R430 to R433, with what is in force."""
    fail_runs(store, 2)
    version = DatasetFolder(tmp_path / "training_data").publish(
        get(SIGNATURE), example_set(12, quality_score=80.0), now=NOON
    )
    health = health_of()
    tell(health, desk(tmp_path, database_url), now=NOON)
    record_health(database_url, health)

    found = read_dashboard(database_url, health).to_json()

    assert set(found) == {"timestamp", "orchestration", "ab_tests", "datasets", "alerts"}
    assert found["timestamp"] == NOON.isoformat()
    assert found["orchestration"] == {
        "last_run": (NOON - timedelta(hours=1)).isoformat(),
        "last_success": None,
        "consecutive_failures": 2,
    }
    assert found["ab_tests"] == {"active": 0, "paused": 0, "completed": 0, "rolled_back": 0}
    assert found["datasets"] == {
        SIGNATURE: {
            "version": version.version,
            "examples": 12,
            "quality": 80.0,
            "sources": {"manual": 12},
        }
    }
    assert found["alerts"]["last_check"] == NOON.isoformat()
    (told,) = [a for a in found["alerts"]["recent_alerts"] if a["level"] == "error"]
    assert told["title"] == "Orchestration Run Failures"
    assert set(told) == {"level", "title", "message", "timestamp", "details"}


def test_the_page_shows_production_and_the_next_gain(
    health_of: Look,
    store: Store,
    database_url: str,
) -> None:
    """As tables that the Prefect UI draws; a bar in a text breaks no row."""
    absorb(store, [outcome(success=False), outcome()])
    store.forecasts.add(
        ForecastRecord(
            forecast_id="f",
            signature=SIGNATURE,
            made_at=days_ago(1),
            model="m",
            dataset_version="v",
            examples_now=100,
            examples_then=300,
            predicted=0.8,
            lower=0.7,
            upper=0.9,
            details={"forecast": {"gain": 0.021, "gain_lower": 0.003, "gain_upper": 0.036}},
        )
    )

    page = read_dashboard(database_url, health_of()).to_markdown()

    assert f"| {SIGNATURE} | 200 | +2.1 | +0.3 to +3.6 | 0 of 0 |" in page
    assert f"| {SIGNATURE} | 2 | 0.5 |" in page
