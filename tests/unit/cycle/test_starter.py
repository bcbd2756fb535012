"""The starter set in the improvement cycle: a base for the poor, nothing for the rich."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet import signatures
from ratchet.collect import templates
from ratchet.cycle.batch import validate_with_store
from ratchet.cycle.collect import Collected
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.starter import collect_starter
from ratchet.cycle.workspace import Workspace
from ratchet.datasets import DatasetFolder
from ratchet.settings import Settings
from tests.builders import NOON

NAME = "validate_completeness"
SPEC = signatures.get(NAME)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A fresh installation."""
    return Workspace.of(Settings(home=tmp_path / "home", training_data=tmp_path / "data"))


def collected(workspace: Workspace, tmp_path: Path, *, signature: str = NAME) -> Collected:
    """What the stage brings into a new run."""
    return collect_starter(workspace, RunFolder.create(tmp_path / "runs", now=NOON), signature)


def own_examples(workspace: Workspace, count: int) -> None:
    """Publish a version of accepted examples of the team's own."""
    found = templates.generate(NAME, count, seed=3, now=NOON).examples
    report = validate_with_store(
        SPEC, found, store_url=workspace.store_url, threshold=0.9, now=NOON
    )
    DatasetFolder(workspace.datasets).publish(SPEC, report.accepted, now=NOON)


def test_a_signature_without_a_dataset_gets_the_whole_set(
    workspace: Workspace, tmp_path: Path
) -> None:
    """A new user optimises on fifty examples in the first run."""
    found = collected(workspace, tmp_path)

    assert found.file.count == 50
    assert found.message == "50 examples beside the latest version"


def test_a_team_with_fifty_examples_of_its_own_gets_none(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Then its own data say more of its own work."""
    own_examples(workspace, 55)

    assert collected(workspace, tmp_path).file.count == 0


def test_what_the_latest_version_holds_is_not_brought_again(
    workspace: Workspace, tmp_path: Path
) -> None:
    """The set is laid once, although its examples in the store do not count as one's own."""
    examples = collected(workspace, tmp_path).file.read()
    report = validate_with_store(
        SPEC, examples, store_url=workspace.store_url, threshold=0.9, now=NOON
    )
    DatasetFolder(workspace.datasets).publish(SPEC, report.accepted, now=NOON)

    assert collected(workspace, tmp_path).file.count == 0


def test_a_signature_without_a_set_goes_on_without(workspace: Workspace, tmp_path: Path) -> None:
    """A team's own signature is no reason to fail."""
    found = collected(workspace, tmp_path, signature="their_own")

    assert found.file.count == 0
    assert "no starter set for their_own" in found.message
