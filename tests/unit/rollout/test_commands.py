"""The commands of a person: who and why, rollback wins, a rollback is final."""

from __future__ import annotations

import pytest

from ratchet.errors import InputError
from ratchet.rollout import (
    RolloutState,
    Rule,
    assign,
    observe,
    pause,
    promote,
    resume,
    roll_back,
)
from tests.rollout_builders import begun, fill_stage, minutes_later, mixed, tick_after, to_stage


def test_a_pause_stops_the_clock_and_sends_all_to_the_baseline() -> None:
    """Time in the pause is no time of the stage."""
    state, decision = pause(
        fill_stage(begun()), actor="ann", reason="provider is ill", now=minutes_later(50)
    )
    _, held = tick_after(state, 500)
    resumed, _ = resume(state, actor="bob", reason="well again", now=minutes_later(650))

    _, early = tick_after(resumed, 659)
    _, done = tick_after(resumed, 660)

    assert (decision.actor, decision.rule, state.percent) == ("ann", Rule.PERSON, 0)
    assert assign(state, "any").variant == "baseline"
    assert held.reason == "paused by ann: provider is ill"
    assert (early.action, done.action) == ("hold", "advance")


def test_a_resume_gives_the_breaker_a_fresh_run() -> None:
    """Errors before the pause do not trip it after."""
    state, _ = to_stage(begun(), 2)
    state.evidence.breaker.score = 9.0
    state, _ = pause(state, actor="ann", reason="look", now=minutes_later(130))

    state, _ = resume(state, actor="ann", reason="fixed", now=minutes_later(140))

    assert state.evidence.breaker.score == 0


def test_rollback_wins_over_everything() -> None:
    """From running, paused, watching and completed; and it stays."""
    running = begun()
    paused, _ = pause(running, actor="a", reason="r", now=minutes_later(1))
    watching, _ = to_stage(running, 4)
    completed, _ = promote(running, actor="a", reason="r", now=minutes_later(1))

    for state in (running, paused, watching, completed):
        gone, decision = roll_back(state, actor="ann", reason="users", now=minutes_later(2))

        assert (gone.status, gone.percent) == ("rolled_back", 0)
        assert (decision.action, decision.actor, decision.reason) == ("rollback", "ann", "users")


@pytest.mark.parametrize("command", [pause, resume, promote])
def test_nothing_revives_a_rollback(command) -> None:
    """Promote and roll back at once: whoever comes second finds it final."""
    gone, _ = roll_back(begun(), actor="ann", reason="bad", now=minutes_later(1))

    same, decision = command(gone, actor="bob", reason="but I want it", now=minutes_later(1))

    assert same is gone
    assert decision.refused
    assert "final" in decision.reason


def test_evidence_can_not_revive_a_rollback() -> None:
    """However good what arrives later is."""
    gone, _ = roll_back(begun(), actor="ann", reason="bad", now=minutes_later(1))

    later, decision = tick_after(observe(gone, mixed()), 60)

    assert later == gone
    assert decision.rule is Rule.ENDED


def test_asking_twice_changes_nothing() -> None:
    """A command that was lost on its way back can be sent again."""
    state, _ = pause(begun(), actor="ann", reason="look", now=minutes_later(1))
    again, decision = pause(state, actor="ann", reason="look", now=minutes_later(2))
    running, nothing = resume(begun(), actor="ann", reason="go", now=minutes_later(3))
    gone, _ = roll_back(state, actor="ann", reason="bad", now=minutes_later(4))
    still, twice = roll_back(gone, actor="ann", reason="bad", now=minutes_later(5))
    done, _ = promote(begun(), actor="ann", reason="good", now=minutes_later(5))
    same, third = promote(done, actor="ann", reason="good", now=minutes_later(6))

    assert again is state
    assert still is gone
    assert same is done
    assert running == begun()
    assert not any(each.refused for each in (decision, nothing, twice, third))


def test_a_person_takes_over_an_inconclusive_pause() -> None:
    """Paused by a person, all traffic goes back to the baseline."""
    state, _ = tick_after(begun(), 240)
    assert state.percent == 10

    taken, _ = pause(state, actor="ann", reason="not tonight", now=minutes_later(250))

    assert taken.percent == 0
    assert [each.kind for each in taken.pauses] == ["inconclusive", "person"]
    assert taken.pauses[0].end == minutes_later(250)


@pytest.mark.parametrize(("actor", "reason"), [("", "why"), ("ann", ""), (" ", "why")])
def test_a_command_needs_who_and_why(actor: str, reason: str) -> None:
    """Without them nobody can explain it later."""
    with pytest.raises(InputError):
        roll_back(begun(), actor=actor, reason=reason, now=minutes_later(1))


def test_commands_are_in_the_log_of_the_state() -> None:
    """Each with its actor, after a round trip too."""
    state, _ = pause(begun(), actor="ann", reason="look", now=minutes_later(1))
    state, _ = resume(state, actor="bob", reason="fine", now=minutes_later(2))
    state, _ = promote(state, actor="cy", reason="good", now=minutes_later(3))

    read = RolloutState.from_json(state.to_json())

    log = [(each.action.value, each.actor, each.reason) for each in read.decisions]
    assert log == [("pause", "ann", "look"), ("resume", "bob", "fine"), ("promote", "cy", "good")]
