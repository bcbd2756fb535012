"""Driving a rollout: when ticks are due, what a stage ends with, how a rollout is reported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ratchet.control import (
    Driver,
    SimulatedClock,
    Tick,
    decision_log,
    policy_of,
    progress_percent,
    stage_rows,
    standing_of,
)
from ratchet.control.driving import next_tick
from ratchet.errors import ConfigurationError, InputError
from ratchet.rollout import Action, Status
from ratchet.store import RolloutRecord
from tests.builders import NOON
from tests.rollout_traffic import EXPERIMENT, MINUTE, Scene, quick_policy, scene


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Scene]:
    """A project with two programs."""
    with scene(tmp_path) as made:
        yield made


class PlayingClock:
    """A clock whose waiting lets traffic come and time go on."""

    def __init__(self, played: Scene) -> None:
        self._played = played
        self.waits: list[datetime] = []

    def now(self) -> datetime:
        return self._played.clock.now()

    def wait_until(self, moment: datetime) -> None:
        self.waits.append(moment)
        while self.now() < moment:
            self._played.serve_minute(self.now() + MINUTE)
            self._played.clock.set(self.now() + MINUTE)


def driver(played: Scene, clock: PlayingClock) -> Driver:
    """A driver of the scene."""
    return Driver(controller=played.controller, spool=played.spool, clock=clock)


def silent(_record: RolloutRecord, _tick: Tick | None) -> None:
    """Tell nobody."""


def test_a_stage_is_driven_to_its_end_with_a_tick_a_minute(played: Scene) -> None:
    """It returns at the next stage, and the one after goes on from there to the end."""
    played.begin(quick_policy(stages=(10, 100)))
    clock = PlayingClock(played)

    first = driver(played, clock).drive_stage(EXPERIMENT, tell=silent)
    waits = list(clock.waits)
    last = driver(played, clock).drive_stage(EXPERIMENT, tell=silent)

    assert (first.stage, first.percent, first.is_over) == (2, 100, False)
    assert waits == [NOON + n * MINUTE for n in range(1, len(waits) + 1)]
    assert (last.status, last.is_over) == (Status.COMPLETED, True)


def test_the_next_tick_follows_from_the_last_one_whoever_made_it(played: Scene) -> None:
    """A driver started again does not tick before its time, and at once when it is late."""
    record = played.begin()
    played.controller.tick(EXPERIMENT, now=NOON + MINUTE)
    record = played.controller.record(EXPERIMENT)

    early = next_tick(record, NOON + MINUTE, 60)
    late = next_tick(record, NOON + timedelta(hours=3), 60)

    assert early == NOON + 2 * MINUTE
    assert late == NOON + 2 * MINUTE


def test_a_clock_that_was_set_back_does_not_stop_the_ticks(played: Scene) -> None:
    """The next tick is never further away than one tick."""
    played.begin()
    played.controller.tick(EXPERIMENT, now=NOON + timedelta(hours=5))

    assert next_tick(played.controller.record(EXPERIMENT), NOON, 60) == NOON + MINUTE


def test_a_driver_tells_at_its_beginning_and_at_every_tick(played: Scene) -> None:
    """So that what another process decided is told too."""
    played.begin(quick_policy(stages=(10, 100)))
    told: list[bool] = []

    driver(played, PlayingClock(played)).drive_stage(
        EXPERIMENT, tell=lambda _record, tick: told.append(tick is not None)
    )

    assert told[0] is False
    assert all(told[1:])
    assert len(told) >= 5


def test_a_rollout_that_has_ended_is_not_driven(played: Scene) -> None:
    """Driving it tells what is left to tell and returns."""
    played.begin()
    played.controller.command(
        EXPERIMENT, Action.ROLLBACK, actor="ada", reason="no", now=played.clock.now()
    )
    clock = PlayingClock(played)

    standing = driver(played, clock).drive_stage(EXPERIMENT, tell=silent)

    assert standing.reason == "no"
    assert clock.waits == []


def test_the_table_has_a_row_for_every_stage(played: Scene) -> None:
    """What was reached shows its figures and how it ended; the rest is ahead."""
    record = played.begin(quick_policy(stages=(10, 50, 100)))
    driver(played, PlayingClock(played)).drive_stage(EXPERIMENT, tell=silent)
    record = played.controller.record(EXPERIMENT)

    figures = played.store.outcomes.statistics(EXPERIMENT, record.state.policy.stages)

    rows = stage_rows(record, figures, now=played.clock.now())

    assert [row["percent"] for row in rows] == ["10", "50", "100"]
    assert rows[0]["decision"].startswith("advance: on to 50 %")
    assert rows[0]["minutes"] == "4"
    baseline, candidate = map(int, rows[0]["requests"].split(" / "))
    assert baseline + candidate == 400
    assert all(arm.startswith("0.8") for arm in rows[0]["quality"].split(" / "))
    assert float(rows[0]["p95 ms"].split(" / ")[1]) > float(rows[0]["latency ms"].split(" / ")[1])
    assert (rows[1]["requests"], rows[1]["errors"]) == ("- / -", "- / -")
    assert (rows[2]["decision"], rows[2]["requests"]) == ("ahead", "")


def test_progress_grows_with_the_stages_and_is_full_at_the_end_only(played: Scene) -> None:
    """A stage that waits for evidence does not reach the next one's share."""
    record = played.begin(quick_policy(stages=(10, 50, 100)))

    shares = [progress_percent(record, now=NOON + n * MINUTE) for n in (0, 2, 4, 400)]
    played.controller.command(EXPERIMENT, Action.PROMOTE, actor="ada", reason="go", now=NOON)
    ended = progress_percent(played.controller.record(EXPERIMENT), now=NOON)

    assert shares == [0, pytest.approx(100 / 6), pytest.approx(100 / 3), pytest.approx(100 / 3)]
    assert ended == 100


def test_the_log_names_time_rule_person_and_reason(played: Scene) -> None:
    """A bar in a reason does not break its table."""
    played.begin()
    played.controller.command(
        EXPERIMENT, Action.PAUSE, actor="ada", reason="a | b\nc", now=NOON + MINUTE
    )

    log = decision_log(played.controller.record(EXPERIMENT))

    assert "| 2026-03-01 12:01 | pause | person | 1 | 0 % | ada | a / b c |" in log
    assert standing_of(played.controller.record(EXPERIMENT)).reason == "a | b\nc"


def test_a_policy_is_a_preset_a_file_or_a_mapping(tmp_path: Path) -> None:
    """Each is read by the same rules; a wrong field is named."""
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"preset": "daily", "min_labels": 50}))

    assert policy_of("standard").min_minutes == 60
    assert policy_of(str(path)).min_labels == 50
    assert policy_of({"min_labels": 7}).min_labels == 7
    with pytest.raises(ConfigurationError, match="min_lables"):
        policy_of({"min_lables": 7})
    with pytest.raises(InputError, match="does not exist"):
        policy_of(str(tmp_path / "none.json"))


def test_a_simulated_clock_is_the_same_for_everybody_with_its_file(tmp_path: Path) -> None:
    """It stands until it is set; a file without a time is refused."""
    clock = SimulatedClock(tmp_path / "clock")
    clock.set(NOON)

    assert SimulatedClock(tmp_path / "clock").now() == NOON
    (tmp_path / "clock").write_text("2026-03-01T12:00")
    with pytest.raises(InputError, match="no time zone"):
        clock.now()
    with pytest.raises(InputError, match="holds no time"):
        SimulatedClock(tmp_path / "none").now()
