"""Runs and their stages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ratchet.errors import StoreError
from ratchet.store import RunStatus, Store
from tests.builders import NOON
from tests.store_builders import run, stage

LATER = NOON + timedelta(hours=1)


def test_a_run_comes_back_as_it_was(store: Store) -> None:
    """A started run is running and has its configuration."""
    assert store.runs.start(run())

    assert store.runs.get("run_1") == run()
    assert store.runs.get("run_2") is None


def test_starting_a_run_again_changes_nothing(store: Store) -> None:
    """A resumed run keeps its first start."""
    store.runs.start(run())

    assert not store.runs.start(run(started_at=LATER))
    assert store.runs.list() == (run(),)


def test_a_run_ends_with_what_it_did(store: Store) -> None:
    """The end has a status, a time, an error and a summary; the last word holds."""
    store.runs.start(run())
    store.runs.finish("run_1", status=RunStatus.INTERRUPTED, at=NOON, error="Ctrl-C")

    store.runs.finish("run_1", status=RunStatus.SUCCEEDED, at=LATER, summary={"deployed": [1]})

    assert store.runs.get("run_1") == run(
        status=RunStatus.SUCCEEDED, finished_at=LATER, summary={"deployed": [1]}
    )


def test_a_run_that_never_started_can_not_end(store: Store) -> None:
    """Finishing an unknown run is an error, not a silent nothing."""
    with pytest.raises(StoreError, match="run_9 can not be finished"):
        store.runs.finish("run_9", status=RunStatus.FAILED, at=NOON)


def test_runs_are_listed_newest_first(store: Store) -> None:
    """By start, narrowed by status, at most as many as asked."""
    older, newer = run("run_1"), run("run_2", started_at=LATER, status=RunStatus.FAILED)
    store.runs.start(newer)
    store.runs.start(older)

    assert store.runs.list() == (newer, older)
    assert store.runs.list(status=RunStatus.RUNNING) == (older,)
    assert store.runs.list(limit=1) == (newer,)


def test_a_stage_has_its_latest_state(store: Store) -> None:
    """A stage that was running and then succeeded is one stage, which succeeded."""
    store.runs.start(run())
    store.runs.record_stage(stage(status=RunStatus.RUNNING, result={}))

    store.runs.record_stage(stage(at=LATER))
    store.runs.record_stage(stage("validate"))

    assert store.runs.stages("run_1") == (stage("validate"), stage(at=LATER))
    assert store.runs.stages("run_2") == ()


def test_a_stage_needs_its_run(store: Store) -> None:
    """A stage of a run that was never started is refused."""
    with pytest.raises(StoreError, match="start it first"):
        store.runs.record_stage(stage())


def test_a_finished_stage_is_found_by_its_key(store: Store) -> None:
    """The newest success with the same key, in whichever run; nothing else will do."""
    for run_id in ("run_1", "run_2", "run_3"):
        store.runs.start(run(run_id))
    newest = stage(run_id="run_2", at=LATER)
    for record in (
        newest,
        stage(run_id="run_1"),
        stage(run_id="run_3", status=RunStatus.FAILED, at=LATER + timedelta(hours=1)),
        stage(run_id="run_3", stage="validate", key="k2"),
    ):
        store.runs.record_stage(record)

    def found(name: str, key: str, signature: str = "validate_completeness") -> object:
        return store.runs.finished_stage(name, key, signature=signature)

    assert found("collect", "k1") == newest
    assert found("collect", "k2") is None
    assert found("collect", "k1", "validate_intent") is None
