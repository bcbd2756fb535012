"""Where seeds come from, and what is kept away from training data."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from ratchet import signatures
from ratchet.collect.claude.seeding import Sealed, accepted_parents, failures_of_evaluation
from ratchet.datasets import DatasetFolder
from ratchet.examples import Status
from ratchet.splits import Side
from ratchet.store import Store
from tests.builders import NOON, completeness_example
from tests.cli_builders import good_examples
from tests.store_builders import evaluation

SPEC = signatures.get("validate_completeness")


def scores(low: str, high: str) -> dict[str, dict[str, dict[str, float]]]:
    """Details of an evaluation in which the candidate mended one example and broke another."""
    return {
        "scores": {
            low: {"baseline": 0.9, "candidate": 0.2},
            high: {"baseline": 0.1, "candidate": 1.0},
        }
    }


def test_sealed_rejected_and_written_examples_are_no_parents(store: Store) -> None:
    """A parent is usable, not on the test side, and no strategy's own work."""
    examples = [
        completeness_example(implementation="free", group_id="g1"),
        completeness_example(implementation="sealed", group_id="g2"),
        completeness_example(implementation="written", provenance={"strategy": "persona"}),
        completeness_example(implementation="refused", status=Status.REJECTED),
    ]
    store.examples.add(
        e if e.status is Status.REJECTED else e.evolve(status=Status.ACCEPTED) for e in examples
    )

    found = accepted_parents(store, SPEC, Sealed(group_ids=frozenset({"g2"})))

    assert [e.inputs["implementation"] for e in found] == ["free"]


def test_the_test_side_of_a_version_is_sealed(tmp_path: Path) -> None:
    """All groups of the test side, and no other."""
    folder = DatasetFolder(tmp_path)
    folder.publish(SPEC, good_examples(30), now=NOON, notes="")
    dataset = folder.load(SPEC.name)

    sealed = Sealed.of(dataset).group_ids

    assert sealed == {e.group_id for e in dataset.side(Side.TEST)}
    assert sealed
    assert not sealed & {e.group_id for e in dataset.side(Side.TRAIN)}


def test_of_a_sealed_example_only_the_kind_is_known(store: Store) -> None:
    """The text of what a program got wrong on the test split does not come back."""
    one, other = completeness_example(implementation="1"), completeness_example(implementation="2")
    store.examples.add([one, other])
    store.evaluations.add(evaluation(details=scores(one.example_id, other.example_id)))

    (failure,) = failures_of_evaluation(store, SPEC, Sealed())

    assert failure.reference == one.example_id
    assert (failure.difficulty, failure.category) == (one.difficulty, one.category)
    assert failure.positive is True
    assert (failure.inputs, failure.outputs, failure.group_id) == (None, None, "")


def test_the_current_program_is_the_one_that_was_not_beaten(store: Store) -> None:
    """After a rejected candidate it is the baseline whose mistakes count."""
    one, other = completeness_example(implementation="1"), completeness_example(implementation="2")
    store.examples.add([one, other])
    details = scores(one.example_id, other.example_id)
    store.evaluations.add(evaluation("e1", verdict="reject", split="validation", details=details))

    (failure,) = failures_of_evaluation(store, SPEC, Sealed())

    assert failure.reference == other.example_id
    assert failure.inputs == other.inputs
    assert failure.group_id == other.group_id


def test_an_evaluation_without_scores_is_passed_over(store: Store) -> None:
    """The newest one that kept them counts."""
    one, other = completeness_example(implementation="1"), completeness_example(implementation="2")
    store.examples.add([one, other])
    store.evaluations.add(evaluation("old", details=scores(one.example_id, other.example_id)))
    store.evaluations.add(evaluation("new", created_at=NOON + timedelta(days=1), details={}))

    assert len(failures_of_evaluation(store, SPEC, Sealed())) == 1
