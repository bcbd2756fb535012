"""The chain of the audit trail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import insert, text

from ratchet.errors import InputError
from ratchet.store import Store, schema
from ratchet.store.audit import append_entry
from ratchet.store.audit_chain import BEFORE_THE_CHAIN, GENESIS, ChainCheck, hash_entry
from tests.builders import NOON
from tests.store_builders import audit_entry

WORDS = st.text(alphabet="abé\u2028", max_size=3)
DOCUMENTS = st.none() | st.dictionaries(WORDS, WORDS | st.integers() | st.booleans(), max_size=2)
MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
ENTRIES = st.fixed_dictionaries(
    {
        "at": MOMENTS,
        "actor": WORDS,
        "action": WORDS,
        "subject": WORDS,
        "reason": WORDS,
        "before": DOCUMENTS,
        "after": DOCUMENTS,
    }
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "entry_id": st.integers(1, 9),
    "at": MOMENTS,
    **dict.fromkeys(("actor", "action", "subject", "reason"), WORDS),
    **dict.fromkeys(("before", "after"), DOCUMENTS),
    "hash": st.none() | st.text("0123456789abcdef", min_size=64, max_size=64),
}


def chained(entries: list[dict[str, Any]], *, older: int = 0) -> list[dict[str, Any]]:
    """Rows as the trail holds them; the first `older` are from before the chain."""
    rows, previous = [], BEFORE_THE_CHAIN if older else GENESIS
    for number, entry in enumerate(entries, start=1):
        row = {**entry, "entry_id": number}
        previous = hash_entry(previous, row)
        rows.append({**row, "hash": None if number <= older else previous})
    return rows


def problems(rows: list[dict[str, Any]]) -> list[str]:
    """What following the rows finds."""
    check = ChainCheck()
    return [found for row in rows if (found := check.problem_of(row))]


@given(st.lists(ENTRIES, max_size=4), st.data())
def test_a_chain_that_nobody_touched_is_whole(
    entries: list[dict[str, Any]], data: st.DataObject
) -> None:
    """With any number of entries from before the chain in front of it."""
    older = data.draw(st.integers(0, len(entries)))

    assert problems(chained(entries, older=older)) == []


@given(st.lists(ENTRIES, min_size=2, max_size=4), st.data())
def test_a_change_of_any_field_of_any_row_is_found(
    entries: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Also in entries from before the chain, and in a hash while another one is left.

    A trail without any hash is one from before the chain; the noted head tells the two apart.
    """
    rows = chained(entries, older=data.draw(st.integers(0, len(entries) - 1)))
    row = data.draw(st.sampled_from(rows))
    name = data.draw(st.sampled_from(sorted(FIELDS)))
    value = data.draw(FIELDS[name])
    assume(value != row[name])

    row[name] = value

    assume(any(each["hash"] for each in rows))
    assert problems(rows)


@given(st.lists(ENTRIES, min_size=2, max_size=5), st.data())
def test_a_row_that_is_taken_out_moved_or_put_in_is_found(
    entries: list[dict[str, Any]], data: st.DataObject
) -> None:
    """A row before the last; a cut end needs the noted hash."""
    rows = chained(entries)
    place = data.draw(st.integers(0, len(rows) - 2))

    without = rows[:place] + rows[place + 1 :]
    swapped = [*rows[:place], rows[place + 1], rows[place], *rows[place + 2 :]]
    twice = [*rows[: place + 1], rows[place], *rows[place + 1 :]]

    assert problems(without)
    assert problems(swapped)
    assert problems(twice)


def test_one_broken_entry_is_one_problem() -> None:
    """What comes after it is compared with the hash that is written there."""
    rows = chained([{**entry_row(), "reason": str(number)} for number in range(5)])
    rows[2]["reason"] = "another"

    (problem,) = problems(rows)

    assert problem.startswith("does not match its hash: it was changed")


def test_the_entries_that_are_gone_are_named() -> None:
    """By the gap in the numbers."""
    rows = chained([entry_row() for _ in range(5)])

    (problem,) = problems([rows[0], *rows[3:]])

    assert problem == ("does not follow what is before it: entries 2 to 3 may have been removed")


def test_every_way_of_appending_makes_one_chain(store: Store) -> None:
    """One by one, several in a transaction, none of a transaction that was taken back."""
    store.audit.append(audit_entry())
    with store.database.writing() as connection:
        append_entry(connection, audit_entry(actor="b"))
        append_entry(connection, audit_entry(actor="c"))
    with pytest.raises(RuntimeError):
        take_back(store)
    store.audit.append(audit_entry(actor="d"))

    records = store.audit.records()
    assert [(r.entry_id, r.entry.actor) for r in records] == [
        (4, "d"),
        (3, "c"),
        (2, "b"),
        (1, "ada"),
    ]
    assert problems(rows_of(store)) == []


def test_entries_are_hashed_as_they_are_read_back(store: Store) -> None:
    """Whatever a database makes of numbers, times, tuples and texts that it can not hold."""
    numbers = {"big": 1e22, "huge": 1.5e300, "zero": -0.0, "tiny": 1e-7}
    odd = {**numbers, "pair": (1.0, True), "text": "\x00"}
    moment = NOON.astimezone(tz=None) + timedelta(microseconds=7)

    store.audit.append(audit_entry(at=moment, before=odd, after=[None, "\ud800"], actor="a\x00"))

    assert problems(rows_of(store)) == []


def test_all_databases_give_the_same_hash(store: Store) -> None:
    """So that a trail can be moved from one to another."""
    store.audit.append(audit_entry(after={"b": 1e22, "a": [1.0]}))

    (record,) = store.audit.records()

    assert record.hash == hash_entry(
        GENESIS,
        {**entry_row(), "entry_id": 1, "after": {"a": [1], "b": 10**22}},
    )


def test_entries_from_before_the_chain_are_folded_into_its_beginning(store: Store) -> None:
    """Appending to an older trail chains the new entries to all that was there."""
    with store.database.writing() as connection:
        connection.execute(insert(schema.audit), [entry_row(), {**entry_row(), "actor": "bob"}])

    store.audit.append(audit_entry())
    whole = problems(rows_of(store))
    tampered = rows_of(store)
    tampered[0]["actor"] = "eve"

    assert whole == []
    assert [row["hash"] is None for row in tampered] == [True, True, False]
    assert len(problems(tampered)) == 1


def test_appending_goes_on_after_a_hash_was_removed(store: Store) -> None:
    """A broken trail stops nobody's work; verifying names the one entry that is broken."""
    for _ in range(2):
        store.audit.append(audit_entry())
    with store.database.writing() as connection:
        connection.execute(insert(schema.audit).values(entry_id=3, **entry_row()))

    store.audit.append(audit_entry())

    (problem,) = problems(rows_of(store))
    assert problem.startswith("has no hash, but entry 2 before it has one")


def test_an_entry_without_a_json_form_is_refused(store: Store) -> None:
    """With the name of the action; nothing of its transaction is stored."""
    with pytest.raises(InputError, match=r"'after' of the audit entry gate\.override has no JSON"):
        store.audit.append(audit_entry(after={"at": NOON}))

    assert store.audit.list() == ()


def take_back(store: Store) -> None:
    """A transaction that writes an entry and then fails."""
    with store.database.writing() as connection:
        append_entry(connection, audit_entry(actor="never"))
        raise RuntimeError


def entry_row() -> dict[str, Any]:
    """An entry as a row, without number and hash."""
    entry = audit_entry()
    names = ("at", "actor", "action", "subject", "reason", "before", "after")
    return {name: getattr(entry, name) for name in names}


def rows_of(store: Store) -> list[dict[str, Any]]:
    """The rows of the trail."""
    with store.database.reading() as connection:
        rows = connection.execute(schema.audit.select().order_by(text("entry_id"))).mappings()
        return [dict(row) for row in rows]
