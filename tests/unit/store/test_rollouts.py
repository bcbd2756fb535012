"""Rollouts in SQL: compare-and-set, one at a time, a log that grows, a champion that follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ratchet import rollout
from ratchet.errors import InputError, StoreError
from ratchet.rollout import Action, RolloutPolicy, Status
from ratchet.store import RolloutRecord, Store
from tests.builders import NOON
from tests.store_builders import program

SIGNATURE = "validate_completeness"
HOUR = timedelta(hours=1)


def record(experiment_id: str = "x", **changes: Any) -> RolloutRecord:
    """A rollout of v2 against v1 that has just begun."""
    signature = changes.pop("signature", SIGNATURE)
    state = rollout.start(
        RolloutPolicy.standard(),
        experiment_id=experiment_id,
        signature=signature,
        salt="s",
        now=changes.pop("now", NOON),
    )
    given = {"baseline_version": "v1", "candidate_version": "v2", "started_by": "ada"}
    return RolloutRecord(state=state, **{**given, **changes})


def commanded(before: RolloutRecord, action: Action, *, hours: int = 1) -> RolloutRecord:
    """The same rollout after a person's command."""
    order = {
        Action.PAUSE: rollout.pause,
        Action.RESUME: rollout.resume,
        Action.PROMOTE: rollout.promote,
        Action.ROLLBACK: rollout.roll_back,
    }[action]
    state, _ = order(before.state, actor="ada", reason="because", now=NOON + hours * HOUR)
    return replace(before, state=state)


def carried_out(store: Store, name: str, action: Action, *, hours: int = 1) -> RolloutRecord:
    """A command carried out on a stored rollout."""
    before = found(store, name)
    written = store.rollouts.replace(before, commanded(before, action, hours=hours))
    assert written is not None
    return written


def found(store: Store, name: str = "x") -> RolloutRecord:
    """A stored rollout."""
    kept = store.rollouts.get(name)
    assert kept is not None
    return kept


@pytest.fixture(autouse=True)
def _programs(store: Store) -> None:
    """The versions that the rollouts are about."""
    for version in ("v1", "v2", "v3"):
        store.programs.add(program(version))
    store.programs.add(program("v2", signature="validate_intent"))


def test_a_rollout_is_read_back_as_it_was_stored(store: Store) -> None:
    """State, versions, marks and the last tick; one that nobody has stored is None."""
    begun = record(absorbed=7)

    store.rollouts.add(begun)

    assert found(store) == begun
    assert store.rollouts.get("other") is None


def test_a_signature_has_one_active_rollout(store: Store) -> None:
    """A second start is refused with the name of the first, until that one has ended."""
    store.rollouts.add(record())

    with pytest.raises(InputError, match="has a rollout under way: x, since 2026-03-01 12:00"):
        store.rollouts.add(record("y"))
    carried_out(store, "x", Action.ROLLBACK)

    store.rollouts.add(record("y", now=NOON + 2 * HOUR))
    active = store.rollouts.list(only_active=True)
    assert [one.experiment_id for one in active] == ["y"]


def test_many_signatures_have_rollouts_at_once(store: Store) -> None:
    """They do not know each other; the routing has one of each."""
    store.rollouts.add(record())
    store.rollouts.add(record("z", signature="validate_intent", baseline_version=None))

    _, speaking = store.rollouts.routing()

    assert {one.signature for one in speaking} == {SIGNATURE, "validate_intent"}


def test_a_candidate_that_is_not_stored_is_refused(store: Store) -> None:
    """Nothing is left of the attempt."""
    with pytest.raises(StoreError):
        store.rollouts.add(record(candidate_version="v9"))

    assert store.rollouts.list() == ()
    assert store.audit.list(action="rollout.start") == ()


def test_who_writes_second_on_the_same_revision_writes_nothing(store: Store) -> None:
    """Neither state nor log nor audit nor champion of the loser is stored."""
    store.rollouts.add(record())
    both_read = found(store)
    first = store.rollouts.replace(both_read, commanded(both_read, Action.PAUSE))

    second = store.rollouts.replace(both_read, commanded(both_read, Action.PROMOTE))

    assert first is not None
    assert second is None
    assert found(store) == first
    assert [d.action for d in store.rollouts.decisions("x")] == [Action.PAUSE]
    assert store.audit.list(action="rollout.promote") == ()
    assert store.programs.champion(SIGNATURE) is None


def test_the_log_only_grows_and_its_rows_are_audited_once(store: Store) -> None:
    """Each decision is a row of the log and one of the audit, in their order."""
    store.rollouts.add(record())
    for hours, action in enumerate((Action.PAUSE, Action.RESUME, Action.ROLLBACK), start=1):
        before = store.rollouts.decisions("x")
        carried_out(store, "x", action, hours=hours)
        assert store.rollouts.decisions("x")[: len(before)] == before

    entries = store.audit.list(subject="x")
    assert store.rollouts.decisions("x") == found(store).state.decisions
    assert [entry.action for entry in reversed(entries)] == [
        "rollout.start",
        "rollout.pause",
        "rollout.resume",
        "rollout.rollback",
    ]


def test_a_completed_rollout_makes_its_candidate_champion(store: Store) -> None:
    """In the same transaction; taken back later, the baseline is champion again."""
    store.rollouts.add(record())

    carried_out(store, "x", Action.PROMOTE)
    promoted = store.programs.champion(SIGNATURE)
    carried_out(store, "x", Action.ROLLBACK, hours=2)

    assert promoted is not None
    assert promoted.version == "v2"
    assert promoted.reason == "rollout x: because"
    assert [one.version for one in store.programs.history(SIGNATURE)] == ["v1", "v2"]
    assert found(store).state.status is Status.ROLLED_BACK


def test_a_rollback_before_the_end_leaves_the_champion(store: Store) -> None:
    """A rollout that failed changes nothing of what production runs."""
    store.programs.set_champion(
        SIGNATURE, "v1", expected_previous=None, actor="ada", reason="first", at=NOON
    )
    store.rollouts.add(record())

    carried_out(store, "x", Action.ROLLBACK)

    assert [one.version for one in store.programs.history(SIGNATURE)] == ["v1"]


def test_a_late_rollback_does_not_dethrone_a_later_champion(store: Store) -> None:
    """Taking v2 back when v3 serves changes neither the champion nor the routing."""
    store.rollouts.add(record())
    carried_out(store, "x", Action.PROMOTE)
    later = NOON + 2 * HOUR
    store.rollouts.add(record("y", baseline_version="v2", candidate_version="v3", now=later))
    carried_out(store, "y", Action.PROMOTE, hours=3)

    carried_out(store, "x", Action.ROLLBACK, hours=4)

    champion = store.programs.champion(SIGNATURE)
    _, (speaking,) = store.rollouts.routing()
    assert champion is not None
    assert champion.version == "v3"
    assert speaking.experiment_id == "y"


def test_a_version_taken_back_gets_no_traffic_from_a_later_rollout_that_failed(
    store: Store,
) -> None:
    """v3 was rolled back to v2; when v2 is taken back as well, v1 serves."""
    store.rollouts.add(record())
    carried_out(store, "x", Action.PROMOTE)
    later = NOON + 2 * HOUR
    store.rollouts.add(record("y", baseline_version="v2", candidate_version="v3", now=later))
    carried_out(store, "y", Action.ROLLBACK, hours=3)
    _, (before,) = store.rollouts.routing()

    carried_out(store, "x", Action.ROLLBACK, hours=4)

    _, (after,) = store.rollouts.routing()
    champion = store.programs.champion(SIGNATURE)
    assert (before.experiment_id, before.baseline_version) == ("y", "v2")
    assert (after.experiment_id, after.baseline_version) == ("x", "v1")
    assert champion is not None
    assert champion.version == "v1"


def test_the_routing_revision_grows_with_every_decision_and_with_nothing_else(
    store: Store,
) -> None:
    """A tick that holds leaves it; a start, a decision and a jump raise it."""
    store.rollouts.add(record())
    started, _ = store.rollouts.routing()
    before = found(store)
    store.rollouts.replace(before, replace(before, ticked_at=NOON + HOUR))
    held, _ = store.rollouts.routing()
    carried_out(store, "x", Action.PAUSE)
    paused, _ = store.rollouts.routing()
    store.rollouts.raise_routing_revision(50)
    store.rollouts.raise_routing_revision(10)

    assert (started, held, paused, store.rollouts.routing()[0]) == (1, 1, 2, 50)


def test_the_mark_of_what_was_told_moves_once(store: Store) -> None:
    """Who wants to move it from where it no longer is does not; writing the state keeps it."""
    store.rollouts.add(record())
    stale = found(store)

    moved = store.rollouts.mark_announced("x", before=0, after=1)
    again = store.rollouts.mark_announced("x", before=0, after=1)
    store.rollouts.replace(stale, commanded(stale, Action.PAUSE))

    assert (moved, again) == (True, False)
    assert found(store).announced == 1
