"""The controller: begins, ticks and carries out commands over a real store and routing file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from ratchet.control import announcements_of, begin_or_join, default_baseline, held
from ratchet.control.announcements import EVENTS
from ratchet.errors import DamagedRolloutError, InputError, StoreError
from ratchet.rollout import Action, Status
from ratchet.serving.routing_file import read_config
from ratchet.telemetry import ingest
from tests.builders import NOON
from tests.rollout_traffic import (
    EXPERIMENT,
    MINUTE,
    SIGNATURE,
    Behaviour,
    Scene,
    quick_policy,
    scene,
)


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Scene]:
    """A project with two programs."""
    with scene(tmp_path) as made:
        yield made


def tick(played: Scene, minute: int, *, serve: bool = True) -> bool:
    """Serve that minute and tick at its end; whether that brought news."""
    end = NOON + minute * MINUTE
    if serve:
        played.serve_minute(end)
        ingest(played.store, played.spool, now=end)
    return played.controller.tick(EXPERIMENT, now=end).is_news


def command(played: Scene, action: Action) -> Action:
    """A command by Ada; the action of its decision."""
    return played.controller.command(
        EXPERIMENT, action, actor="ada", reason="because", now=NOON + MINUTE
    )[1].action


def test_beginning_writes_the_route_with_both_programs(played: Scene) -> None:
    """Addresses and hashes are those of the versions, the share that of the first stage."""
    played.begin()

    route = read_config(played.controller.routing).routes[SIGNATURE]
    assert (route.baseline_version, route.candidate_version) == (played.baseline, played.candidate)
    assert route.effective_percent == 10
    for address, digest in (
        (route.baseline_module, route.baseline_sha256),
        (route.candidate_module, route.candidate_sha256),
    ):
        assert digest
        assert (played.controller.routing.parent / str(address)).is_file()


def test_beginning_the_same_again_returns_it_even_after_its_end(played: Scene) -> None:
    """A flow run that is repeated finds its rollout, though the candidate is champion by now."""
    begun = played.begin()
    command(played, Action.PROMOTE)

    again = played.begin(baseline=None)

    assert again.experiment_id == begun.experiment_id
    assert again.state.status is Status.COMPLETED
    assert len(played.store.rollouts.list()) == 1


def test_a_name_is_not_given_to_two_candidates(played: Scene) -> None:
    """The message says whose it is."""
    played.begin()

    with pytest.raises(InputError, match=f"{EXPERIMENT} is taken by a rollout of {SIGNATURE}"):
        played.begin(candidate=played.baseline)


def test_the_champion_is_not_rolled_out_against_itself(played: Scene) -> None:
    """There is nothing to do, and nothing is begun."""
    played.begin()
    command(played, Action.PROMOTE)

    with pytest.raises(InputError, match="is the baseline of"):
        played.begin(experiment_id="another", baseline=None)


def test_a_program_that_was_changed_on_disk_is_not_rolled_out(played: Scene) -> None:
    """Its hash is checked before the first request goes to it."""
    path = played.controller.programs / SIGNATURE / played.candidate / "program.json"
    path.chmod(0o644)
    path.write_text(path.read_text().replace("thorough", "sloppy"))

    with pytest.raises(StoreError):
        played.begin()

    assert not played.controller.routing.exists()


def test_joining_goes_on_with_the_rollout_of_that_candidate(played: Scene) -> None:
    """Whatever name the second start would have given it."""
    played.begin()
    given = {"signature": SIGNATURE, "actor": "bo", "now": NOON, "policy": quick_policy()}

    joined = begin_or_join(
        played.controller, candidate=played.candidate, experiment_id="other", **given
    )

    assert joined.experiment_id == EXPERIMENT
    with pytest.raises(InputError, match="under way"):
        begin_or_join(played.controller, candidate=played.baseline, baseline="own", **given)


def test_a_hold_is_news_only_when_it_waits_for_something_else(played: Scene) -> None:
    """The minutes that are left are a number, not a reason."""
    played.begin(quick_policy(min_minutes=60))

    news = [tick(played, minute, serve=minute < 3) for minute in range(1, 8)]

    assert news[0]
    assert not any(news[4:])


def test_a_tick_after_the_end_changes_nothing_and_is_no_news(played: Scene) -> None:
    """However often somebody looks."""
    played.begin()
    command(played, Action.ROLLBACK)
    before = played.controller.record(EXPERIMENT)

    assert not tick(played, 2)
    assert played.controller.record(EXPERIMENT) == before


def test_evidence_of_harm_rolls_back_and_keeps_the_champion(tmp_path: Path) -> None:
    """The decision names the rule, and its evidence is in the log."""
    with scene(tmp_path, behaviour=Behaviour(error_rate=0.6)) as played:
        played.begin()
        minute = 0
        while not played.is_over():
            minute += 1
            tick(played, minute)

        (decision,) = played.store.rollouts.decisions(EXPERIMENT)
        assert decision.action is Action.ROLLBACK
        assert (decision.evidence["stage_candidate_errors"] or 0) > 2
        assert default_baseline(played.store, SIGNATURE) is None


def test_a_refused_command_is_audited_and_changes_nothing(played: Scene) -> None:
    """What is rolled back stays so; who wanted to revive it is on record."""
    played.begin()
    command(played, Action.ROLLBACK)

    action = command(played, Action.PROMOTE)

    (refusal,) = played.store.audit.list(action="rollout.refuse")
    assert action is Action.HOLD
    assert refusal.actor == "ada"
    assert played.controller.record(EXPERIMENT).state.status is Status.ROLLED_BACK


def test_a_champion_taken_back_to_the_apps_own_program_is_no_baseline(played: Scene) -> None:
    """The next rollout is compared with what production runs."""
    played.begin(baseline="own")
    command(played, Action.PROMOTE)
    crowned = default_baseline(played.store, SIGNATURE)
    command(played, Action.ROLLBACK)

    assert crowned == played.candidate
    assert default_baseline(played.store, SIGNATURE) is None


def test_every_decision_is_announced_once_and_always_under_the_same_id(played: Scene) -> None:
    """The start first, numbers without a gap; what was told is left out."""
    played.begin()
    for action in (Action.PAUSE, Action.RESUME, Action.ROLLBACK):
        command(played, action)
    record = played.controller.record(EXPERIMENT)

    told = announcements_of(record)
    played.store.rollouts.mark_announced(EXPERIMENT, before=0, after=2)
    left = announcements_of(played.controller.record(EXPERIMENT))

    assert [step.event.rpartition(".")[2] for step in told] == [
        "started",
        "paused",
        "resumed",
        "rolled_back",
    ]
    assert [step.number for step in told] == [1, 2, 3, 4]
    assert left == told[2:]
    assert len({step.event_id for step in told}) == 4
    assert all(step.payload["reason"] and step.payload["at"] for step in told)


def test_every_action_has_an_event_of_its_own() -> None:
    """A new action can not be forgotten."""
    assert set(EVENTS) == set(Action)
    assert len(set(EVENTS.values())) == len(Action)


def test_holds_at_different_times_are_different_events(played: Scene) -> None:
    """A hold has no number; its time tells it from the next one."""
    record = played.begin()
    first = played.controller.tick(EXPERIMENT, now=NOON + MINUTE).decision
    second = played.controller.tick(EXPERIMENT, now=NOON + timedelta(hours=1)).decision

    ids = {held(record, first).event_id, held(record, second).event_id}

    assert len(ids) == 2
    assert held(record, first).event_id in ids


@pytest.mark.parametrize("damage", ["{}", '{"schema_version": 99}', '"cut off"'])
def test_a_rollout_whose_state_is_damaged_can_still_be_rolled_back(
    played: Scene, damage: str
) -> None:
    """In an emergency the baseline gets all traffic; nothing else is done on a guess."""
    played.begin()
    with played.store.database.writing() as connection:
        connection.execute(text("UPDATE rollouts SET state = :state"), {"state": damage})

    with pytest.raises(DamagedRolloutError, match="roll it back"):
        command(played, Action.PROMOTE)
    assert command(played, Action.ROLLBACK) is Action.ROLLBACK
    command(played, Action.ROLLBACK)  # again is nothing new

    (summary,) = played.store.rollouts.list()
    route = read_config(played.controller.routing).routes[SIGNATURE]
    assert (summary.status, summary.end_reason) == (Status.ROLLED_BACK, "because")
    assert route.effective_percent == 0
    assert [made.actor for made in played.store.rollouts.decisions(EXPERIMENT)] == ["ada"]
    assert len(played.store.audit.list(action="rollout.rollback")) == 1
