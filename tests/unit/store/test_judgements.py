"""Judgements of stored examples."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ratchet.errors import InputError, StoreError
from ratchet.examples import ExampleId, Status
from ratchet.store import Judged, Judgement, JudgementRecord, Store
from ratchet.store.examples import CHUNK
from tests.builders import NOON, completeness_example
from tests.store_builders import numbered_examples

LATER = NOON + timedelta(hours=1)


def test_a_judgement_changes_the_example_and_leaves_a_row(store: Store) -> None:
    """Status and score are the new ones; the row has the old ones, the reason and the actor."""
    example = completeness_example(quality_score=40)
    store.examples.add([example])
    judgement = Judgement(
        example_id=example.example_id, status=Status.ACCEPTED, quality_score=80, reason="clear"
    )

    judged = store.examples.judge([judgement], actor="validation", at=LATER)

    assert judged == Judged(changed=1)
    assert store.examples.get(example.example_id) == example.evolve(
        status=Status.ACCEPTED, quality_score=80
    )
    assert store.examples.judgements(example.example_id) == [
        JudgementRecord(
            example_id=example.example_id,
            status_before=Status.CANDIDATE,
            status_after=Status.ACCEPTED,
            quality_before=40,
            quality_after=80,
            reason="clear",
            actor="validation",
            at=LATER,
        )
    ]


def test_repeating_a_judgement_changes_nothing(store: Store) -> None:
    """The second time nothing is different, so there is no second row."""
    example = completeness_example()
    store.examples.add([example])
    judgement = Judgement(example_id=example.example_id, status=Status.REJECTED)

    store.examples.judge([judgement], actor="gate", at=NOON)
    again = store.examples.judge([judgement], actor="gate", at=LATER)

    assert again == Judged(unchanged=1)
    assert len(store.examples.judgements(example.example_id)) == 1


def test_a_judgement_without_a_score_keeps_the_score(store: Store) -> None:
    """Archiving an example does not forget how good it was."""
    example = completeness_example(quality_score=77)
    store.examples.add([example])

    store.examples.judge(
        [Judgement(example_id=example.example_id, status=Status.ARCHIVED)], actor="ada", at=NOON
    )

    assert store.examples.get(example.example_id) == example.evolve(status=Status.ARCHIVED)


def test_unknown_examples_are_named_and_the_others_judged(store: Store) -> None:
    """An id that is not stored is data, not an error."""
    example = completeness_example()
    unknown = ExampleId("f" * 32)
    store.examples.add([example])

    judged = store.examples.judge(
        [
            Judgement(example_id=unknown, status=Status.ACCEPTED),
            Judgement(example_id=example.example_id, status=Status.ACCEPTED),
        ],
        actor="ada",
        at=NOON,
    )

    assert judged == Judged(changed=1, unknown=(unknown,))


def test_the_last_of_two_judgements_holds(store: Store) -> None:
    """Two judgements on one example in one batch are one change, to the later."""
    example = completeness_example()
    store.examples.add([example])
    both = [
        Judgement(example_id=example.example_id, status=status)
        for status in (Status.ACCEPTED, Status.QUARANTINED)
    ]

    judged = store.examples.judge(both, actor="ada", at=NOON)

    assert judged == Judged(changed=1)
    assert store.examples.get(example.example_id) == example.evolve(status=Status.QUARANTINED)


def test_more_judgements_than_a_chunk(store: Store) -> None:
    """A long stream of judgements is applied whole."""
    examples = list(numbered_examples(CHUNK + 1))
    store.examples.add(examples)

    judged = store.examples.judge(
        (Judgement(example_id=e.example_id, status=Status.ACCEPTED) for e in examples),
        actor="ada",
        at=NOON,
    )

    assert judged == Judged(changed=CHUNK + 1)
    assert store.examples.statistics("validate_completeness").statuses == {"accepted": CHUNK + 1}


@pytest.mark.parametrize("statement", ["UPDATE {} SET reason = ''", "DELETE FROM {}"])
def test_judgements_are_append_only(store: Store, statement: str) -> None:
    """The database itself refuses to change or delete a judgement."""
    example = completeness_example()
    store.examples.add([example])
    store.examples.judge(
        [Judgement(example_id=example.example_id, status=Status.ACCEPTED)], actor="ada", at=NOON
    )

    with (
        pytest.raises(StoreError, match="example_judgements is append-only"),
        store.database.writing() as connection,
    ):
        connection.exec_driver_sql(statement.format("example_judgements"))


def test_impossible_judgements_are_refused() -> None:
    """A score is 0..100."""
    with pytest.raises(InputError, match=r"must be 0\.\.100"):
        Judgement(example_id=ExampleId("a"), status=Status.ACCEPTED, quality_score=100.5)


def test_a_naive_time_is_refused(store: Store) -> None:
    """A judgement without a time zone could mean any hour."""
    with pytest.raises(InputError, match="no time zone"):
        store.examples.judge(
            [Judgement(example_id=ExampleId("a"), status=Status.ACCEPTED)],
            actor="ada",
            at=datetime(2026, 3, 1),  # noqa: DTZ001 - the mistake under test
        )
