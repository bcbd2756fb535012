"""What the store holds joins the next run: approved and given examples, each once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ratchet import signatures
from ratchet.cycle.collect import Collected, growth
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.stored import collect_stored
from ratchet.cycle.workspace import Workspace
from ratchet.datasets import DatasetFolder
from ratchet.examples import Example, Source, Status
from ratchet.settings import Settings
from ratchet.store import open_store
from tests.builders import NOON, completeness_example

NAME = "validate_completeness"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A fresh installation."""
    return Workspace.of(Settings(home=tmp_path / "home", training_data=tmp_path / "data"))


def example(number: int, **changes: object) -> Example:
    """An accepted example that was imported, the better the higher its number."""
    fields = {"source": Source.IMPORT, "status": Status.ACCEPTED, "quality_score": 80.0 + number}
    built = completeness_example(implementation=f"Wrote module number {number}, with tests.")
    return replace(built, **{**fields, **changes})


def stored(workspace: Workspace, *examples: Example) -> None:
    """Put examples into the store."""
    with open_store(workspace.store_url) as store:
        store.examples.add(examples)


def collected(workspace: Workspace, tmp_path: Path, *, limit: int = 100) -> Collected:
    """What the stage brings into a new run."""
    run = RunFolder.create(tmp_path / "runs", now=NOON)
    return collect_stored(workspace, run, NAME, limit=limit)


def test_given_and_approved_examples_are_taken_up_the_best_first(
    workspace: Workspace, tmp_path: Path
) -> None:
    """An approved one of any source goes before those that were only imported."""
    approved = example(1, source=Source.GIT, status=Status.APPROVED)
    stored(workspace, example(2), example(3), approved)

    found = collected(workspace, tmp_path, limit=2)

    assert list(found.file.read()) == [approved, example(3)]


@pytest.mark.parametrize(
    "left", [example(1, source=Source.GIT), example(1, status=Status.CANDIDATE)]
)
def test_what_was_mined_or_not_judged_stays(
    workspace: Workspace, tmp_path: Path, left: Example
) -> None:
    """Mining brings its own, and a candidate has passed nothing yet."""
    stored(workspace, left)

    assert collected(workspace, tmp_path).file.count == 0


def test_what_the_latest_version_holds_is_not_brought_again(
    workspace: Workspace, tmp_path: Path
) -> None:
    """A second run finds only what came since."""
    stored(workspace, example(1), example(2))
    DatasetFolder(workspace.datasets).publish(signatures.get(NAME), [example(1)], now=NOON)

    assert list(collected(workspace, tmp_path).file.read()) == [example(2)]


def test_the_set_may_grow_by_what_the_store_gave(workspace: Workspace, tmp_path: Path) -> None:
    """An import of ten makes room for ten beside what is mined and written."""
    stored(workspace, *(example(number) for number in range(10)))

    grown = growth(
        ImprovementOptions(git_target=30, synthetic_target=20), [collected(workspace, tmp_path)]
    )

    assert grown == 60
