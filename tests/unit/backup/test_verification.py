"""Verification finds every kind of damage, for it restores and recomputes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import text

from ratchet.backup.folder import Backup
from ratchet.backup.places import Part, Places
from ratchet.backup.sqlite_copy import execute
from ratchet.datasets.layout import DATASET_FILE
from ratchet.store import open_store
from tests.backup_builders import SPEC, back_up, fill, places, restore, verify
from tests.postgres import LOCKED_PASSWORD, LOCKED_USER, session_server
from tests.unit.backup.test_restoring import reissued


@pytest.fixture
def where(tmp_path: Path) -> Places:
    """A filled installation."""
    return fill(places(tmp_path / "a"))


@pytest.fixture
def backup(where: Places, tmp_path: Path) -> Backup:
    """A backup of it."""
    return back_up(where, tmp_path / "b")


def overwrite(backup: Backup, name: str, content: bytes) -> Backup:
    """A file changed, and the manifest with it, as by somebody who knows what he does."""
    path = backup.path / name
    path.chmod(0o644)
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    files = tuple(
        replace(file, size_bytes=len(content), sha256=digest) if file.name == name else file
        for file in backup.contents.files
    )
    return reissued(backup, files=files)


def test_a_backup_verifies_again_after_it_was_restored(
    where: Places, backup: Backup, tmp_path: Path
) -> None:
    """Verifying and restoring change nothing in it."""
    assert verify(backup, where).is_whole
    restore(backup, places(tmp_path / "c"))
    assert verify(backup, where).is_whole


def test_a_flipped_bit_in_any_file_is_found(where: Places, backup: Backup) -> None:
    """Each file is hashed, and named when it is not what it was."""
    for file in backup.contents.files:
        path = backup.path / file.name
        whole = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])

        (problem,) = verify(backup, where).problems

        assert problem.startswith(f"{file.name} has the hash")
        path.write_bytes(whole)


def test_missing_added_and_linked_files_are_found(where: Places, backup: Backup) -> None:
    """The manifest names what has to be there, and nothing else may be."""
    files = [backup.path / file.name for file in backup.contents.of_part(Part.DATASETS)]
    files[0].unlink()
    files[1].unlink()
    files[1].symlink_to("/etc/hostname")
    (backup.path / "runs" / "extra").write_text("x")

    problems = "\n".join(verify(backup, where).problems)

    assert f"{files[0].relative_to(backup.path)} can not be read: No such file" in problems
    assert f"{files[1].relative_to(backup.path)} is a link" in problems
    assert "runs/extra is not in the manifest" in problems


def test_an_example_changed_with_the_manifest_is_found(where: Places, backup: Backup) -> None:
    """The dataset's own hashes say so."""
    file = next(f for f in backup.contents.files if f.name.endswith(DATASET_FILE))
    items = json.loads((backup.path / file.name).read_bytes())
    items[0]["outputs"]["explanation"] = "other"

    problems = verify(overwrite(backup, file.name, json.dumps(items).encode()), where).problems

    assert any("content_sha256 is" in problem for problem in problems)


def test_a_program_changed_with_the_manifest_is_found(where: Places, backup: Backup) -> None:
    """The program's own hash says so, and that of the database."""
    file = next(f for f in backup.contents.files if f.name.endswith("program.json"))

    problems = verify(overwrite(backup, file.name, b"{}\n"), where).problems

    assert any("was changed after it was published" in problem for problem in problems)


def test_rows_changed_with_the_manifest_are_found(where: Places, backup: Backup) -> None:
    """Counts, orphans and the hashes of the audit trail."""
    path = backup.path / "database" / "ratchet.db"
    path.chmod(0o644)
    execute(
        path,
        (
            "DROP TRIGGER audit_no_update",
            "UPDATE audit SET actor = 'eve' WHERE entry_id = 1",
            "DELETE FROM examples WHERE rowid = 1",
        ),
    )

    problems = "\n".join(
        verify(overwrite(backup, "database/ratchet.db", path.read_bytes()), where).problems
    )

    assert "The table examples has 5 rows, but the manifest says 6." in problems
    assert "entry 1 does not match its hash" in problems


def test_a_program_that_the_database_names_and_nobody_has_is_a_remark(
    where: Places, tmp_path: Path
) -> None:
    """It was lost before; the backup is whole all the same."""
    for path in sorted((where.programs / SPEC.name).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()

    found = verify(back_up(where, tmp_path / "b"), where)

    assert found.is_whole
    assert "are not in the backup" in found.remarks[0]


def test_a_postgresql_dump_is_restored_into_a_database_of_its_own(tmp_path: Path) -> None:
    """Which is gone afterwards, as are those of killed ones after a day; a cut dump is found."""
    with session_server().fresh_database() as url:
        where = fill(places(tmp_path / "a", url))
        backup = back_up(where, tmp_path / "b")
        stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
        old, young = (
            "ratchet_verify_20260301000000_of_a_killed_one",
            f"ratchet_verify_{stamp}_young",
        )
        for name in (old, young):
            session_server().execute(SQL("CREATE DATABASE {}").format(Identifier(name)))

        assert verify(backup, where).problems == ()
        with open_store(url) as store, store.database.reading() as connection:
            names = connection.execute(text("SELECT datname FROM pg_database")).scalars().all()
            assert [name for name in names if name.startswith("ratchet_verify_")] == [young]
        session_server().execute(SQL("DROP DATABASE {}").format(Identifier(young)))

        dump = backup.path / "database" / "ratchet.pgdump"
        cut = overwrite(backup, "database/ratchet.pgdump", dump.read_bytes()[:-5_000])
        assert any("Reading the dump failed" in line for line in verify(cut, where).problems)


def test_a_user_who_may_create_no_database_gets_the_weaker_check_and_is_told(
    tmp_path: Path,
) -> None:
    """The dump is read to its end and its rows are counted."""
    server = session_server()
    with server.fresh_database() as url:
        where = fill(places(tmp_path / "a", url))
        backup = back_up(where, tmp_path / "b")
        name = url.rpartition("@/")[2].partition("?")[0]
        theirs = server.url(name, user=LOCKED_USER, password=LOCKED_PASSWORD)
        database = backup.contents.database
        assert database is not None

        found = verify(backup, replace(where, database_url=theirs))
        tables = {**database.tables, "examples": 7}
        counted = verify(
            reissued(backup, database=replace(database, tables=tables)),
            replace(where, database_url=theirs),
        )

    assert found.is_whole
    assert "the weaker check" in found.remarks[0]
    assert counted.problems == ("The dump has 6 rows of examples, but the manifest says 7.",)
