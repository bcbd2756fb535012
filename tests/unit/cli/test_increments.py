"""`ratchet increments`: what is new, what is due, what more data would bring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ratchet.examples import Status
from ratchet.settings import load_settings
from ratchet.store import Store, open_store
from tests.cli_builders import ratchet
from tests.dataset_builders import example_set
from tests.store_builders import run
from tests.unit.increments.history import SCORES, SIGNATURE, grow, judge


@pytest.fixture
def project(workspace: Path) -> Iterator[Store]:
    """A project with five dataset versions and an evaluation of each, and 40 new examples."""
    settings = load_settings()
    with open_store(settings.store_url) as store:
        judge(store, grow(store, settings.datasets_folder, tuple(SCORES)), SCORES)
        store.examples.add(e.evolve(status=Status.ACCEPTED) for e in example_set(220))
        yield store


def test_status_says_what_is_due_and_why(project: Store) -> None:
    """On the screen and as JSON."""
    shown = ratchet("increments", "status", "--signature", SIGNATURE)
    (found,) = ratchet("increments", "status", "-s", SIGNATURE, "--json").document

    assert "40 new usable examples" in shown.out
    assert "ratchet increments run" in shown.out
    assert (found["new_examples"], found["is_due"]) == (40, True)
    assert round(found["growth_share"], 3) == 0.222


def test_the_settings_say_when_it_is_due(project: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits are a team's own, and new data may be told to start nothing."""
    monkeypatch.setenv("RATCHET_INCREMENTS__MIN_NEW_EXAMPLES", "41")
    monkeypatch.setenv("RATCHET_INCREMENTS__MIN_GROWTH_SHARE", "0.5")
    quiet = ratchet("increments", "run", "-s", SIGNATURE)
    monkeypatch.setenv("RATCHET_INCREMENTS__MIN_GROWTH_SHARE", "0.2")
    monkeypatch.setenv("RATCHET_OPTIMISATION__REOPTIMIZE_ON_NEW_DATA", "false")
    off = ratchet("increments", "run", "-s", SIGNATURE, "--json").document

    assert (quiet.exit_code, "Nothing is due." in quiet.out) == (0, True)
    assert off["due"] == []
    assert "reoptimize_on_new_data" in off["decisions"][0]["held_back_by"]


def test_a_dry_run_starts_nothing(project: Store) -> None:
    """It names what it would start."""
    left = ratchet("increments", "run", "-s", SIGNATURE, "--dry-run")

    assert left.exit_code == 0
    assert f"Would start: {SIGNATURE}" in left.out
    assert project.runs.list() == ()


def test_a_run_that_is_at_work_is_not_disturbed(project: Store) -> None:
    """Nothing is started, and the run is named."""
    project.runs.start(run("run_at_work", started_at=datetime.now(UTC)))

    left = ratchet("increments", "run", "-s", SIGNATURE)

    assert (left.exit_code, "Nothing is due." in left.out) == (0, True)
    assert "run_at_work is at work" in left.out
    assert len(project.runs.list()) == 1


def test_the_curve_is_shown_drawn_and_remembered(project: Store, workspace: Path) -> None:
    """A table, a forecast, advice, and a picture; the forecast waits in the store."""
    left = ratchet("increments", "curve", "-s", SIGNATURE, "--picture", "curve.svg")
    found = ratchet("increments", "curve", "-s", SIGNATURE, "--more", "50", "--json").document

    assert "200 more examples: +" in left.out
    assert "1 are waiting" in left.out
    assert (workspace / "curve.svg").read_text().startswith("<?xml")
    assert found["forecast"]["size_then"] == 230
    assert found["calibration"]["open"] == 2
    assert {f.examples_then for f in project.forecasts.list()} == {380, 230}


def test_contributions_are_shown_by_source(project: Store) -> None:
    """And it is said when evaluations have kept no single scores."""
    left = ratchet("increments", "contributions", "-s", SIGNATURE)
    found = ratchet("increments", "contributions", "-s", SIGNATURE, "--json").document

    assert "No evaluation has kept" in left.out
    assert sum(source["examples"] for source in found["sources"]) == 220
    assert found["suspects"] == []
