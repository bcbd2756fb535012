"""The check of the machine."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from ratchet.alerts import Level
from ratchet.monitoring.machine import (
    BacklogFact,
    DiskFact,
    MachineFacts,
    check_machine,
    read_backlog,
    read_disks,
)
from ratchet.store import Store
from ratchet.telemetry import ingest
from tests.builders import NOON
from tests.monitoring_builders import SETTINGS
from tests.spool_builders import request_line, spool_file


def levels(facts: MachineFacts) -> list[tuple[str, Level]]:
    """Kind and level of each alert."""
    check = check_machine(facts, SETTINGS, now=NOON)
    return [(alert.kind, alert.level) for alert in check.alerts]


def disk(free: int) -> MachineFacts:
    """A disk of 1,000 bytes."""
    found = DiskFact(folder=Path("/state"), free_bytes=free, total_bytes=1_000)
    return MachineFacts(disks=(found,))


@pytest.mark.parametrize(
    ("free", "level"), [(100, None), (99, "warning"), (30, "warning"), (29, "error")]
)
def test_a_disk_below_a_tenth_is_a_warning_and_below_three_percent_an_error(
    free: int, level: str | None
) -> None:
    """At the limits themselves it is not yet so."""
    assert levels(disk(free)) == ([] if level is None else [("disk-space", Level(level))])


def test_a_backlog_is_a_warning_when_it_is_large_or_old() -> None:
    """100 MB and an hour are borne, a byte or a second more is not."""

    def told(unread: int, minutes: float, seconds: int = 0) -> bool:
        oldest = NOON - timedelta(minutes=minutes, seconds=seconds)
        backlog = BacklogFact(files=1, unread_bytes=unread, oldest=oldest)
        return levels(MachineFacts(backlog=backlog)) == [("spool-backlog", Level.WARNING)]

    assert not told(100_000_000, 60)
    assert told(100_000_001, 0)
    assert told(1, 60, seconds=1)


def test_a_database_that_is_gone_is_critical() -> None:
    """Nothing else can be known then."""
    facts = MachineFacts(database_problem="It does not answer.")

    assert levels(facts) == [("database-unreachable", Level.CRITICAL)]


def test_what_was_taken_in_is_no_backlog(store: Store, tmp_path: Path) -> None:
    """Before the ingestion a file waits since its last line, after it nothing does."""
    spool = tmp_path / "spool"
    path = spool_file(spool, request_line())
    os.utime(path, (NOON.timestamp(), NOON.timestamp()))

    before = read_backlog(store, spool)
    ingest(store, spool, now=NOON, keep=True)

    assert before == BacklogFact(files=1, unread_bytes=path.stat().st_size, oldest=NOON)
    assert read_backlog(store, spool) == BacklogFact()


def test_each_disk_is_told_once_and_a_missing_folder_counts_by_its_parent(tmp_path: Path) -> None:
    """Two folders on one disk fill up together."""
    (found,) = read_disks((tmp_path / "none" / "yet", tmp_path))

    assert found.total_bytes > 0
