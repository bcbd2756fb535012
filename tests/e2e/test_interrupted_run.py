"""`ratchet run` stopped by Ctrl-C, and by a model that refuses its key, as a user sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from dspy import lm15

from ratchet.canonical import canonical_json
from ratchet.cycle.run_folder import SUMMARY_FILE
from ratchet.cycle.summary import read_summary
from ratchet.optimize.offline import InContextEngine
from tests.openai_server import ModelServer, model_server

pytestmark = pytest.mark.xdist_group("prefect")

RATCHET = Path(sys.executable).with_name("ratchet")
RUN = [
    str(RATCHET), "run", "--git-target", "0", "--synthetic-target", "50", "--no-strict",
    "--signature", "extract_requirements", "--trials", "4",
]  # fmt: skip
WAIT_SECONDS = 150


def think(body: dict[str, Any]) -> str:
    """Answer as the offline model does, behind the wire format of a provider."""
    system = [m["content"] for m in body["messages"] if m["role"] == "system"]
    turns = [
        (lm15.Message.user if m["role"] == "user" else lm15.Message.assistant)(m["content"])
        for m in body["messages"]
        if m["role"] != "system"
    ]
    request = lm15.Request(model="offline", messages=tuple(turns), system="\n".join(system))
    return InContextEngine().complete(request).text


def environment(server: str, address: str, **more: str) -> Mapping[str, str]:
    """The environment of a user of that model, on the Prefect server of the tests."""
    return {**os.environ, "PREFECT_API_URL": server, "RATCHET_API_BASE": address, **more}


def start(folder: Path, settings: Mapping[str, str], *, model: str) -> subprocess.Popen[str]:
    """Start the command in a process group of its own, as a shell does."""
    return subprocess.Popen(
        [*RUN, "--lm", model],
        cwd=folder,
        env=dict(settings),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_for_requests(server: ModelServer, count: int, process: subprocess.Popen[str]) -> None:
    """Return when the model has been asked `count` times."""
    while len(server.requests) < count:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)


def test_ctrl_c_keeps_what_was_done_and_the_next_run_pays_for_no_call_twice(
    tmp_path: Path, prefect_server: str
) -> None:
    """Exit code 130, a sentence that says how to go on, and no request sent again."""
    with model_server(answer=think, latency_seconds=0.02) as server:
        settings = environment(prefect_server, server.openai_address, OPENAI_API_KEY="k")
        process = start(tmp_path, settings, model="openai/offline")
        wait_for_requests(server, 40, process)
        os.killpg(process.pid, signal.SIGINT)
        _, complaint = process.communicate(timeout=WAIT_SECONDS)
        before = [canonical_json(body) for body in server.requests]

        again = start(tmp_path, settings, model="openai/offline")
        printed, _ = again.communicate(timeout=WAIT_SECONDS)
        after = [canonical_json(body) for body in server.requests[len(before) :]]

    assert process.returncode == 130
    assert "the same command goes on from there" in complaint
    assert "Traceback" not in complaint
    assert again.returncode == 0, printed
    in_flight = 4  # threads whose answer was under way when the run was stopped
    assert len(set(before) & set(after)) <= in_flight


def test_a_refused_key_is_one_sentence_that_names_the_variable(
    tmp_path: Path, prefect_server: str
) -> None:
    """Every signature reports it, nothing is tried in vain, and the exit code is 1."""
    with model_server(answer=think, faults=deque([401] * 50)) as server:
        settings = environment(prefect_server, server.address, ANTHROPIC_API_KEY="s3cr3t-key")
        process = start(tmp_path, settings, model="anthropic/claude-sonnet-5-5")
        printed, complaint = process.communicate(timeout=WAIT_SECONDS)

    (summary,) = (tmp_path / ".ratchet" / "runs").glob(f"*/{SUMMARY_FILE}")
    assert process.returncode == 1, complaint
    assert "ANTHROPIC_API_KEY" in (read_summary(summary).error or "")
    assert "ANTHROPIC_API_KEY" in printed
    assert "s3cr3t" not in printed + complaint
    assert 1 <= len(server.requests) <= 4
