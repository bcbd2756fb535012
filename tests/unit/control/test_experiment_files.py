"""The file of each rollout beside the routing: what it says, and that it follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ratchet.control.experiment_files import experiment_file, write_experiment
from ratchet.rollout import Action
from tests.builders import NOON
from tests.rollout_traffic import EXPERIMENT, MINUTE, Scene, scene


def document(played: Scene) -> dict[str, Any]:
    """What the file says."""
    path = experiment_file(played.controller.routing, EXPERIMENT)
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def test_a_rollout_that_begins_has_a_file(tmp_path: Path) -> None:
    """It names the experiment and its versions, and no end yet."""
    with scene(tmp_path) as played:
        played.begin()
        found = document(played)

    assert (found["id"], found["experiment_id"]) == (EXPERIMENT, EXPERIMENT)
    assert (found["status"], found["final_status"]) == ("running", None)
    assert found["rollback_reason"] is None
    assert found["created_at"] == NOON.isoformat()
    assert found["candidate_version"] == played.candidate


@pytest.mark.parametrize(
    ("action", "status", "reason"),
    [(Action.ROLLBACK, "rolled_back", "bad answers"), (Action.PROMOTE, "completed", None)],
)
def test_a_command_that_ends_it_is_in_the_file(
    tmp_path: Path, action: Action, status: str, reason: str | None
) -> None:
    """The reason stands there for a rollback alone."""
    with scene(tmp_path) as played:
        played.begin()
        played.controller.command(
            EXPERIMENT, action, actor="ada", reason="bad answers", now=NOON + MINUTE
        )
        found = document(played)

    assert (found["status"], found["final_status"]) == (status, status)
    assert found["rollback_reason"] == reason
    assert found["ended_at"] == (NOON + MINUTE).isoformat()
    assert [made["actor"] for made in found["decisions"]] == ["ada"]


@pytest.mark.parametrize("damage", ["", "{"])
def test_a_lost_or_damaged_file_is_repaired_at_the_next_tick(tmp_path: Path, damage: str) -> None:
    """SQL is the truth; a file that says it already is left alone."""
    with scene(tmp_path) as played:
        played.begin()
        path = experiment_file(played.controller.routing, EXPERIMENT)
        whole = path.read_text()
        path.write_text(damage)

        played.controller.tick(EXPERIMENT, now=NOON + MINUTE)

        assert path.read_text() == whole
        assert not write_experiment(played.controller.routing, played.controller.record(EXPERIMENT))
