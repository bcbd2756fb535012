"""Curators in the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ratchet.errors import ConfigurationError
from ratchet.store import Store
from ratchet.store.curators import CuratorRecord, Role
from tests.builders import NOON

LATER = NOON + timedelta(hours=1)


def curator(name: str = "ada", role: Role = Role.ADMIN, **changes: Any) -> CuratorRecord:
    """A curator with a hash that no token has."""
    record = CuratorRecord(
        name=name, role=role, token_hash="hash of a token", created_at=NOON, created_by="root"
    )
    return replace(record, **changes)


def test_a_curator_comes_back_as_it_was_added(store: Store) -> None:
    """Name, role, hash and who named it."""
    store.curators.add(curator(), is_first=True)

    assert store.curators.get("ada") == curator()
    assert store.curators.get("bob") is None


def test_the_first_needs_nobody_and_the_second_does(store: Store) -> None:
    """Being first is decided inside the transaction, so that two can not both be."""
    store.curators.add(curator(), is_first=True)

    with pytest.raises(ConfigurationError, match="an admin has to name the next"):
        store.curators.add(curator("eve"), is_first=True)

    assert [c.name for c in store.curators.list()] == ["ada"]


def test_a_name_is_given_once(store: Store) -> None:
    """Adding an active curator again says how to get a new token."""
    store.curators.add(curator())

    with pytest.raises(ConfigurationError, match="ratchet curators rotate ada"):
        store.curators.add(curator(role=Role.CURATOR))


def test_a_revoked_curator_stays_listed_and_can_be_named_again(store: Store) -> None:
    """The name stands under decisions; a new start has a new token."""
    store.curators.add(curator())
    store.curators.add(curator("bob", Role.CURATOR))

    gone = store.curators.revoke("bob", actor="ada", at=LATER, reason="left")
    store.curators.add(curator("bob", Role.CURATOR, token_hash="new", created_by="ada"))

    assert (gone.is_active, gone.revoked_at) == (False, LATER)
    assert store.curators.get("bob") == curator(
        "bob", Role.CURATOR, token_hash="new", created_by="ada"
    )


def test_the_last_admin_can_not_be_revoked(store: Store) -> None:
    """Otherwise nobody could name curators any more."""
    store.curators.add(curator())
    store.curators.add(curator("bob", Role.CURATOR))

    with pytest.raises(ConfigurationError, match="ada is the last admin"):
        store.curators.revoke("ada", actor="ada", at=LATER)

    assert store.curators.get("ada") == curator()


def test_every_change_is_audited_without_the_hash(store: Store) -> None:
    """Who did what to whom, when and why; what opens the door is in no trail."""
    store.curators.add(curator())
    store.curators.add(curator("bob", Role.CURATOR, created_by="ada"))
    store.curators.rotate("bob", "another hash", actor="bob", at=LATER)
    store.curators.revoke("bob", actor="ada", at=LATER, reason="left")

    trail = store.audit.list(subject="bob")

    assert [(e.action, e.actor, e.reason) for e in trail] == [
        ("curator.revoke", "ada", "left"),
        ("curator.rotate", "bob", ""),
        ("curator.add", "ada", ""),
    ]
    assert trail[0].before == {"role": "curator", "is_active": True}
    assert trail[0].after == {"role": "curator", "is_active": False}
    assert "hash" not in repr(trail)


@pytest.mark.parametrize("name", ["nobody", "bob"])
def test_who_is_not_there_can_not_be_changed(store: Store, name: str) -> None:
    """An unknown name and a revoked one are refused, and nothing is audited."""
    store.curators.add(curator())
    store.curators.add(curator("bob", Role.CURATOR))
    store.curators.revoke("bob", actor="ada", at=LATER)
    before = len(store.audit.list())

    with pytest.raises(ConfigurationError):
        store.curators.rotate(name, "another hash", actor="ada", at=LATER)

    assert len(store.audit.list()) == before
