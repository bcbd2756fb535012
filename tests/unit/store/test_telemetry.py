"""Telemetry in the store: taken in once, and handed out in windows that miss nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import event

from ratchet.errors import StoreError
from ratchet.store import Store, open_store
from ratchet.store import telemetry as module
from ratchet.store.telemetry import Arrived, LabelRow, OutcomeRow
from tests.builders import NOON
from tests.spool_builders import EXPERIMENT, batch, label, outcome


def absorb(store: Store, number: int, *rows: OutcomeRow | LabelRow) -> None:
    """Take in a batch of its own file."""
    assert store.telemetry.absorb(batch(number, *rows), now=NOON) is not None


def arrived(store: Store, after: int = 0) -> tuple[list[str], list[str], int]:
    """The ids of what came in after a mark, and the next mark."""
    found = store.telemetry.arrived(EXPERIMENT, after=after)
    ids = [row.request_id for row in found.outcomes], [row.request_id for row in found.labels]
    return *ids, found.upto


def test_a_row_comes_back_as_it_was(store: Store) -> None:
    """Times in UTC, unknown values as None, texts with their characters."""
    full = outcome("a", key="<KEY:a>", input_tokens=2**40, error="é\n", success=False)
    absorb(store, 1, full, outcome("b", minute=1, latency_ms=None, candidate_buckets=None))

    found = store.telemetry.arrived(EXPERIMENT, after=0)

    assert found.outcomes[0] == full
    assert (found.outcomes[1].latency_ms, found.outcomes[1].candidate_buckets) == (None, None)


def test_a_batch_that_does_not_start_at_the_mark_is_refused(store: Store) -> None:
    """Somebody else has read on; nothing of it is stored."""
    absorb(store, 1, outcome("a"))

    late = store.telemetry.absorb(batch(1, outcome("b")), now=NOON)
    early = store.telemetry.absorb(batch(1, outcome("c"), start=20, end=30), now=NOON)

    assert late is early is None
    assert arrived(store) == (["a"], [], 1)


def test_a_batch_is_taken_in_whole_or_not_at_all(store: Store) -> None:
    """When the database fails at the last statement, neither rows nor the mark stay."""

    def fail(_c: object, _u: object, statement: str, *_: object) -> None:
        if "spool_progress" in statement and statement.startswith("INSERT"):
            raise OSError("the disk is gone")

    event.listen(store.database.engine, "before_cursor_execute", fail)
    with pytest.raises(OSError, match="disk"):
        store.telemetry.absorb(batch(1, outcome("a"), label("a")), now=NOON)
    event.remove(store.database.engine, "before_cursor_execute", fail)

    assert arrived(store) == ([], [], 0)
    assert store.telemetry.consumed(["f1"]) == {}
    absorb(store, 1, outcome("a"))
    assert arrived(store)[0] == ["a"]


def test_what_came_in_is_in_the_order_of_time(store: Store) -> None:
    """Files of several processes come in one after the other, their requests ran side by side."""
    absorb(store, 1, outcome("c", minute=3), outcome("a", minute=1), label("a", minute=9))
    absorb(store, 2, outcome("b", minute=2), label("c", minute=5))

    assert arrived(store) == (["a", "b", "c"], ["c", "a"], 5)


def test_other_experiments_and_labels_without_quality_are_left_out(store: Store) -> None:
    """Corrected outputs alone say nothing that a rollout counts."""
    absorb(store, 1, outcome("a"), outcome("b", experiment_id="exp-2"))
    absorb(store, 2, outcome("c", experiment_id=None), label("b"), label("a", quality=None))

    assert arrived(store) == (["a"], [], 5)


def test_a_label_waits_for_its_outcome(store: Store) -> None:
    """Feedback that is faster than the request comes with it."""
    absorb(store, 1, label("a"))
    first = arrived(store)
    absorb(store, 2, outcome("a"))

    assert first == ([], [], 1)
    assert arrived(store, after=1) == (["a"], ["a"], 2)


def test_a_label_that_comes_later_comes_alone(store: Store) -> None:
    """Its outcome was handed out before."""
    absorb(store, 1, outcome("a"))
    absorb(store, 2, label("a"), label("nobody"))

    assert arrived(store, after=1) == ([], ["a"], 3)


def test_nothing_new_is_nothing(store: Store) -> None:
    """A mark at the end, or beyond it, stays."""
    absorb(store, 1, outcome("a"))

    assert store.telemetry.arrived(EXPERIMENT, after=1) == Arrived(
        outcomes=(), labels=(), upto=1, is_all=True
    )
    assert store.telemetry.last_arrival() == 1


@pytest.mark.parametrize("size", [1, 2, 7])
def test_windows_of_any_size_hand_out_every_row_once(store: Store, size: int) -> None:
    """Labels before, with and after their outcomes, read in windows that cut anywhere."""
    rng = random.Random(size)
    rows = [made(f"r{number}") for number in range(12) for made in (outcome, label)]
    rng.shuffle(rows)
    for number in range(0, len(rows), 5):
        absorb(store, number, *rows[number : number + 5])

    outcomes: list[str] = []
    labels: list[str] = []
    after, is_all = 0, False
    while not is_all:
        found = store.telemetry.arrived(EXPERIMENT, after=after, window=size)
        outcomes += [row.request_id for row in found.outcomes]
        labels += [row.request_id for row in found.labels]
        assert set(labels) <= set(outcomes)
        after, is_all = found.upto, found.is_all

    assert sorted(outcomes) == sorted(labels) == sorted(f"r{number}" for number in range(12))


def test_new_labels_are_found_from_the_labels_not_from_all_outcomes(tmp_path: Path) -> None:
    """A tick late in a rollout costs what is new. SQLite has no statistics that tell it so."""
    query = module._new_labels(EXPERIMENT, 100, 200)
    with open_store(f"sqlite:///{tmp_path / 'ratchet.db'}") as store:
        text = query.compile(store.database.engine, compile_kwargs={"literal_binds": True})
        with store.database.reading() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")
            steps = [row[-1] for row in plan]

    later = steps[steps.index("RIGHT") :]
    assert later[1].startswith("SEARCH labels USING INDEX ix_labels_arrival"), steps


def test_a_store_that_is_gone_says_so(store: Store) -> None:
    """A reader gets the store's own error."""
    with store.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE labels")

    with pytest.raises(StoreError):
        store.telemetry.arrived(EXPERIMENT, after=-1)
