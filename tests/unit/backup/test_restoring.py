"""Bringing a backup back: nothing is overwritten, nothing is lost, paths are those of the place."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, table

from ratchet.backup.folder import Backup
from ratchet.backup.journal import Journal, Phase
from ratchet.backup.manifest import MANIFEST_FILE
from ratchet.backup.places import Part, Places
from ratchet.backup.planning import RestoreRequest, plan_restore
from ratchet.datasets import DatasetFolder
from ratchet.errors import InputError, StoreError
from ratchet.serving.routes import RoutingConfig
from ratchet.serving.routing_file import read_config, write_config
from ratchet.store import open_store
from ratchet.store.audit_verification import verify_trail
from tests.backup_builders import (
    ALL,
    SPEC,
    SPOOLED,
    back_up,
    elsewhere,
    everything_in,
    fill,
    places,
    restore,
    verify,
    write,
)
from tests.builders import NOON
from tests.dataset_builders import example_set


def wipe(where: Places) -> None:
    """Lose everything but the database server."""
    for folder in (where.home, where.datasets):
        shutil.rmtree(folder, ignore_errors=True)


def test_what_was_backed_up_comes_back(database_url: str, tmp_path: Path) -> None:
    """Backup, more work, loss, restore: the old state, whole, and the audit trail tells of it."""
    where = fill(places(tmp_path / "a", database_url))
    backup = back_up(where, tmp_path / "b")
    with open_store(where.database_url) as store:
        store.examples.add(example_set(3, start=50))
    wipe(where)

    restore(backup, where, force=True)

    datasets = DatasetFolder(where.datasets)
    assert [v.example_count for v in datasets.versions(SPEC.name)] == [4, 6]
    assert datasets.verify(SPEC.name) == []
    assert everything_in(where.telemetry) == {SPOOLED: b'{"request_id": "r1"}\n'}
    assert (where.home / "imports" / "mappings.json").read_text() == "{}"
    assert (where.runs / "run_1" / "orchestration_summary.json").exists()
    with open_store(where.database_url) as store:
        assert store.examples.statistics(SPEC.name).total == 6
        assert store.audit.list()[0].action == "backup.restored"
        assert verify_trail(store.database).problems == ()


def test_without_force_nothing_is_overwritten_and_it_says_what_is_there(
    database_url: str, tmp_path: Path
) -> None:
    """Each part that is in the way is named; the state is what it was, to the byte."""
    where = fill(places(tmp_path / "a", database_url))
    backup = back_up(where, tmp_path / "b")
    before = everything_in(tmp_path / "a")

    with pytest.raises(InputError) as refused:
        restore(backup, where)

    for word in ("6 examples", "datasets in", "programs in", "rollouts in", "runs in", "state in"):
        assert word in str(refused.value)
    assert "--force" in str(refused.value)
    assert everything_in(tmp_path / "a") == before


def test_with_force_the_old_state_is_kept_aside(database_url: str, tmp_path: Path) -> None:
    """What was there is in the places that are told, nothing of it lost."""
    where = fill(places(tmp_path / "a", database_url))
    backup = back_up(where, tmp_path / "b")
    with open_store(where.database_url) as store:
        store.examples.add(example_set(3, start=50))
    write(where.programs / "mine" / "v1" / "program.json", "{}")

    restored = restore(backup, where, force=True)

    folders = [Path(place) for place in restored.aside if place.startswith("/")]
    assert any((folder / "mine" / "v1" / "program.json").exists() for folder in folders)
    assert not (where.programs / "mine").exists()
    assert any((folder / SPEC.name / "latest").is_symlink() for folder in folders)
    assert examples_aside(where, restored.aside) == 9
    with open_store(where.database_url) as store:
        assert store.examples.statistics(SPEC.name).total == 6


def examples_aside(where: Places, aside: tuple[str, ...]) -> int:
    """The examples in the database that was moved aside."""
    if where.sqlite_file is not None:
        with closing(sqlite3.connect(Path(_beside(where, aside)) / "ratchet.db")) as connection:
            return int(connection.execute("SELECT count(*) FROM examples").fetchone()[0])
    (schema,) = (place.split()[2] for place in aside if place.startswith("the schema "))
    query = select(func.count()).select_from(table("examples", schema=schema))
    with open_store(where.database_url) as store, store.database.reading() as connection:
        return int(connection.execute(query).scalar_one())


def _beside(where: Places, aside: tuple[str, ...]) -> str:
    assert where.sqlite_file is not None
    return next(place for place in aside if Path(place).parent == where.sqlite_file.parent)


def test_paths_in_the_database_move_with_the_folders(database_url: str, tmp_path: Path) -> None:
    """Restored under another RATCHET_HOME, programs, runs and stages are found there."""
    where = fill(places(tmp_path / "it's a", database_url))
    backup = back_up(where, tmp_path / "b")
    target = elsewhere(where, tmp_path / 'new "home" é')

    restore(backup, target, force=True)

    with open_store(target.database_url) as store:
        (program,) = store.programs.list(SPEC.name)
        (stage,) = store.runs.stages("run_1")
        found = store.runs.get("run_1")
    assert Path(program.path) == target.programs / SPEC.name / program.version
    assert (Path(program.path) / "program.json").exists()
    assert found is not None
    assert Path(found.path) == target.runs / "run_1"
    assert stage.result["file"] == f"{target.runs}/run_1/a.jsonl"


def test_one_part_alone_comes_back_and_the_others_stay(tmp_path: Path) -> None:
    """A lost dataset folder needs no restore of the database."""
    where = fill(places(tmp_path / "a"))
    backup = back_up(where, tmp_path / "b")
    with open_store(where.database_url) as store:
        store.examples.add(example_set(3, start=50))
    shutil.rmtree(where.datasets / SPEC.name)

    restored = restore(backup, where, parts=(Part.DATASETS,))

    assert restored.aside == ()
    assert DatasetFolder(where.datasets).verify(SPEC.name) == []
    with open_store(where.database_url) as store:
        assert store.examples.statistics(SPEC.name).total == 9


def test_starter_sets_beside_the_versions_stay(tmp_path: Path) -> None:
    """They belong to the project, not to the backup."""
    where = fill(places(tmp_path / "a"))
    starter = write(where.datasets / "starter" / "own.json", "[]")
    backup = back_up(where, tmp_path / "b")

    restore(backup, where, force=True)

    assert starter.read_text() == "[]"
    assert not any("starter" in file.name for file in backup.contents.files)


def test_a_spool_file_that_has_grown_since_is_not_put_back(tmp_path: Path) -> None:
    """The spool is only added to: what apps wrote after the backup stays."""
    where = fill(places(tmp_path / "a"))
    backup = back_up(where, tmp_path / "b")
    write(where.telemetry / SPOOLED, '{"request_id": "r1"}\n{"request_id": "r2"}\n')

    restored = restore(backup, where, parts=(Part.TELEMETRY,))

    assert (where.telemetry / SPOOLED).read_text().count("\n") == 2
    assert restored.aside == ()


def test_the_routing_that_apps_read_is_newer_than_before(tmp_path: Path) -> None:
    """A restored routing of an older revision would be refused by whoever guards against that."""
    where = fill(places(tmp_path / "a"))
    backup = back_up(where, tmp_path / "b")
    file = where.routing / "routing_config.json"
    write_config(file, RoutingConfig(revision=41, updated_at=NOON))

    restore(backup, where, force=True)

    with open_store(where.database_url) as store:
        assert store.rollouts.routing()[0] == 42
    assert not file.exists()  # the database names no rollout, so there is no routing to write
    (aside,) = where.routing.glob(".before_restore_*/routing_config.json")
    assert read_config(aside).revision == 41


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """An older Ratchet would not understand what it restored."""
    where = fill(places(tmp_path / "a"))
    backup = back_up(where, tmp_path / "b")
    database = backup.contents.database
    assert database is not None
    newer = reissued(backup, database=replace(database, revision="9999"))

    with pytest.raises(StoreError, match=r"schema 9999.*newer.*Nothing was changed"):
        restore(newer, where, force=True)
    assert verify(newer, where).problems == ("The schema is 0004, but the manifest says 9999.",)


def reissued(backup: Backup, **changes: object) -> Backup:
    """The same backup with another manifest, properly sealed."""
    manifest = replace(backup.contents, **changes)  # type: ignore[arg-type]
    file = backup.path / MANIFEST_FILE
    file.chmod(0o644)
    file.write_bytes(manifest.to_bytes())
    return replace(backup, manifest=manifest)


def test_a_backup_of_another_kind_of_database_is_refused(tmp_path: Path) -> None:
    """And the message says which setting to change; the other parts come back alone."""
    where = fill(places(tmp_path / "a"))
    backup = back_up(where, tmp_path / "b")
    target = places(tmp_path / "c", "postgresql://nobody@127.0.0.1:1/none")

    with pytest.raises(InputError, match=r"of sqlite.*one of postgresql.*RATCHET_DATABASE_URL"):
        restore(backup, target)

    assert not target.datasets.exists()


def test_a_database_that_others_use_is_not_replaced(tmp_path: Path) -> None:
    """Their writes would go to the file that was moved aside."""
    where = fill(places(tmp_path / "a"))
    backup = back_up(where, tmp_path / "b")
    before = everything_in(where.programs)

    with open_store(where.database_url) as store:
        store.examples.statistics(SPEC.name)
        with pytest.raises(StoreError, match="open in another process"):
            restore(backup, where, force=True)

    assert everything_in(where.programs) == before
    assert restore(backup, where, force=True).was_resumed is False


def test_a_database_that_can_not_be_read_is_moved_aside(tmp_path: Path) -> None:
    """The very case for which backups are made."""
    where = fill(places(tmp_path / "a"))
    backup = back_up(where, tmp_path / "b")
    file = where.sqlite_file
    assert file is not None
    file.write_bytes(b"this was a database once")

    with pytest.raises(InputError, match="can not be read"):
        restore(backup, where)
    restored = restore(backup, where, force=True)

    kept = Path(_beside(where, restored.aside)) / file.name
    assert kept.read_bytes() == b"this was a database once"
    with open_store(where.database_url) as store:
        assert store.examples.statistics(SPEC.name).total == 6


def test_a_file_that_is_not_what_it_was_stops_the_restore(tmp_path: Path) -> None:
    """One byte in the last file: nothing is in place, nothing half done is left."""
    where = fill(places(tmp_path / "a"))
    backup = back_up(where, tmp_path / "b")
    victim = backup.path / backup.contents.files[-1].name
    victim.chmod(0o644)
    victim.write_bytes(b"[]")
    target = places(tmp_path / "c")

    with pytest.raises(StoreError, match=r"damaged.*Nothing of it was used"):
        restore(backup, target)

    assert [path.name for path in target.home.rglob("*") if path.is_file()] == [".restore.lock"]


def test_a_plan_changes_nothing(tmp_path: Path) -> None:
    """It names what would come, where to, and what is in the way."""
    where = fill(places(tmp_path / "a"))
    backup = back_up(where, tmp_path / "b")
    before = everything_in(tmp_path / "a")
    request = RestoreRequest(backup=backup, places=where, parts=ALL, actor="ada")

    plan = plan_restore(request)

    assert [part.part for part in plan.parts] == list(ALL)
    assert len(plan.in_the_way) == 6  # all but the spool
    assert everything_in(tmp_path / "a") == before


def test_an_interrupted_restore_is_completed_before_another_begins(tmp_path: Path) -> None:
    """The message is the command that completes it."""
    where = fill(places(tmp_path / "a"))
    backup = back_up(where, tmp_path / "b")
    Journal(
        restore_id="r",
        backup="backup_20250101_000000",
        place="/somewhere/backup_20250101_000000",
        parts=(Part.PROGRAMS,),
        phase=Phase.SWITCHING,
        aside="x",
        staging=(),
    ).write(where.home)

    with pytest.raises(StoreError, match=r"restore /somewhere/backup_2025.* --only programs"):
        restore(backup, where, force=True)
