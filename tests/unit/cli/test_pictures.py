"""`--picture`: the commands that draw what they show."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.store import open_store
from tests.builders import NOON
from tests.cli_builders import COMPLETENESS, ratchet
from tests.metrics_builders import furnish, sources

COMMANDS = {
    "rollout": ("rollout", "status", "x"),
    "programs": ("programs", "history", COMPLETENESS),
    "dataset": ("dataset", "list"),
    "monitor": ("monitor", "dashboard"),
}
WORDS = {
    "rollout": "candidate's share, %",
    "programs": f"Score history of {COMPLETENESS}",
    "dataset": "mean quality, 0..100",
    "monitor": "Ratchet:",
}


@pytest.fixture
def project(workspace: Path) -> Path:
    """A project that has something of everything."""
    with open_store(sources(workspace).store_url, clock=lambda: NOON) as store:
        furnish(store, workspace)
    return workspace


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_draws_what_it_shows(name: str, project: Path) -> None:
    """The text says where the picture is; its folder is made."""
    left = ratchet(*COMMANDS[name], "--picture", "out/picture.svg")

    assert left.exit_code == 0, left.err
    assert left.out.endswith("Picture: out/picture.svg\n")
    assert WORDS[name] in (project / "out" / "picture.svg").read_text(encoding="utf-8")


def test_json_stays_json_beside_a_picture(project: Path) -> None:
    """As PNG, which needs no text."""
    left = ratchet(*COMMANDS["rollout"], "--picture", "picture.png", "--json")

    assert left.document["experiment_id"] == "x"
    assert (project / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_a_suffix_that_is_no_picture_is_refused(project: Path) -> None:
    """With the two that are."""
    left = ratchet(*COMMANDS["dataset"], "--picture", "picture.pdf")

    assert left.exit_code != 0
    assert ".svg or .png" in left.err
