"""The overview of a rollout, and the line of champions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from ratchet.control.overview import overview_of
from ratchet.control.reigns import reigns_of
from ratchet.rollout import Action
from tests.control_builders import command, live, live_to_the_end, project
from tests.rollout_traffic import SIGNATURE, Scene, quick_policy


def overview(made: Scene, **later: float) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """What it waits for, its next gate and its alerts."""
    record = made.controller.record(made.experiment)
    found = overview_of(record, (), now=made.clock.now() + timedelta(**later))
    return found.waits_for, found.next_gate, found.alerts


def test_a_fresh_rollout_waits_for_its_first_tick(tmp_path: Path) -> None:
    """Nothing has been looked at yet, and the gate is a whole stage away."""
    with project(tmp_path) as made:
        made.begin()

        waits, gate, alerts = overview(made)

    assert waits == ("the first tick",)
    assert gate.startswith("25 % in 4 minutes at the earliest; asks for 100 requests, 20 in each")
    assert alerts == ()


def test_a_silent_rollout_raises_an_alert_with_the_way_out(tmp_path: Path) -> None:
    """Nobody ticks it: the command that does is named."""
    with project(tmp_path) as made:
        made.begin()
        live(made, 1)

        _, _, alerts = overview(made, minutes=11)
        _, _, before = overview(made, minutes=9)

    assert before == ()
    assert "ratchet rollout drive the-rollout" in alerts[-1]


def test_a_paused_rollout_waits_for_a_person(tmp_path: Path) -> None:
    """Who paused, and why, is said."""
    with project(tmp_path) as made:
        made.begin()
        command(made, Action.PAUSE, "holiday")

        waits, gate, _ = overview(made)

    assert "paused by ada: holiday" in waits[0]
    assert gate.startswith("once somebody resumes: 25 % in 4 minutes at the earliest")


def test_after_an_inconclusive_end_a_resume_sets_a_new_deadline(tmp_path: Path) -> None:
    """The one that has passed is no promise any more."""
    with project(tmp_path, requests_a_minute=10) as made:
        made.begin(quick_policy(deadline_factor=2))
        tick = live(made, 8)

        waits, gate, _ = overview(made, minutes=1)

    assert tick.decision.action is Action.PAUSE
    assert "paused by controller: inconclusive after 8 minutes" in waits[0]
    assert gate.endswith("deadline in 8 minutes")


def test_an_ended_rollout_waits_for_nothing(tmp_path: Path) -> None:
    """No gate, no alert, however long ago it ended."""
    with project(tmp_path) as made:
        made.begin()
        command(made, Action.PROMOTE)

        assert overview(made, days=3) == ((), "", ())


def test_a_completed_rollout_begins_a_reign(tmp_path: Path) -> None:
    """Since when, by which rollout, against what."""
    with project(tmp_path) as made:
        made.begin()
        record = live_to_the_end(made)

        (reign,) = reigns_of(made.store, SIGNATURE)

    assert (reign.version, reign.baseline_version) == (made.candidate, made.baseline)
    assert (reign.since, reign.until) == (record.ended_at, None)
    assert (reign.experiment_id, reign.actor) == (record.experiment_id, "controller")


def test_a_rollback_after_the_end_gives_the_crown_back(tmp_path: Path) -> None:
    """The old reign ends when the next begins."""
    with project(tmp_path) as made:
        made.begin()
        command(made, Action.PROMOTE)
        made.clock.set(made.clock.now() + timedelta(hours=1))
        command(made, Action.ROLLBACK, "worse after all")

        now, before = reigns_of(made.store, SIGNATURE)

    assert (now.version, before.version) == (made.baseline, made.candidate)
    assert before.until == now.since
    assert "worse after all" in now.reason


def test_a_reign_taken_back_to_the_apps_own_program_ends(tmp_path: Path) -> None:
    """No version follows, and yet the candidate reigns no more."""
    with project(tmp_path) as made:
        made.begin(baseline="own")
        command(made, Action.PROMOTE)
        made.clock.set(made.clock.now() + timedelta(hours=1))
        record = command(made, Action.ROLLBACK)

        (reign,) = reigns_of(made.store, SIGNATURE)

    assert reign.until == record.ended_at
    assert reign.baseline_version is None
