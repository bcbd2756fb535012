"""The checks of the doctor that need no Prefect server."""

from __future__ import annotations

import fcntl
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from ratchet.backup.creation import BackupRequest, create_backup
from ratchet.backup.places import places_of
from ratchet.doctor.checks import (
    api_key,
    backups,
    clock_skew,
    database,
    disk,
    git,
    leftovers,
    locks,
    postgres_tools,
    prefect_server,
    routing,
    spool,
    versions,
    workers,
)
from ratchet.doctor.checks import settings as settings_check
from ratchet.doctor.diagnosis import CHECKS, diagnose, mend, worst
from ratchet.doctor.finding import Finding, Remedy, State, error, ok, warning
from ratchet.doctor.patient import NotThereError, Patient
from ratchet.errors import StoreError
from ratchet.rollout import Action
from ratchet.serving.routing_file import read_config
from ratchet.settings import SettingsOfFile
from ratchet.store import open_store
from tests.backup_builders import silent, tools
from tests.control_builders import command, project

NOW = datetime.now(UTC)
NOBODY = "http://127.0.0.1:9/api"  # the port of discarded things, where nobody listens


def patient(folder: Path, *, environ: dict[str, str] | None = None, **settings: object) -> Patient:
    """An installation in a folder, with no server."""
    found = {"home": folder / ".ratchet", "training_data": folder / "data", **settings}
    return Patient(
        settings=SettingsOfFile(**found),  # type: ignore[arg-type]
        clock=lambda: NOW,
        environ={"PREFECT_API_URL": NOBODY, "PATH": os.environ["PATH"], **(environ or {})},
    )


def with_store(folder: Path, **settings: object) -> Patient:
    """An installation whose store is there."""
    made = patient(folder, **settings)
    open_store(made.settings.store_url).close()
    return made


def aged(path: Path, *, hours: float) -> Path:
    """A file that was changed so many hours ago, in a folder that was, too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    for place in (path, path.parent):
        at = (NOW - timedelta(hours=hours)).timestamp()
        os.utime(place, (at, at))
    return path


def test_a_mistake_in_the_settings_is_named(tmp_path: Path) -> None:
    """With the file that it is in."""
    found = settings_check.check(replace(patient(tmp_path), mistakes=("life.keep is unknown",)))

    assert found.state is State.ERROR
    assert "life.keep is unknown" in found.seen
    assert settings_check.check(patient(tmp_path)).state is State.OK


@pytest.mark.parametrize(
    ("installed", "state", "word"),
    [
        ({}, State.OK, "prefect 3.8.8"),
        ({"sqlalchemy": "2.1.0"}, State.ERROR, "plans no runs"),
        ({"fastapi": "0.155.1"}, State.ERROR, "does not start"),
        ({"prefect": "3.9.1", "sqlalchemy": "2.1.0"}, State.WARNING, "tested with Prefect 3.8"),
    ],
)
def test_versions_that_do_not_go_together_are_known(
    installed: dict[str, str], state: State, word: str
) -> None:
    """Each mismatch was met once; SQLAlchemy 2.1 silently stops Prefect's schedules."""
    good = {"prefect": "3.8.8", "sqlalchemy": "2.0.51", "fastapi": "0.154.0", "dspy": "3.4.1"}

    found = versions.judge({**good, **installed}.__getitem__)

    assert found.state is state
    assert word in found.seen


def test_a_missing_git_is_an_error(tmp_path: Path) -> None:
    """With what to do without it."""
    found = git.check(patient(tmp_path, environ={"PATH": str(tmp_path)}))

    assert found.state is State.ERROR
    assert "--git-target 0" in found.advice
    assert git.check(patient(tmp_path)).seen.startswith("git version")


@pytest.mark.parametrize(
    ("model", "base", "key", "state"),
    [
        ("anthropic/claude-sonnet-4-5", "", "", State.ERROR),
        ("anthropic/claude-sonnet-4-5", "", "sk-1", State.OK),
        ("openai/local", "http://127.0.0.1:8000/v1", "", State.WARNING),
        ("offline/in-context", "", "", State.OK),
        ("", "", "", State.OK),
    ],
)
def test_a_model_of_claude_needs_a_key(
    tmp_path: Path, model: str, base: str, key: str, state: State
) -> None:
    """A model on a server of one's own may not; the offline one never does."""
    environ = {"ANTHROPIC_API_KEY": key} if key else {}

    assert (
        api_key.check(patient(tmp_path, environ=environ, model=model, api_base=base)).state is state
    )


def test_an_older_schema_is_upgraded_by_the_remedy(tmp_path: Path) -> None:
    """A newer one is an error that only a newer Ratchet mends; no store yet is no finding."""
    with pytest.raises(NotThereError):
        database.check(patient(tmp_path))
    made = with_store(tmp_path)
    assert database.check(made).state is State.OK
    set_revision(made, "9999")
    assert database.check(made).state is State.ERROR
    (tmp_path / ".ratchet" / "ratchet.db").write_bytes(b"")

    found = database.check(made)
    (done,) = mend([found])

    assert found.state is State.WARNING
    assert done.is_done
    assert database.check(made).state is State.OK


def set_revision(made: Patient, revision: str) -> None:
    """Let the database say another revision."""
    with open_store(made.settings.store_url) as store, store.database.writing() as connection:
        statement = "UPDATE ratchet_schema SET version_num = :revision"
        connection.execute(text(statement), {"revision": revision})


def test_a_damaged_database_is_one_finding_and_the_others_go_on(tmp_path: Path) -> None:
    """Every check gives a finding, whatever is broken."""
    made = with_store(tmp_path)
    (tmp_path / ".ratchet" / "ratchet.db").write_bytes(b"no database at all" * 100)

    found = {finding.check: finding for finding in diagnose(made)}

    assert list(found) == list(CHECKS)
    assert found["database"].state is State.ERROR
    assert found["routing file"].state is State.SKIPPED
    assert found["Prefect server"].state is State.ERROR
    assert found["worker"].state is State.SKIPPED
    assert worst(found.values()) is State.ERROR


def test_postgresql_needs_its_programs(tmp_path: Path, database_url: str) -> None:
    """With SQLite nobody asks for them; a folder without them is named."""
    open_store(database_url).close()
    empty = {"folder": None, "postgresql_tools": tmp_path}
    there = {"folder": None, "postgresql_tools": tools().folder}

    missing = postgres_tools.check(patient(tmp_path, database_url=database_url, backup=empty))
    found = postgres_tools.check(patient(tmp_path, database_url=database_url, backup=there))

    is_sqlite = database_url.startswith("sqlite")
    assert missing.state is (State.SKIPPED if is_sqlite else State.ERROR)
    assert found.state is (State.SKIPPED if is_sqlite else State.OK)


@pytest.mark.parametrize(
    ("free_bytes", "free_names", "state"),
    [
        (10**11, 10**6, State.OK),
        (10**11, None, State.OK),
        (10**9, 10**6, State.WARNING),
        (10**7, 10**6, State.ERROR),
        (10**11, 5, State.ERROR),
    ],
)
def test_a_full_disk_is_an_error_and_little_room_a_warning(
    tmp_path: Path, free_bytes: int, free_names: int | None, state: State
) -> None:
    """A disk without room for more names is full, too."""
    room = disk.Room(folder=tmp_path, free_bytes=free_bytes, free_names=free_names)

    assert room.judge().state is state
    assert disk.look_at(tmp_path).free_bytes > 0


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(0.4, State.OK), (-20.0, State.WARNING), (75.0, State.ERROR), (-75.0, State.ERROR)],
)
def test_clocks_that_disagree_are_told(seconds: float, state: State) -> None:
    """Either way."""
    assert clock_skew.judge(ahead_seconds=seconds).state is state


def test_an_unreachable_server_names_its_address_and_where_it_comes_from(tmp_path: Path) -> None:
    """What depends on it is not looked at."""
    made = patient(tmp_path)

    found = prefect_server.check(made)

    assert found.state is State.ERROR
    assert NOBODY in found.seen
    assert "the variable PREFECT_API_URL" in found.seen
    with pytest.raises(NotThereError, match="does not answer"):
        workers.check(made)


def test_an_old_routing_file_is_found_and_written_anew(tmp_path: Path) -> None:
    """Missing, broken or behind the store: apps follow the file, so each is an error."""
    with project(tmp_path) as made:
        made.begin()
        path = made.controller.routing
        here = patient(tmp_path)
        assert routing.check(here).state is State.OK
        before = path.read_text()
        command(made, Action.ROLLBACK)

        states = []
        for content in (before, "{", None):
            path.unlink(missing_ok=True)
            if content is not None:
                path.write_text(content)
            found = routing.check(here)
            states.append(found.state)
            assert all(done.is_done for done in mend([found]))

        assert states == [State.ERROR] * 3
        assert routing.check(here).state is State.OK
        (route,) = read_config(path).routes.values()
        assert route.status == "rolled_back"


def test_finished_files_that_wait_in_the_spool_are_told(tmp_path: Path) -> None:
    """They are taken in every five minutes; half an hour says that nobody does."""
    folder = tmp_path / ".ratchet" / "telemetry" / "spool"
    made = patient(tmp_path)
    assert spool.check(made).state is State.SKIPPED
    aged(folder / "a.jsonl", hours=0.1)
    assert spool.check(made).state is State.OK
    aged(folder / "b.jsonl", hours=2)

    found = spool.check(made)

    assert found.state is State.WARNING
    assert found.seen.startswith("1 finished files")


def test_a_backup_that_is_missing_old_or_damaged_is_told(tmp_path: Path) -> None:
    """The newest whole one is to be younger than two days."""
    made = with_store(tmp_path)
    folder = tmp_path / ".ratchet" / "backups"
    places = places_of(made.settings, configuration=tmp_path / "ratchet.toml", backups=folder)
    request = BackupRequest(places=places, folder=folder, note="", tools=tools())

    states = [backups.check(made).state]
    for days in (5, 0):
        create_backup(request, now=NOW - timedelta(days=days), progress=silent)
        states.append(backups.check(made).state)
    (folder / "backup_20200101_000000").mkdir()
    states.append(backups.check(made).state)

    assert states == [State.WARNING, State.WARNING, State.OK, State.WARNING]


def test_a_lock_that_is_held_where_nothing_happens_is_told(tmp_path: Path) -> None:
    """A lock file alone says nothing; a holder that hangs is to be ended, not its file."""
    free = aged(tmp_path / "data" / "a" / ".lock", hours=20)
    fresh = aged(tmp_path / "data" / "b" / ".lock", hours=1)
    old = aged(tmp_path / "data" / "c" / ".lock", hours=20)
    made = patient(tmp_path)
    assert locks.check(made).state is State.OK

    with fresh.open() as one, old.open() as two:
        fcntl.flock(one, fcntl.LOCK_EX)
        fcntl.flock(two, fcntl.LOCK_EX)
        found = locks.check(made)

    assert found.state is State.WARNING
    assert str(old) in found.seen
    assert str(fresh) not in found.seen
    assert str(free) not in found.seen


def test_what_killed_commands_left_is_swept(tmp_path: Path) -> None:
    """By the remedy, which is the clean-up of temporary files."""
    made = with_store(tmp_path)
    draft = aged(tmp_path / "data" / ".draft-0123456789abcdef" / "dataset.json", hours=24 * 9)

    found = leftovers.check(made)
    (done,) = mend([found])

    assert found.state is State.WARNING
    assert done.is_done
    assert not draft.parent.exists()


def test_a_remedy_that_fails_does_not_stop_the_next() -> None:
    """Each is told with what was done, or why it was not."""

    def refuse() -> str:
        raise StoreError("the disk is full")

    findings: list[Finding] = [
        error("a", "broken", "mend it", Remedy(what="mend", carry_out=refuse)),
        ok("b", "fine"),
        warning("c", "worn", "mend it", Remedy(what="mend", carry_out=lambda: "mended")),
    ]

    done = list(mend(findings))

    assert [(one.check, one.is_done, one.said) for one in done] == [
        ("a", False, "the disk is full"),
        ("c", True, "mended"),
    ]
