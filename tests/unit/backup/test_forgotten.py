"""What was forgotten stays forgotten, whatever backup comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from ratchet.backup.folder import Backup
from ratchet.backup.places import Places
from ratchet.examples import Example
from ratchet.store import Store, open_store, schema
from ratchet.store.audit_verification import verify_trail
from ratchet.store.reburial import Forgetting, bury_again, read_forgetting
from tests.backup_builders import SPEC, back_up, fill, places, restore
from tests.builders import NOON
from tests.dataset_builders import example_set
from tests.postgres import session_server

REASON = "asked\tby \\N\nher \U0001f600"  # what a dump has to escape


def forget(store: Store, *examples: Example, request: str = "") -> None:
    """Forget examples, and a request, on demand."""
    store.removals.forget(
        examples,
        request_ids=[request] if request else [],
        subject=f"request={request}" if request else "source=manual",
        actor="ada",
        reason=REASON,
        at=NOON + timedelta(hours=1),
    )


def add_payload(store: Store, request_id: str, example: Example) -> None:
    """A recorded request with the inputs of an example."""
    row = {
        "request_id": request_id,
        "arrival": 1,
        "signature": example.signature,
        "inputs": dict(example.inputs),
        "outputs": dict(example.outputs),
    }
    with store.database.writing() as connection:
        connection.execute(insert(schema.payloads), [row])


def grown_and_forgotten(where: Places, folder: Path) -> Backup:
    """A backup, and after it two examples are forgotten: an old one and one that came later."""
    fill(where)
    first, *_ = example_set(6)
    (late,) = example_set(1, start=50)
    with open_store(where.database_url) as store:
        add_payload(store, "of the first", first)
        add_payload(store, "by name", late)
    backup = back_up(where, folder)
    with open_store(where.database_url) as store:
        store.examples.add([late], actor="ada")
        forget(store, first, late)
        forget(store, request="by name")
    return backup


def assert_still_forgotten(where: Places, origin: str, notes: tuple[str, ...]) -> None:
    """Content and payloads are gone, are never taken in again, and the trail tells of it."""
    first, *others = example_set(6)
    (late,) = example_set(1, start=50)
    with open_store(where.database_url) as store:
        assert {e.example_id for e in store.examples.find(SPEC.name)} == {
            e.example_id for e in others
        }
        stone = store.removals.tombstone(first.example_id)
        assert stone is not None
        assert (stone.reason, stone.actor, stone.added_by) == (REASON, "ada", "ada")
        assert store.examples.add([first, late]).forgotten == 2
        with store.database.reading() as connection:
            count = select(func.count()).select_from(schema.payloads)
            assert connection.execute(count).scalar_one() == 0
        (entry,) = store.audit.list(action="examples.forget")
        assert set(entry.before["examples"]) == {first.example_id, late.example_id}
        assert origin in entry.reason
        assert verify_trail(store.database).problems == ()
    (said,) = [note for note in notes if "again now: 2 examples" in note]
    assert origin in said
    assert "The content of 1 was in the backup" in said


def test_an_older_backup_does_not_bring_back_what_was_forgotten(
    database_url: str, tmp_path: Path
) -> None:
    """The tombstones of the database that is replaced are carried over."""
    where = places(tmp_path / "a", database_url)
    backup = grown_and_forgotten(where, tmp_path / "b")

    restored = restore(backup, where, force=True)

    assert_still_forgotten(where, "the database that was here", restored.notes)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_where_the_database_is_lost_the_newest_backup_says_what_was_forgotten(
    kind: str, tmp_path: Path
) -> None:
    """Also when an empty database stands in its place by now."""
    with two_databases(kind) as (url, other):
        where = places(tmp_path / "a", url)
        backup = grown_and_forgotten(where, tmp_path / "b")
        newest = back_up(where, tmp_path / "b", minutes=90, as_archive=True)
        elsewhere = places(tmp_path / "c", other)
        with open_store(elsewhere.database_url):
            pass

        restored = restore(backup, elsewhere)

        assert_still_forgotten(elsewhere, f"the backup {newest.name}", restored.notes)


@contextmanager
def two_databases(kind: str) -> Iterator[tuple[str, str]]:
    """Two databases of a kind; an empty URL is SQLite's own place."""
    if kind == "sqlite":
        yield "", ""
        return
    with session_server().fresh_database() as url, session_server().fresh_database() as other:
        yield url, other


def test_a_database_that_can_not_be_read_is_asked_by_its_newest_backup(tmp_path: Path) -> None:
    """Damage loses no tombstone, and is told."""
    where = places(tmp_path / "a")
    backup = grown_and_forgotten(where, tmp_path / "b")
    newest = back_up(where, tmp_path / "b", minutes=90)
    assert where.sqlite_file is not None
    where.sqlite_file.write_bytes(b"this was a database once")

    restored = restore(backup, where, force=True)

    assert any("What was forgotten here could not be read" in note for note in restored.notes)
    assert_still_forgotten(where, f"the backup {newest.name}", restored.notes)


def test_nothing_forgotten_nothing_told(tmp_path: Path) -> None:
    """Without tombstones a restore says nothing of them."""
    where = fill(places(tmp_path / "a"))
    backup = back_up(where, tmp_path / "b")

    restored = restore(backup, where, force=True)

    assert not any("orgotten" in note for note in restored.notes)


def test_burying_again_is_safe_to_repeat(store: Store) -> None:
    """The second time finds nothing to do and writes no entry."""
    one, two, three = example_set(3)
    store.examples.add([one, two, three], actor="ada")
    forget(store, one)
    with store.database.reading() as connection:
        (stone,) = read_forgetting(connection).tombstones
    said = Forgetting(tombstones=(stone,)) | Forgetting(request_ids=("unknown",))

    for _ in range(2):
        done = bury_again(
            store.database, said, subject="backup=b", actor="ada", reason="restored", at=NOON
        )
        assert done.is_nothing

    assert len(store.audit.list(action="examples.forget")) == 1
