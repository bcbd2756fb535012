"""Ingestion when its process is killed: every request and every label is counted once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ratchet.store import open_store
from ratchet.telemetry import ingest
from tests.builders import NOON
from tests.postgres import session_server
from tests.spool_builders import request_line, spool_file

ROOT = Path(__file__).parents[2]
SIZES = {"sqlite": (8, 12_500), "postgresql": (8, 1_250)}  # processes, requests of each
MOST_COMMITS = 8  # so many are sure to come in each half: one for every file
ONE_PASS_SECONDS = 0.2


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'ratchet.db'}"
        return
    with session_server().fresh_database() as url:
        yield url


def start(module: str, *arguments: object) -> subprocess.Popen[str]:
    """A module of the tests in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.faults.{module}", *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def go_on(process: subprocess.Popen[str]) -> None:
    """Give a process the line that it waits for."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def ready_collectors(number: int, spool: Path, url: str) -> list[subprocess.Popen[str]]:
    """Collectors that have loaded everything and wait for a line."""
    collectors = [start("collect_telemetry", spool, url) for _ in range(number)]
    for collector in collectors:
        assert collector.stdout is not None
        assert collector.stdout.readline() == "ready\n"
    return collectors


def kill_at_a_random_moment(collector: subprocess.Popen[str]) -> None:
    """Kill it some time after some commits: in a pass, a commit, a deletion, or a pause."""
    rng = random.SystemRandom()
    with collector:
        go_on(collector)
        assert collector.stdout is not None
        for _ in range(rng.randint(1, MOST_COMMITS)):
            assert collector.stdout.readline() == "committed\n"
        with suppress(subprocess.TimeoutExpired):
            collector.wait(timeout=rng.uniform(0, ONE_PASS_SECONDS))
        collector.send_signal(signal.SIGKILL)
    assert collector.returncode == -signal.SIGKILL


@pytest.mark.parametrize("kind", list(SIZES))
def test_everything_recorded_counts_once_though_the_collector_is_killed(
    tmp_path: Path, kind: str
) -> None:
    """Eight processes record together, with feedback; two collectors die with work before them."""
    processes, requests = SIZES[kind]
    spool = tmp_path / "telemetry" / "spool"
    with database(kind, tmp_path) as url:
        first, second, last = ready_collectors(3, spool, url)
        recorders = [
            start("record_requests", spool, f"p{number}", requests, "feedback")
            for number in range(processes)
        ]
        kill_at_a_random_moment(first)
        for recorder in recorders:
            go_on(recorder)
        kill_at_a_random_moment(second)
        go_on(last)
        for recorder in recorders:
            recorder.communicate()
        last.communicate()

        assert [process.returncode for process in (*recorders, last)] == [0] * (processes + 1)
        with open_store(url) as store:
            counts = store.telemetry.counts()
            with store.database.reading() as connection:
                found = connection.exec_driver_sql("SELECT request_id FROM outcomes")
                ids = set(found.scalars())
                labelled = connection.exec_driver_sql("SELECT request_id FROM labels")
                labels = sorted(labelled.scalars())

    names = [f"p{process}" for process in range(processes)]
    assert ids == {f"{name}-{number}" for name in names for number in range(requests)}
    assert labels == sorted(f"{name}-{n}" for name in names for n in range(0, requests, 10))
    assert counts["outcomes"] == processes * requests
    assert counts["quarantine"] == 0
    assert 0 < counts["payloads"] < counts["outcomes"] / 5
    assert not list(spool.iterdir())


def test_an_interrupted_pass_keeps_what_it_committed(tmp_path: Path) -> None:
    """Whatever stops it between two files, the next pass goes on behind the last commit."""
    spool = tmp_path / "spool"
    for name in "abc":
        spool_file(spool, request_line(f"r-{name}"), name=name)

    def stop(_done: int, _total: int, file: str) -> None:
        if file == "b.jsonl":
            raise KeyboardInterrupt

    with open_store(f"sqlite:///{tmp_path / 'ratchet.db'}") as store:
        with pytest.raises(KeyboardInterrupt):
            ingest(store, spool, now=NOON, progress=stop)
        after_stop = store.telemetry.counts()["outcomes"]
        left = sorted(path.name for path in spool.iterdir())
        found = ingest(store, spool, now=NOON)

    assert (after_stop, left) == (2, ["b.jsonl", "c.jsonl"])
    assert (found.outcomes, found.duplicates, found.deleted) == (1, 0, 2)
