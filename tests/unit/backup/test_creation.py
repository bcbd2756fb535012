"""Making a backup: what is in it, what is not, and the moment it shows."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

from ratchet.backup.creation import BackupRequest, create_backup
from ratchet.backup.folder import one_writer, read_backup
from ratchet.backup.places import Part
from ratchet.backup.postgresql_tools import PostgresTools
from ratchet.errors import ConfigurationError, InputError, StoreError
from ratchet.serving.spool import SpoolWriter
from ratchet.store import open_store
from tests.backup_builders import SPEC, SPOOLED, back_up, fill, places, silent, verify, write
from tests.builders import NOON
from tests.dataset_builders import example_set
from tests.postgres import session_server


def test_a_backup_holds_every_part_and_no_cache(database_url: str, tmp_path: Path) -> None:
    """The manifest counts rows and names versions, hashes and the head of the audit trail."""
    backup = back_up(fill(places(tmp_path / "a", database_url)), tmp_path / "b", note="n")

    held = backup.contents
    assert {file.part for file in held.files} == set(Part) - {Part.CONFIGURATION}
    assert held.database is not None
    assert held.database.tables["examples"] == 6
    assert held.database.audit_head is not None
    assert held.database.audit_head.hash
    assert [fact.examples for fact in held.datasets] == [4, 6]
    assert held.latest == {SPEC.name: "v20260301_130000"}
    assert len(held.programs) == 1
    names = " ".join(file.name for file in held.files)
    for word in ("cache", "collected_data", "pseudonym.key", "backups"):
        assert word not in names
    assert read_backup(backup.path) == backup


def test_the_files_of_a_backup_are_private_and_read_only(tmp_path: Path) -> None:
    """Telemetry and examples are nobody else's business, and a backup is never changed."""
    backup = back_up(fill(places(tmp_path / "a")), tmp_path / "b")

    assert stat.S_IMODE(backup.path.stat().st_mode) == 0o700
    for path in backup.path.rglob("*"):
        assert path.is_dir() or stat.S_IMODE(path.stat().st_mode) & 0o222 == 0, path


def test_no_password_gets_into_a_backup(tmp_path: Path) -> None:
    """Neither that of the database's address, nor one of the settings file."""
    server = session_server()
    with server.fresh_database() as url:
        secret_url = url.replace("postgres:@", "postgres:hunter2@")
        where = fill(places(tmp_path / "a", secret_url))
        write(where.configuration, f'database_url = "{secret_url}"\napi_key = "hunter2"\n')

        backup = back_up(where, tmp_path / "b")

    for path in backup.path.rglob("*"):
        assert path.is_dir() or b"hunter2" not in path.read_bytes(), path
    assert backup.contents.of_part(Part.CONFIGURATION)
    assert "database_url, api_key" in " ".join(backup.contents.left_out)


def test_the_database_is_one_moment_while_others_write_to_it(tmp_path: Path) -> None:
    """The copy is whole, writers are not kept waiting, and its counts are its own."""
    where = fill(places(tmp_path / "a"))
    file = where.sqlite_file
    assert file is not None
    written, stop = [0], threading.Event()

    def write_on() -> None:
        with closing(sqlite3.connect(file, isolation_level=None, timeout=30)) as connection:
            while not stop.is_set():
                connection.execute(
                    "INSERT INTO counters VALUES (?, 1)", (f"c{written[0]}",)
                )  # each its own transaction
                written[0] += 1

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        first = back_up(where, tmp_path / "b")
        before = written[0]
        second = back_up(where, tmp_path / "b", minutes=1)
        during = written[0] - before
    finally:
        stop.set()
        writer.join()

    counts = [
        b.contents.database.tables["counters"] for b in (first, second) if b.contents.database
    ]
    assert counts == sorted(counts)
    assert counts[1] <= written[0]
    assert during > 0
    assert [verify(backup, where).problems for backup in (first, second)] == [(), ()]


def test_what_is_ingested_meanwhile_is_in_the_spool_of_the_backup(tmp_path: Path) -> None:
    """The spool is copied before the database, so that no request falls between them."""
    where = fill(places(tmp_path / "a"))
    order: list[str] = []
    request = BackupRequest(places=where, folder=tmp_path / "b")

    def watch(_done: int, _total: int, what: str) -> None:
        if not order:
            (where.telemetry / SPOOLED).unlink()  # as an ingestion does when it is done
        order.append(what)

    backup = create_backup(request, now=NOON, progress=watch)

    assert order[0] == "of the database"
    assert [file.place for file in backup.contents.of_part(Part.TELEMETRY)] == [SPOOLED]


def test_a_spool_file_that_grows_is_cut_after_a_whole_line(tmp_path: Path) -> None:
    """Half a line would be taken for the end of a killed app."""
    where = places(tmp_path / "a")
    writer = SpoolWriter(where.telemetry, max_bytes=10**6, max_seconds=10**6, now=lambda: 0.0)
    writer.append(b'{"request_id": "r1"}\n{"request_')

    backup = back_up(where, tmp_path / "b")
    writer.finish()

    (file,) = backup.contents.of_part(Part.TELEMETRY)
    assert (backup.path / file.name).read_bytes() == b'{"request_id": "r1"}\n'


def test_a_link_is_not_followed_and_said(tmp_path: Path) -> None:
    """Otherwise whoever can make a link decides what is copied."""
    where = fill(places(tmp_path / "a"))
    (where.programs / "linked").symlink_to("/etc")

    backup = back_up(where, tmp_path / "b")

    assert any("linked is a link" in line for line in backup.contents.left_out)
    assert not any("linked" in file.name for file in backup.contents.files)


def test_a_working_directory_is_not_taken_for_the_state_folder(tmp_path: Path) -> None:
    """With home = "." only what Ratchet knows is its own."""
    where = places(tmp_path / "a")
    fill(where)
    write(where.home / "notes.txt", "mine")
    here = places(tmp_path / "a")
    object.__setattr__(here, "configuration", where.home / "ratchet.toml")

    backup = back_up(here, tmp_path / "b")

    assert not backup.contents.of_part(Part.STATE)
    assert any("working directory" in line for line in backup.contents.left_out)


def test_two_backups_at_once_are_one_and_a_clear_error(tmp_path: Path) -> None:
    """The second says that another is at work, and leaves nothing."""
    where = fill(places(tmp_path / "a"))
    with (
        one_writer(tmp_path / "b"),
        pytest.raises(StoreError, match="Another process is at work on the backups"),
    ):
        back_up(where, tmp_path / "b")

    assert os.listdir(tmp_path / "b") == [".lock"]  # noqa: PTH208 - hidden names count


def test_backups_of_the_same_second_have_names_of_their_own(tmp_path: Path) -> None:
    """A folder and an archive never share one either."""
    where = fill(places(tmp_path / "a"))

    made = [back_up(where, tmp_path / "b", as_archive=archive).name for archive in (False, True)]

    assert made == ["backup_20260301_120000", "backup_20260301_120000_1"]


def test_nothing_to_back_up_is_said(tmp_path: Path) -> None:
    """An empty backup would be a false comfort."""
    with pytest.raises(InputError, match="nothing to back up"):
        back_up(places(tmp_path / "a"), tmp_path / "b")

    assert os.listdir(tmp_path / "b") == [".lock"]  # noqa: PTH208 - hidden names count


def test_a_damaged_database_gives_no_backup(tmp_path: Path) -> None:
    """Better to hear of it today than at the restore."""
    where = fill(places(tmp_path / "a"))
    file = where.sqlite_file
    assert file is not None
    with open_store(where.database_url) as store:
        store.examples.add(example_set(300, start=100))
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 8] = b"\xff" * 4096 * 5
    file.write_bytes(content)

    with pytest.raises(StoreError, match="damaged"):
        back_up(where, tmp_path / "b")

    assert os.listdir(tmp_path / "b") == [".lock"]  # noqa: PTH208 - hidden names count


def test_without_postgresqls_programs_the_error_says_what_to_install(tmp_path: Path) -> None:
    """It names the version of the server, and the setting."""
    with session_server().fresh_database() as url:
        where = fill(places(tmp_path / "a", url))
        request = BackupRequest(
            places=where, folder=tmp_path / "b", tools=PostgresTools(folder=tmp_path)
        )

        with pytest.raises(ConfigurationError, match=r"postgresql-client-18.*postgresql_tools"):
            create_backup(request, now=NOON, progress=silent)


def test_a_pg_dump_older_than_the_server_is_not_used(tmp_path: Path) -> None:
    """It would refuse in words of its own, after the work had begun."""
    program = write(tmp_path / "bin" / "pg_dump", "#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.2'\n")
    program.chmod(0o755)

    with pytest.raises(ConfigurationError, match=r"pg_dump is of version 15"):
        PostgresTools(folder=program.parent).find("pg_dump", server=18)
    assert PostgresTools(folder=program.parent).find("pg_dump", server=14) == program


def test_the_manifest_is_json_that_people_can_read(tmp_path: Path) -> None:
    """Its note is there in plain words."""
    backup = back_up(fill(places(tmp_path / "a")), tmp_path / "b", note="before the upgrade")

    document = json.loads((backup.path / "manifest.json").read_text())
    assert document["note"] == "before the upgrade"
    assert document["schema_version"] == 1
