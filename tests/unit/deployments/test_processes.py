"""Managed processes: started once, known to run by whoever asks, stopped as a whole."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.processes import ManagedProcess

SLEEPER = (sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-c",
    (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('awake', flush=True); time.sleep(60)"
    ),
)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ManagedProcess]:
    """A process that does not run yet, and no longer does after the test."""
    made = ManagedProcess(name="sleeper", state=tmp_path / "system", logs=tmp_path / "logs")
    yield made
    made.stop(seconds=5)


def same(process: ManagedProcess) -> ManagedProcess:
    """The process as another command finds it: by its folder alone."""
    return ManagedProcess(name=process.name, state=process.state, logs=process.logs)


def test_it_is_started_once(process: ManagedProcess, tmp_path: Path) -> None:
    """A second start finds it running and starts nothing."""
    assert process.start(SLEEPER, os.environ, cwd=tmp_path)
    first = process.pid

    assert not same(process).start(SLEEPER, os.environ, cwd=tmp_path)
    assert same(process).pid == first is not None


def test_another_command_stops_it(process: ManagedProcess, tmp_path: Path) -> None:
    """What `up` has started, a later `down` finds and ends."""
    process.start(SLEEPER, os.environ, cwd=tmp_path)

    assert same(process).stop()
    assert not process.is_running
    assert not process.stop()


def test_one_that_does_not_listen_is_ended(process: ManagedProcess, tmp_path: Path) -> None:
    """After the time it was given, it is killed."""
    process.start(STUBBORN, os.environ, cwd=tmp_path)
    while "awake" not in process.last_lines():
        pass

    assert process.stop(seconds=0.3)
    assert not process.is_running


def test_a_killed_one_is_known_to_be_gone(process: ManagedProcess, tmp_path: Path) -> None:
    """The lock goes with the process, whatever number the file still names."""
    process.start(SLEEPER, os.environ, cwd=tmp_path)
    pid = process.pid
    assert pid is not None

    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

    assert not process.is_running
    assert process.pid is None
    assert process.start(SLEEPER, os.environ, cwd=tmp_path)


def test_what_it_said_last_is_at_hand(process: ManagedProcess, tmp_path: Path) -> None:
    """A message about a failed start can show why."""
    process.start(
        (sys.executable, "-c", "import sys; sys.exit('no port')"), os.environ, cwd=tmp_path
    )
    while process.is_running:
        pass

    assert process.last_lines() == ["no port"]
