"""A review: decisions, each written with its judgement and audit row, each undone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ratchet.curation.review import Review
from ratchet.errors import InputError, StoreError
from ratchet.examples import Difficulty, Example, Status
from ratchet.store import Store
from tests.builders import NOON
from tests.curation_builders import SPEC, curator, open_example, review, stored


def status_of(store: Store, example: Example) -> Status:
    """What the store holds the example as."""
    found = store.examples.get(example.example_id)
    assert found is not None
    return found.status


def reworded(example: Example) -> Example:
    """The example with another explanation."""
    return example.evolve(outputs={**example.outputs, "explanation": "Both are in auth.py."})


def test_a_decision_leaves_who_when_why(store: Store) -> None:
    """As a judgement of the example, and as an entry of the audit trail."""
    example = stored(store, open_example())

    review(store).reject(example, reason="  the label is wrong ")

    (judgement,) = store.examples.judgements(example.example_id)
    (entry,) = store.audit.list(subject=example.example_id)
    assert status_of(store, example) is Status.REJECTED
    assert (judgement.actor, judgement.at, judgement.reason) == ("ada", NOON, "the label is wrong")
    assert (entry.action, entry.actor, entry.reason) == (
        "example.reject",
        "ada",
        "the label is wrong",
    )
    assert (entry.before, entry.after) == ({"status": "accepted"}, {"status": "rejected"})


def test_a_refused_decision_writes_nothing(store: Store) -> None:
    """A rejection without a reason, an approval of what breaks its contract."""
    example = stored(store, open_example(), broken := open_example(1, outputs={"is_complete": 1}))

    with pytest.raises(InputError, match="needs a reason"):
        review(store).reject(example, reason="")
    with pytest.raises(InputError, match="breaks its contract"):
        review(store).approve(broken)

    assert status_of(store, example) is status_of(store, broken) is Status.ACCEPTED
    assert store.audit.list(action="example.approve") == ()


def test_of_two_curators_the_second_is_told(store: Store) -> None:
    """Nobody overwrites a decision that was not on the screen."""
    example = stored(store, open_example())
    review(store).approve(example)
    other = review(store, name="bob")

    with pytest.raises(StoreError, match="changed by somebody else"):
        other.reject(example, reason="no")

    assert status_of(store, example) is Status.APPROVED
    assert other.steps == []


def test_an_edit_makes_a_new_example_and_archives_the_old(store: Store) -> None:
    """The new one names its parent, keeps its group and facts, and is not approved yet."""
    example = stored(store, open_example(provenance={"agreement": 0.7, "tags": ["subtle"]}))

    successor = review(store).edit(example, reworded(example))

    kept = store.examples.get(successor.example_id)
    assert kept == successor
    assert status_of(store, example) is Status.ARCHIVED
    assert (kept.status, kept.group_id) == (Status.CANDIDATE, example.group_id)
    assert kept.provenance == {
        "tags": ["subtle"],
        "parent": example.example_id,
        "edited_by": "ada",
        "edited_at": NOON.isoformat(),
        "edited_fields": ["explanation"],
    }
    (entry,) = store.audit.list(action="example.edit")
    assert entry.after == {"status": "archived", "successor": successor.example_id}


def test_an_edit_that_fails_half_way_leaves_both_as_they_were(store: Store) -> None:
    """New and old change in one transaction."""
    example = stored(store, open_example())
    stale = example.evolve(status=Status.CANDIDATE)  # somebody accepted it since it was shown

    with pytest.raises(StoreError, match="changed by somebody else"):
        review(store).edit(stale, reworded(stale))

    assert status_of(store, example) is Status.ACCEPTED
    assert store.examples.get(reworded(example).example_id) is None


def test_an_edit_into_an_example_that_is_stored_is_refused(store: Store) -> None:
    """The message names that example."""
    example = stored(store, open_example(), twin := reworded(open_example()))

    with pytest.raises(InputError, match=twin.example_id[:8]):
        review(store).edit(example, twin)

    assert status_of(store, example) is Status.ACCEPTED


def test_an_edit_never_brings_back_what_was_forgotten(store: Store) -> None:
    """Not even by typing it again."""
    example = stored(store, open_example(), gone := reworded(open_example()))
    store.removals.forget([gone], subject="gone", actor="ada", reason="asked", at=NOON)

    with pytest.raises(InputError, match="forgotten on request"):
        review(store).edit(example, gone)

    assert store.examples.get(gone.example_id) is None


def test_a_change_of_labels_alone_keeps_the_example(store: Store) -> None:
    """Its content is its identity; difficulty, category and notes are said of it."""
    example = stored(store, open_example())
    session = review(store)

    after = session.edit(example, example.evolve(difficulty=Difficulty.HARD, notes="n"))

    assert store.examples.get(example.example_id) == after
    assert (after.difficulty, after.notes) == (Difficulty.HARD, "n")
    (entry,) = store.audit.list(action="example.relabel")
    assert (entry.before["difficulty"], entry.after["difficulty"]) == ("medium", "hard")
    session.undo()
    assert store.examples.get(example.example_id) == example


def test_an_edit_that_changes_nothing_is_refused(store: Store) -> None:
    """It would leave a row that says nothing."""
    example = stored(store, open_example())

    with pytest.raises(InputError, match="Nothing was changed"):
        review(store).edit(example, example)


def test_undo_goes_back_step_by_step(store: Store) -> None:
    """The last first, to where each began; then there is nothing left."""
    one = stored(store, open_example(1), two := open_example(2), three := open_example(3))
    session = review(store)
    session.approve(one)
    session.reject(two, reason="vague")
    successor = session.edit(three, reworded(three))
    session.approve(successor)
    session.skip(one.evolve(status=Status.APPROVED))

    undone = [step.action for _ in range(5) if (step := session.undo())]

    assert undone == ["skip", "approve", "edit", "reject", "approve"]
    assert session.undo() is None
    assert [status_of(store, e) for e in (one, two, three)] == [Status.ACCEPTED] * 3
    assert status_of(store, successor) is Status.ARCHIVED
    assert store.reviews.skipped("ada") == {}


def test_undo_compensates_and_erases_nothing(store: Store) -> None:
    """Judgements are only ever added."""
    example = stored(store, open_example())
    session = review(store)
    session.approve(example)

    session.undo()

    found = store.examples.judgements(example.example_id)
    assert [(j.status_before, j.status_after, j.reason) for j in found] == [
        (Status.ACCEPTED, Status.APPROVED, ""),
        (Status.APPROVED, Status.ACCEPTED, "undo of approve"),
    ]


def test_undo_does_not_take_back_what_another_decided_since(store: Store) -> None:
    """The step stays on the list, so that nothing is lost from sight."""
    example = stored(store, open_example())
    session = review(store)
    approved = session.approve(example)
    review(store, name="bob").reject(approved, reason="no")

    with pytest.raises(StoreError, match="somebody else"):
        session.undo()

    assert status_of(store, example) is Status.REJECTED
    assert len(session.steps) == 1


def test_an_undone_edit_can_be_made_again(store: Store) -> None:
    """Its example comes back out of the archive."""
    example = stored(store, open_example())
    session = review(store)
    session.edit(example, reworded(example))
    session.undo()

    again = session.edit(example, reworded(example))

    assert status_of(store, again) is Status.CANDIDATE
    assert status_of(store, example) is Status.ARCHIVED


def test_a_skip_is_remembered_for_its_curator(store: Store) -> None:
    """The newest time counts; others see the example as before."""
    example = stored(store, open_example())
    store.reviews.skip(example.example_id, curator="ada", at=NOON)

    Review(store.reviews, SPEC, curator="ada", clock=lambda: NOON + timedelta(1)).skip(example)

    assert store.reviews.skipped("ada") == {example.example_id: NOON + timedelta(1)}
    assert store.reviews.skipped("bob") == {}


def test_what_a_curator_closed_is_settled_and_what_validation_closed_is_not(store: Store) -> None:
    """Collecting the same again brings back the second only."""
    by_hand = stored(store, open_example(1), edited := open_example(2), undone := open_example(3))
    by_rule = open_example(4, status=Status.REJECTED)
    store.examples.add([by_rule])
    store.curators.add(curator("bob"))
    session = review(store)
    session.reject(by_hand, reason="vague")
    session.edit(edited, reworded(edited))
    session.reject(undone, reason="no")
    session.undo()

    ids = [e.example_id for e in (by_hand, edited, undone, by_rule)]
    settled = store.reviews.settled(ids)

    assert settled == {
        by_hand.example_id: "ada rejected it on 2026-03-01: vague",
        edited.example_id: "ada archived it on 2026-03-01: replaced by "
        + reworded(edited).example_id[:8],
    }


def test_an_example_is_found_by_the_start_of_its_id(store: Store) -> None:
    """The wildcards of SQL are letters like others."""
    example = stored(store, open_example())

    assert store.reviews.matching(example.example_id[:8]) == (example.example_id,)
    assert store.reviews.matching("%") == ()
    assert store.reviews.matching("zz") == ()
