"""Evaluations and the uses of test splits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ratchet.errors import InputError, StoreError
from ratchet.store import Store
from tests.builders import NOON
from tests.store_builders import evaluation, split_use

SIGNATURE = "validate_completeness"
DATASET = "v20260301_120000"


def test_an_evaluation_comes_back_as_it_was(store: Store) -> None:
    """Every field survives, also those of a void evaluation without scores."""
    full = evaluation()
    void = evaluation(
        "e2", run_id=None, baseline_score=None, candidate_score=None, lower=None, upper=None,
        verdict="void", reasons=(), details={},
    )  # fmt: skip

    assert store.evaluations.add(full)
    assert store.evaluations.add(void)

    assert store.evaluations.get("e1") == full
    assert store.evaluations.get("e2") == void
    assert store.evaluations.get("e3") is None


def test_adding_an_evaluation_again_changes_nothing(store: Store) -> None:
    """The first record of an evaluation stands."""
    store.evaluations.add(evaluation())

    assert not store.evaluations.add(evaluation(verdict="reject"))
    assert store.evaluations.list() == (evaluation(),)


def test_evaluations_are_listed_newest_first_and_narrowed(store: Store) -> None:
    """By signature, run and candidate, at most as many as asked."""
    first = evaluation("e1")
    second = evaluation("e2", created_at=NOON + timedelta(hours=1), run_id="run_2")
    third = evaluation(
        "e3",
        created_at=NOON + timedelta(hours=2),
        signature="validate_intent",
        candidate_version="v3",
    )
    for record in (second, first, third):
        store.evaluations.add(record)

    assert store.evaluations.list() == (third, second, first)
    assert store.evaluations.list(signature=SIGNATURE) == (second, first)
    assert store.evaluations.list(run_id="run_1") == (third, first)
    assert store.evaluations.list(candidate_version="v3") == (third,)
    assert store.evaluations.list(limit=1) == (third,)


def test_impossible_counts_are_refused() -> None:
    """There is no negative number of examples."""
    with pytest.raises(InputError, match="neither can be negative"):
        evaluation(errors=-1)


def test_every_look_at_a_test_split_is_kept(store: Store) -> None:
    """Looks are listed by dataset version, the oldest first; the same look counts once."""
    first = split_use("e1")
    second = split_use("e2", at=NOON + timedelta(hours=1), run_id="run_1")
    elsewhere = split_use("e3", dataset_version="v20260401_120000", at=NOON + timedelta(days=31))

    recorded = [store.evaluations.record_test_use(u) for u in (second, first, elsewhere, first)]

    assert recorded == [True, True, True, False]
    assert store.evaluations.test_uses(SIGNATURE, DATASET) == (first, second)
    assert store.evaluations.test_uses(SIGNATURE) == (first, second, elsewhere)
    assert store.evaluations.test_uses("validate_intent") == ()


@pytest.mark.parametrize("statement", ["UPDATE {} SET n = 0", "DELETE FROM {}"])
def test_a_look_can_not_be_unseen(store: Store, statement: str) -> None:
    """The database itself refuses to change or delete a look."""
    store.evaluations.record_test_use(split_use())

    with (
        pytest.raises(StoreError, match="test_split_uses is append-only"),
        store.database.writing() as connection,
    ):
        connection.exec_driver_sql(statement.format("test_split_uses"))
