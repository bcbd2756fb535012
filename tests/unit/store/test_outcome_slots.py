"""Production by slot of time: as the rows say, whatever came when, and computed once."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import delete, update

from ratchet.monitoring.histogram import class_of
from ratchet.monitoring.slots import HOUR, Slot, Traffic, slots_until
from ratchet.store import Store, outcome_slots, schema
from ratchet.store.outcome_slots import Looked, look_at_slots, signatures_seen
from ratchet.store.slot_memory import NAME, Memory, remember
from ratchet.store.telemetry import LabelRow, OutcomeRow
from tests.builders import NOON
from tests.control_builders import absorb, label, outcome
from tests.monitoring_builders import SIGNATURE

DAYS = 3
SLOTS = tuple(slots_until(NOON, signature=SIGNATURE, days=DAYS))


def look(store: Store, *, now: datetime = NOON) -> Looked:
    """A look at the slots of one signature."""
    return look_at_slots(store.database, SLOTS, now=now)


def requests(count: int, *, seed: int = 1) -> list[OutcomeRow]:
    """Requests over the last four days; some fail, some have no latency or cost."""
    rng = random.Random(seed)
    return [
        outcome(
            f"q{seed}-{number}",
            at=NOON - timedelta(hours=rng.uniform(0, 96)),
            latency_ms=rng.choice([None, rng.lognormvariate(6, 1)]),
            cost_usd=rng.choice([None, 0.25]),
            success=rng.random() > 0.2,
        )
        for number in range(count)
    ]


def expected(outcomes: list[OutcomeRow], labels: list[LabelRow]) -> dict[Slot, Traffic]:
    """What the slots are, counted row by row."""
    found = {}
    for slot in SLOTS:
        inside = [row for row in outcomes if slot.start <= row.at < slot.end]
        qualities = [
            quality for row in inside if (quality := _quality(row.request_id, labels)) is not None
        ]
        if inside:
            found[slot] = Traffic(
                requests=len(inside),
                errors=sum(not row.success for row in inside),
                latencies=Counter(
                    class_of(r.latency_ms) for r in inside if r.latency_ms is not None
                ),
                input_tokens=100 * len(inside),
                output_tokens=20 * len(inside),
                cost_usd=sum(row.cost_usd or 0.0 for row in inside),
                judged=len(qualities),
                quality_sum=sum(qualities),
                quality_squares=sum(quality**2 for quality in qualities),
            )
    return found


def _quality(request_id: str, labels: list[LabelRow]) -> float | None:
    ours = [row for row in labels if row.request_id == request_id and row.quality_score is not None]
    newest = sorted(ours, key=lambda row: (row.at, -(row.quality_score or 0)))
    return newest[-1].quality_score if newest else None


def rounded(slots: dict[Slot, Traffic]) -> dict[Slot, Traffic]:
    """Sums of binary fractions in any order."""
    return {
        slot: replace(
            traffic,
            latencies=dict(sorted(traffic.latencies.items())),
            cost_usd=round(traffic.cost_usd, 6),
            quality_sum=round(traffic.quality_sum, 6),
            quality_squares=round(traffic.quality_squares, 6),
        )
        for slot, traffic in slots.items()
    }


def test_the_slots_are_what_the_rows_say_whatever_came_in_which_order(store: Store) -> None:
    """Requests late and early, labels before their request, again, and after an earlier look."""
    rng = random.Random(7)
    outcomes, labels = requests(300), list[LabelRow]()
    for round_number in range(6):
        part = outcomes[round_number * 50 : (round_number + 1) * 50]
        known = outcomes[: (round_number + 2) * 50]  # some of them not yet taken in
        new = [
            label(row.request_id, rng.choice([None, rng.random()]), minutes=rng.uniform(0, 9))
            for row in rng.sample(known, 20)
        ]
        absorb(store, part, new)
        labels += new

        seen = look(store)

        so_far = outcomes[: (round_number + 1) * 50]
        assert rounded(dict(seen.slots)) == rounded(expected(so_far, labels))


def test_a_second_look_computes_nothing_and_a_new_request_its_own_slot(store: Store) -> None:
    """The price of a look does not grow with what was seen before."""
    absorb(store, requests(200))
    first = look(store)
    again = look(store)
    absorb(store, [outcome(at=NOON - HOUR)])
    after = look(store)

    assert first.computed == len(first.slots) > 20
    assert (again.computed, again.slots) == (0, first.slots)
    assert after.computed == 1


def test_one_look_reads_so_much_at_most_and_the_next_ones_go_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest first; in the end all is as it would have been at once."""
    outcomes = requests(300)
    absorb(store, outcomes)
    monkeypatch.setattr(outcome_slots, "MOST_REQUESTS", 100)

    first = look(store)
    looks = [look(store) for _ in range(12)]

    oldest = min(slot.start for slot in first.slots)
    pending = [slot for slot in expected(outcomes, []) if slot not in first.slots]
    assert first.pending == len(pending) > 0
    assert max(slot.start for slot in pending) < oldest
    assert looks[-1].pending == 0
    assert rounded(dict(looks[-1].slots)) == rounded(expected(outcomes, []))


def test_many_labels_at_once_are_counted_with_their_slots(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where moving them one by one would take longer."""
    outcomes = requests(50)
    absorb(store, outcomes)
    look(store)
    labels = [label(row.request_id, 0.5) for row in outcomes]
    absorb(store, [], labels)
    monkeypatch.setattr(outcome_slots, "MANY_LABELS", 10)

    seen = look(store)

    assert seen.computed == len(seen.slots)
    assert rounded(dict(seen.slots)) == rounded(expected(outcomes, labels))


def test_new_labels_move_their_slot_without_computing_it_anew(store: Store) -> None:
    """Feedback comes for days; its requests are not read again."""
    absorb(store, [outcome("a"), outcome("b")])
    look(store)
    absorb(store, [], [label("a", 0.5), label("b", 1.0), label("a", 0.75, minutes=1)])

    seen = look(store)

    (traffic,) = seen.slots.values()
    assert seen.computed == 0
    assert (traffic.judged, traffic.mean_quality) == (2, 0.875)


def test_requests_that_were_removed_are_gone_from_their_slot(store: Store) -> None:
    """Retention takes rows away; what is remembered follows."""
    absorb(store, [outcome("a"), outcome("b")])
    look(store)
    with store.database.writing() as connection:
        connection.execute(delete(schema.outcomes).where(schema.outcomes.c.request_id == "a"))

    (traffic,) = look(store).slots.values()

    assert traffic.requests == 1


@pytest.mark.parametrize("document", [{}, [], {"schema_version": 99}, {"schema_version": 1}])
def test_a_damaged_memory_is_made_anew(store: Store, document: object) -> None:
    """It is nothing but a memory."""
    absorb(store, [outcome("a")])
    before = look(store)
    with store.database.writing() as connection:
        statement = update(schema.checks).where(schema.checks.c.name == NAME)
        connection.execute(statement.values(document=document))

    again = look(store)

    assert again.slots == before.slots
    assert look(store).computed == 0


def test_of_two_looks_at_once_the_later_one_writes_nothing(store: Store) -> None:
    """Or the labels of the first would be counted twice."""
    absorb(store, [outcome("a")])
    look(store)
    stale = Memory(labels_upto=9, read_at=NOON - HOUR)

    assert not remember(store.database, stale, now=NOON)
    assert not remember(store.database, Memory(), now=NOON)
    assert look(store).computed == 0


def test_a_database_that_was_put_back_forgets_later_labels(store: Store) -> None:
    """A backup knows fewer arrivals than were remembered."""
    absorb(store, [outcome("a")])
    look(store)
    with store.database.writing() as connection:
        connection.execute(update(schema.counters).values(value=0))

    assert look(store).computed == 1


def test_every_signature_with_requests_is_seen_with_its_newest(store: Store) -> None:
    """Found by hops in the index; none at all is no failure."""
    assert signatures_seen(store.database) == {}
    absorb(
        store,
        [
            outcome(signature="b", at=NOON - HOUR),
            outcome(signature="b"),
            outcome(signature="a", at=NOON - 2 * HOUR),
        ],
    )

    assert signatures_seen(store.database) == {"a": NOON - 2 * HOUR, "b": NOON}


def test_slots_follow_each_other_without_a_gap() -> None:
    """Days up to the day before yesterday, then hours up to this one."""
    assert SLOTS[0].start == datetime.fromisoformat("2026-02-25T00:00+00:00")
    assert all(one.end == other.start for one, other in pairwise(SLOTS))
    assert SLOTS[-1].start == NOON
    assert len(SLOTS) == DAYS + 24 + 13
