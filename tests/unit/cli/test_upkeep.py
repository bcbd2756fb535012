"""`ratchet clean-up` and `ratchet doctor`, from the entry point to the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ratchet.settings import load_settings
from ratchet.store import open_store
from tests.cli_builders import ratchet

NOBODY = "http://127.0.0.1:9/api"


@pytest.fixture
def rotation(workspace: Path) -> Path:
    """A log that was rotated years ago."""
    path = workspace / ".ratchet" / "logs" / "server.log.20200101_000000.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"old")
    return path


def test_a_dry_run_says_what_would_go_and_why(rotation: Path) -> None:
    """By kind, with reasons; nothing is deleted."""
    left = ratchet("clean-up", "--dry-run")

    assert left.exit_code == 0, left.err
    assert f"{rotation.name}: rotated" in left.out
    assert "1 to clean up, 0.0 MB." in left.out
    assert rotation.exists()


def test_cleaning_up_needs_a_yes_when_nobody_can_be_asked(rotation: Path) -> None:
    """A script says --yes; without it nothing goes."""
    left = ratchet("clean-up")

    assert left.exit_code == 2
    assert "--yes or --dry-run" in left.err
    assert rotation.exists()


def test_one_kind_alone_is_cleaned_up(rotation: Path) -> None:
    """The report counts bytes and rows, and what is held."""
    other = ratchet("clean-up", "--only", "runs", "--yes", "--json").document
    was_there = rotation.exists()
    done = ratchet("clean-up", "--only", "logs", "--yes", "--json").document

    assert other["outcomes"] == []
    assert was_there
    assert (done["freed_bytes"], done["failed"]) == (3, [])
    assert [part["kind"] for part in done["parts"]] == ["logs"]
    assert not rotation.exists()


def test_a_kind_that_can_not_be_looked_at_does_not_stop_the_others(rotation: Path) -> None:
    """It is said, and the command leaves with 1."""
    with open_store(load_settings().store_url) as store, store.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE quarantine")

    left = ratchet("clean-up", "--yes")

    assert left.exit_code == 1
    assert "telemetry could not be looked at" in left.out
    assert not rotation.exists()


def test_the_doctor_leaves_with_1_on_an_error_and_says_what_to_do(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that nobody started is one."""
    monkeypatch.setenv("PREFECT_API_URL", NOBODY)

    left = ratchet("doctor")

    assert left.exit_code == 1
    assert f"Prefect server: The Prefect server at {NOBODY}" in left.out
    assert "ratchet up" in left.out
    assert not (workspace / ".ratchet" / "ratchet.db").exists()  # looking makes nothing


def test_the_doctor_looks_on_when_the_settings_are_wrong(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the mistake as its first finding."""
    monkeypatch.setenv("PREFECT_API_URL", NOBODY)
    (workspace / "ratchet.toml").write_text("[upkeep]\nlog_days = 0\npayload_dais = 3\n")

    first, *others = ratchet("doctor", "--json").document["findings"]

    assert (first["check"], first["state"]) == ("settings", "error")
    assert "log_days" in first["seen"]
    assert "payload_dais" in first["seen"]
    assert len(others) > 10


def test_the_doctor_mends_only_when_asked(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--dry-run says what --fix would do."""
    monkeypatch.setenv("PREFECT_API_URL", NOBODY)
    database = workspace / ".ratchet" / "ratchet.db"
    database.parent.mkdir()
    database.touch()

    dry = ratchet("doctor", "--fix", "--dry-run")
    size = database.stat().st_size
    done = ratchet("doctor", "--fix", "--json").document

    assert "--fix would upgrade the schema" in dry.out
    assert size == 0
    assert [(one["check"], one["is_done"]) for one in done["mended"]] == [("database", True)]
    assert {row["check"]: row["state"] for row in done["findings"]}["database"] == "ok"
    assert ratchet("doctor", "--dry-run").exit_code == 2


def test_logs_of_commands_are_json_when_asked_for(
    rotation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a command says of trouble is one object a line on standard error."""
    monkeypatch.setenv("RATCHET_LOG_FORMAT", "json")
    with open_store(load_settings().store_url) as store, store.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE quarantine")

    left = ratchet("clean-up", "--yes")

    (line,) = (json.loads(line) for line in left.err.splitlines())
    assert (line["level"], line["logger"]) == ("warning", "ratchet.upkeep.cleaning")
    assert "telemetry can not be looked at" in line["message"]
