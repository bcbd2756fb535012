"""Backups under kill -9, and on a disk that takes no more."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import session_server

REPOSITORY = Path(__file__).parents[2]

pytestmark = pytest.mark.xdist_group("backup faults")  # so that each harness runs once


def disturbed(folder: Path, url: str) -> Any:
    """What the harness found; see `kill_backups`."""
    arguments = [sys.executable, "-m", "tests.faults.kill_backups", str(folder), url]
    ran = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, check=True)
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What was found on SQLite."""
    return disturbed(tmp_path_factory.mktemp("sqlite"), "")


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """What was found on PostgreSQL."""
    with session_server().fresh_database() as url:
        yield disturbed(tmp_path_factory.mktemp("postgresql"), url)


def test_a_backup_killed_at_any_moment_is_none(sqlite: Any) -> None:
    """Nothing half done has a name, and the next backup sweeps what was left."""
    assert sqlite["create"]["problems"] == []
    assert sqlite["create"]["times"] >= 5  # counted at calls, so the same on any machine


def test_a_restore_killed_at_any_moment_is_completed_by_the_same_command(sqlite: Any) -> None:
    """After each kill the old or the new state is there; the old one is kept, told of once."""
    assert sqlite["restore"]["problems"] == []
    assert sqlite["restore"]["times"] >= 20


def test_a_killed_restore_into_an_empty_place_needs_no_force_to_be_completed(sqlite: Any) -> None:
    """What it has put in place itself is not in its way."""
    assert sqlite["first"]["problems"] == []
    assert sqlite["first"]["times"] >= 8


def test_a_restore_of_postgresql_killed_around_its_transaction_is_completed(
    postgresql: Any,
) -> None:
    """Before it, while psql goes on alone, and after its commit: each time once, and whole."""
    assert postgresql["restore"] == {"times": 3, "problems": []}


def test_a_disk_that_takes_no_more_gives_an_error_and_nothing_half_done(
    sqlite: Any, postgresql: Any
) -> None:
    """Neither a backup nor a restore leaves a file, and the backup stays as good as before."""
    assert sqlite["full"] == {"times": 3, "problems": []}
    assert postgresql["full"] == {"times": 3, "problems": []}
