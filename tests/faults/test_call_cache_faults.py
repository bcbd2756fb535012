"""A run that is killed at any moment pays for no answer twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.openai_server import ModelServer, model_server

RUN = """
import sys
from pathlib import Path
from ratchet.optimize.call_cache import CallCache
from ratchet.optimize.models import connect

address, path, first, last = sys.argv[1:]
with CallCache(Path(path)) as cache:
    lm = connect("openai/local", api_base=address, cache=cache)
    for number in range(int(first), int(last)):
        print(lm(f"question {number}")[0], flush=True)
"""


def start(server: ModelServer, path: Path, *, first: int = 0, last: int) -> subprocess.Popen[str]:
    """A process of its own that asks the questions `first` to `last`."""
    numbers = [str(first), str(last)]
    return subprocess.Popen(
        [sys.executable, "-c", RUN, server.openai_address, str(path), *numbers],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    )


def asked(server: ModelServer) -> list[str]:
    """The questions that the server saw."""
    return [body["messages"][-1]["content"] for body in server.requests]


def test_a_killed_run_repeats_no_paid_call(tmp_path: Path) -> None:
    """Killed after ten answers and started again, it sends each question once more at most.

    The one that was under way when it was killed is not in the cache: its answer never came.
    """
    path = tmp_path / "calls.sqlite"
    with model_server(answer=lambda body: body["messages"][-1]["content"].upper()) as server:
        run = start(server, path, last=10_000)
        assert run.stdout is not None
        answers = [run.stdout.readline().strip() for _ in range(10)]
        run.send_signal(signal.SIGKILL)
        answers += [line.strip() for line in run.stdout.read().splitlines(keepends=False)]
        run.wait()
        before = len(server.requests)

        again = start(server, path, last=before)
        repeated, _ = again.communicate(timeout=120)

        assert again.returncode == 0
        assert before >= 10
        assert len(server.requests) - before <= 1
        assert repeated.split("\n")[:10] == answers[:10]


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    """Both write at once; afterwards all answers of both are there, for a third."""
    path = tmp_path / "calls.sqlite"
    with model_server() as server:
        both = [start(server, path, first=n * 40, last=n * 40 + 40) for n in range(2)]
        assert [run.wait(120) for run in both] == [0, 0]
        third = start(server, path, last=80)

        assert third.wait(120) == 0
        assert sorted(asked(server)) == sorted(f"question {n}" for n in range(80))
