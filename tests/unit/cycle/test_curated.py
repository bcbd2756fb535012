"""What curators say about a set before it becomes a version."""

from __future__ import annotations

from ratchet.curation.admission import UNAPPROVED, Admission
from ratchet.cycle.curated import SETTLED, curated
from ratchet.examples import Status
from ratchet.store import Store
from tests.curation_builders import open_example, review, stored

STRICT = Admission(require_approval=True)


def test_what_was_rejected_since_it_was_validated_is_left_out(store: Store) -> None:
    """The store knows better than the file of an earlier stage."""
    rejected = stored(store, open_example(1), kept := open_example(2))
    review(store).reject(rejected, reason="vague")

    found = curated(store, [rejected, kept], Admission())

    assert (found.examples, found.left_out) == ((kept,), {SETTLED: 1})


def test_what_was_approved_since_it_was_validated_goes_in(store: Store) -> None:
    """Where approval is asked for, the rest waits; an unknown example was approved by nobody."""
    approved = stored(store, open_example(1), waiting := open_example(2))
    review(store).approve(approved)

    found = curated(store, [approved, waiting, open_example(3)], STRICT)

    assert found.examples == (approved.evolve(status=Status.APPROVED),)
    assert found.left_out == {UNAPPROVED: 2}


def test_without_manual_curation_nothing_changes(store: Store) -> None:
    """Examples that the store does not hold are as good as before."""
    examples = [open_example(1), open_example(2, status=Status.CANDIDATE)]

    found = curated(store, examples, Admission())

    assert (found.examples, found.left_out) == (tuple(examples), {})
