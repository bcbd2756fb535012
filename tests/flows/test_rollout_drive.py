"""`ratchet rollout drive`: the rollout flow in the foreground, on a real Prefect server."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from tests.cli_builders import Left, ratchet
from tests.control_builders import FAILING, project
from tests.rollout_traffic import EXPERIMENT, Scene

pytestmark = pytest.mark.xdist_group("prefect")


@pytest.fixture
def failing(workspace: Path, prefect_server: str) -> Iterator[Scene]:
    """A rollout of a candidate that fails every call, just begun."""
    with project(workspace, behaviour=FAILING) as made:
        made.begin()
        yield made


def nothing(_moment: datetime) -> None:
    """The flow ticks by itself when the clock has moved."""


def test_drive_ends_with_the_rollout(failing: Scene) -> None:
    """The flow takes in what the apps leave, decides, and the exit code says rolled back."""
    clock = ("--clock-file", failing.home / "clock", "--tick-seconds", 60)
    with ThreadPoolExecutor(max_workers=1) as executor:
        driven = executor.submit(ratchet, "rollout", "drive", EXPERIMENT, *clock, "--json")
        failing.play(follow=nothing)
        left: Left = driven.result(timeout=120)

    assert left.exit_code == 1
    assert left.document["status"] == "rolled_back"
    assert left.document["reason"] == failing.store.rollouts.decisions(EXPERIMENT)[-1].reason
