"""The shelf of measurements of what sources are worth."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ratchet.errors import InputError
from ratchet.store import Store
from ratchet.store.ablations import AblationRecord
from tests.builders import NOON


def record(name: str, *, at: datetime = NOON, signature: str = "s") -> AblationRecord:
    """A measurement."""
    return AblationRecord(
        ablation_id=name,
        signature=signature,
        at=at,
        dataset_version="v1",
        model="offline/in-context",
        document={"effects": [{"source": "git", "effect": 0.1}]},
    )


def test_the_newest_measurement_of_a_signature_comes_first(store: Store) -> None:
    """Older ones stay, and those of others are apart."""
    for name, days in (("old", 0), ("new", 2), ("middle", 1)):
        assert store.ablations.add(record(name, at=NOON + timedelta(days=days)))
    store.ablations.add(record("other", signature="t"))

    found = store.ablations.list("s")

    assert [one.ablation_id for one in found] == ["new", "middle", "old"]
    assert found[0] == record("new", at=NOON + timedelta(days=2))
    assert [one.ablation_id for one in store.ablations.list("s", limit=1)] == ["new"]


def test_storing_a_measurement_again_changes_nothing(store: Store) -> None:
    """The id says which one it is."""
    store.ablations.add(record("one"))

    assert not store.ablations.add(record("one", at=NOON + timedelta(days=1)))
    assert store.ablations.list("s") == (record("one"),)


def test_a_time_without_a_zone_is_refused() -> None:
    """As everywhere in the store."""
    with pytest.raises(InputError):
        record("one", at=NOON.replace(tzinfo=None))
