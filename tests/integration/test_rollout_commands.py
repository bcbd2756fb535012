"""Rollout commands in processes of their own: watching, asking on a terminal, Ctrl-C."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from ratchet.rollout import Action
from tests.control_builders import command, live, project
from tests.rollout_traffic import EXPERIMENT

WAIT_SECONDS = 120
START = [sys.executable, "-c", "from ratchet.cli import main; main()", "rollout"]


@contextmanager
def watching(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`ratchet rollout watch` as a script starts it; it does not outlive the block."""
    with subprocess.Popen(
        [*START, "watch", EXPERIMENT, "--interval", "0.05", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def test_watch_prints_a_line_for_each_change_and_ends_with_the_rollout(workspace: Path) -> None:
    """What another process does is seen, that none does anything too, and a rollback is 1."""
    with project(workspace) as made:
        made.begin()
        with watching("--clock-file", str(made.home / "clock")) as running:
            assert running.stdout is not None
            first = running.stdout.readline()
            live(made, 1)
            second = running.stdout.readline()
            made.clock.set(made.clock.now() + timedelta(minutes=11))
            third = running.stdout.readline()
            command(made, Action.ROLLBACK, "seen enough")
            rest, err = running.communicate(timeout=WAIT_SECONDS)

    assert "running, stage 1 of 5, 10 %, requests 0 / 0: the first tick" in first
    assert "needs 3 more minutes" in second
    assert "look at" not in second
    assert "look at: nobody has ticked it since 2026-03-01 12:01 UTC" in third
    assert "rolled_back" in rest.splitlines()[-1]
    assert "seen enough" in rest.splitlines()[-1]
    assert (running.returncode, err) == (1, "")


def test_watch_is_stopped_by_ctrl_c(workspace: Path) -> None:
    """130, without a traceback, and the rollout goes on."""
    with project(workspace) as made:
        made.begin()
        with watching() as running:
            assert running.stdout is not None
            running.stdout.readline()
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=WAIT_SECONDS)

            assert made.controller.record(EXPERIMENT).state.is_over is False
    assert running.returncode == 130
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "answer", "exit_code", "is_over"),
    [
        (("promote", EXPERIMENT), b"n\n", 1, False),
        (("promote", EXPERIMENT), b"y\n", 0, True),
        (("promote", EXPERIMENT, "--yes"), b"", 0, True),
        (("rollback", "--all"), b"n\n", 1, False),
        (("rollback", EXPERIMENT), b"", 0, True),
    ],
)
def test_a_terminal_is_asked_before_what_is_hard_to_take_back(
    workspace: Path, arguments: tuple[str, ...], answer: bytes, exit_code: int, is_over: bool
) -> None:
    """Promoting and the emergency ask; a single rollback never waits for an answer."""
    with project(workspace) as made:
        made.begin()
        ours, theirs = pty.openpty()
        os.write(ours, answer)
        done = subprocess.run(
            [*START, *arguments, "--reason", "a test"],
            stdin=theirs,
            capture_output=True,
            timeout=WAIT_SECONDS,
            check=False,
        )
        os.close(ours)
        os.close(theirs)

        assert made.controller.record(EXPERIMENT).state.is_over is is_over
    assert done.returncode == exit_code
    assert (b"?" in done.stdout) is bool(answer)


def test_watch_draws_on_a_terminal(workspace: Path) -> None:
    """The live view shows the stages and both arms, and its last picture stays."""
    with project(workspace) as made:
        made.begin()
        live(made, 1)
        command(made, Action.PROMOTE, "seen enough")
        ours, theirs = pty.openpty()
        running = subprocess.Popen([*START, "watch", EXPERIMENT], stdout=theirs)
        os.close(theirs)
        drawn = _everything(ours)
        running.wait(timeout=WAIT_SECONDS)

    assert running.returncode == 0
    assert "✓ 10 %" in drawn
    assert "candidate" in drawn
    assert "seen enough" in drawn


def _everything(terminal: int) -> str:
    """What is written to a terminal until nobody holds its other end."""
    parts = []
    try:
        while part := os.read(terminal, 4096):
            parts.append(part)
    except OSError:  # how Linux says that it was closed
        pass
    os.close(terminal)
    return b"".join(parts).decode()
