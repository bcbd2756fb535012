"""Telemetry in the improvement cycle: its files, its message, and how far a set may grow."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ratchet.cycle.collect import Collected, collect_from_telemetry, growth, last_arrival
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.starter import collect_starter
from ratchet.cycle.workspace import Workspace
from ratchet.errors import ConfigurationError
from ratchet.examples import Source
from ratchet.settings import load_settings
from ratchet.store import open_store
from tests.builders import NOON
from tests.feedback_builders import COMPLETENESS, absorb, good


def collected(workspace: Path, *, target: int = 3) -> Collected:
    """What a run of the afternoon collects."""
    run = RunFolder.create(workspace / "runs", now=NOON)
    return collect_from_telemetry(
        Workspace.of(load_settings()),
        run,
        COMPLETENESS,
        target=target,
        since_days=90,
        now=NOON + timedelta(hours=1),
    )


def record(count: int) -> None:
    """Confirmed requests in the store of the settings."""
    with open_store(load_settings().store_url) as store:
        absorb(store, [good(f"r{n}", f"Added part {n}.") for n in range(count)])


def test_the_run_folder_holds_what_production_taught(workspace: Path) -> None:
    """More than the target is kept, so that the gates can choose."""
    record(10)

    found = collected(workspace)

    assert (found.origin, found.file.count) == (Source.TELEMETRY, 6)
    assert found.leaves == (f"collected_data/{COMPLETENESS}.telemetry.jsonl",)
    assert found.headline == "telemetry, collected: 6 examples, target: 3"


def test_nothing_there_is_a_sentence_and_no_failure(workspace: Path) -> None:
    """A team without traffic still gets its run, with an empty file."""
    found = collected(workspace)

    assert found.file.count == 0
    assert "router.feedback()" in found.message
    assert found.is_whole


def test_every_arrival_makes_collecting_worth_a_new_look(workspace: Path) -> None:
    """The number of the newest row is what the cache of the task depends on."""
    before = last_arrival(Workspace.of(load_settings()))

    record(2)

    assert (before, last_arrival(Workspace.of(load_settings()))) == (0, 4)


def test_a_set_grows_by_what_telemetry_brought_and_no_more(workspace: Path) -> None:
    """The other sources do not fill the place of feedback that nobody gave."""
    options = ImprovementOptions(git_target=30, synthetic_target=20, telemetry_target=3)

    assert growth(options, [collected(workspace)]) == 50
    record(10)
    assert growth(options, [collected(workspace)]) == 53
    assert growth(options, []) == 50


def test_the_starter_set_takes_no_place_from_the_other_sources(workspace: Path) -> None:
    """A set may have the starter examples and as many of its own as were wanted."""
    run = RunFolder.create(workspace / "runs", now=NOON)
    starter = collect_starter(Workspace.of(load_settings()), run, "validate_intent")

    assert growth(ImprovementOptions(git_target=30, synthetic_target=20), [starter]) == 100


def test_telemetry_is_a_source_unless_it_is_switched_off() -> None:
    """30 examples by default; 0 is off, and less is a slip."""
    assert ImprovementOptions().telemetry_target == 30
    assert ImprovementOptions.of(telemetry_target=0).telemetry_target == 0
    with pytest.raises(ConfigurationError, match="--telemetry-target"):
        ImprovementOptions.of(telemetry_target=-1)
