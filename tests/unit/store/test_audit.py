"""The audit trail."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ratchet.errors import InputError, StoreError
from ratchet.store import Store
from tests.builders import NOON
from tests.store_builders import audit_entry


def test_an_entry_comes_back_as_it_was(store: Store) -> None:
    """Every field survives; what there was nothing to say about is None."""
    full, bare = audit_entry(), audit_entry(before=None, after=None, reason="")

    store.audit.append(full)
    store.audit.append(bare)

    assert store.audit.list() == (bare, full)


def test_entries_are_narrowed(store: Store) -> None:
    """By subject, action and time, at most as many as asked."""
    first = audit_entry(subject="a")
    second = audit_entry(subject="b", action="dataset.publish", at=NOON + timedelta(hours=1))
    for entry in (first, second):
        store.audit.append(entry)

    assert store.audit.list(subject="a") == (first,)
    assert store.audit.list(action="dataset.publish") == (second,)
    assert store.audit.list(since=NOON + timedelta(minutes=1)) == (second,)
    assert store.audit.list(limit=1) == (second,)


def test_evidence_that_a_database_can_not_hold_is_cleaned(store: Store) -> None:
    """A NUL deep inside the evidence does not lose the entry."""
    store.audit.append(audit_entry(after={"k\x00": ["a\x00b"]}))

    (entry,) = store.audit.list()

    assert entry.after == {"k\N{REPLACEMENT CHARACTER}": ["a\N{REPLACEMENT CHARACTER}b"]}


@pytest.mark.parametrize("statement", ["UPDATE {} SET actor = 'eve'", "DELETE FROM {}"])
def test_the_trail_is_append_only(store: Store, statement: str) -> None:
    """The database itself refuses to change or delete an entry."""
    store.audit.append(audit_entry())

    with (
        pytest.raises(StoreError, match="audit is append-only"),
        store.database.writing() as connection,
    ):
        connection.exec_driver_sql(statement.format("audit"))

    assert store.audit.list() == (audit_entry(),)


def test_a_naive_time_is_refused() -> None:
    """An entry without a time zone could mean any hour."""
    with pytest.raises(InputError, match="no time zone"):
        audit_entry(at=datetime(2026, 3, 1))  # noqa: DTZ001 - the mistake under test
