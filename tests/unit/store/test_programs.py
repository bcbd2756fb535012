"""Program versions and the line of champions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from ratchet.errors import StoreError
from ratchet.store import AuditEntry, Champion, ProgramKind, Store
from tests.builders import NOON
from tests.store_builders import program

SIGNATURE = "validate_completeness"


def crown(store: Store, version: str, *, after: str | None) -> Champion:
    """Make `version` the champion after `after`."""
    return store.programs.set_champion(
        SIGNATURE, version, expected_previous=after, actor="ada", reason="better", at=NOON
    )


def test_a_program_comes_back_as_it_was(store: Store) -> None:
    """Every field of a program version survives the store."""
    full = program(parent_version="v0", notes="ünïcode")
    bare = program("v0", kind=ProgramKind.BASELINE, dataset_version=None)

    assert store.programs.add(full)
    assert store.programs.add(bare)

    assert store.programs.get(SIGNATURE, "v1") == full
    assert store.programs.get(SIGNATURE, "v0") == bare
    assert store.programs.get(SIGNATURE, "v9") is None


def test_adding_a_version_again_changes_nothing(store: Store) -> None:
    """The same version with the same content may be added as often as one likes."""
    store.programs.add(program())

    assert not store.programs.add(program(notes="again"))
    assert store.programs.list() == (program(),)


def test_a_version_never_changes_its_content(store: Store) -> None:
    """Another content under a taken version is refused, and the first stays."""
    store.programs.add(program())

    with pytest.raises(StoreError, match="Versions never change"):
        store.programs.add(program(sha256="1" * 64))

    assert store.programs.list() == (program(),)


def test_versions_are_listed_newest_first(store: Store) -> None:
    """By time of creation, of one signature or of all."""
    older, newer = program("v1"), program("v2", created_at=NOON + timedelta(days=1))
    other = program("v1", signature="validate_intent", created_at=NOON + timedelta(hours=1))
    for record in (newer, older, other):
        store.programs.add(record)

    assert store.programs.list(SIGNATURE) == (newer, older)
    assert store.programs.list() == (newer, other, older)


def test_champions_form_a_line(store: Store) -> None:
    """Each champion knows whom it followed; the last one reigns."""
    for version in ("v1", "v2"):
        store.programs.add(program(version))
    assert store.programs.champion(SIGNATURE) is None

    first = crown(store, "v1", after=None)
    second = crown(store, "v2", after="v1")
    third = crown(store, "v1", after="v2")

    assert [c.revision for c in (first, second, third)] == [1, 2, 3]
    assert store.programs.champion(SIGNATURE) == third
    assert store.programs.history(SIGNATURE) == (third, second, first)
    assert store.programs.history("validate_intent") == ()


def test_a_champion_change_is_audited(store: Store) -> None:
    """The audit row has the old and new version, the actor and the reason."""
    for version in ("v1", "v2"):
        store.programs.add(program(version))
    crown(store, "v1", after=None)
    crown(store, "v2", after="v1")

    assert store.audit.list(action="champion.set", limit=1) == (
        AuditEntry(
            at=NOON,
            actor="ada",
            action="champion.set",
            subject=SIGNATURE,
            reason="better",
            before="v1",
            after="v2",
        ),
    )


def test_repeating_a_champion_change_changes_nothing(store: Store) -> None:
    """A caller that was killed after the commit asks again and gets the same champion."""
    store.programs.add(program())

    assert crown(store, "v1", after=None) == crown(store, "v1", after=None)
    assert len(store.programs.history(SIGNATURE)) == 1
    assert len(store.audit.list(action="champion.set")) == 1


def test_a_surprised_champion_change_is_refused(store: Store) -> None:
    """Who decided on an older champion has to look again; nothing is written."""
    for version in ("v1", "v2", "v3"):
        store.programs.add(program(version))
    with pytest.raises(StoreError, match="no champion yet"):
        crown(store, "v2", after="v1")
    crown(store, "v1", after=None)
    crown(store, "v2", after="v1")

    with pytest.raises(StoreError, match=r"is v2 \(set by ada at 2026-03-01 12:00:00 UTC\), not"):
        crown(store, "v3", after="v1")

    assert len(store.programs.history(SIGNATURE)) == 2
    assert len(store.audit.list(action="champion.set")) == 2


def test_only_a_stored_version_can_be_champion(store: Store) -> None:
    """A champion that nobody can load is refused."""
    with pytest.raises(StoreError, match="has no version v7"):
        crown(store, "v7", after=None)


def test_of_many_who_race_for_champion_one_wins(store: Store) -> None:
    """Eight threads replace the same champion at once: one does, seven are told so."""
    racers = [f"racer{number}" for number in range(8)]
    for version in ("v1", *racers):
        store.programs.add(program(version))
    crown(store, "v1", after=None)
    start = Barrier(len(racers))

    def race(version: str) -> str:
        start.wait()
        try:
            return crown(store, version, after="v1").version
        except StoreError as error:
            return str(error)

    with ThreadPoolExecutor(len(racers)) as pool:
        answers = list(pool.map(race, racers))

    champion = store.programs.champion(SIGNATURE)
    assert champion is not None
    assert champion.revision == 2
    assert answers.count(champion.version) == 1
    assert sum("Compare with the new champion" in answer for answer in answers) == 7
