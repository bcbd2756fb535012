"""What was forgotten stays forgotten when an older backup comes back.

The tombstones of the database that is replaced are carried over, or, where that is lost,
those of the newest backup.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ratchet.backup import postgresql_copy, sqlite_copy
from ratchet.backup.creation import SQLITE_FILE
from ratchet.backup.disk import write_durably
from ratchet.backup.dump_rows import rows_of
from ratchet.backup.facts import rows_of_records
from ratchet.backup.folder import Backup, list_backups
from ratchet.backup.manifest import DatabaseFacts
from ratchet.backup.opening import opened, place_part, scratch_folder
from ratchet.backup.places import Part
from ratchet.backup.planning import RestoreRequest
from ratchet.errors import RatchetError, StoreError
from ratchet.files import read_json
from ratchet.store.engine import connect
from ratchet.store.reburial import Forgetting, read_forgetting, requests_in
from ratchet.store.tombstones import Tombstone, TombstoneKind

PRESENT = "the database that was here"


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What was forgotten, where that was read, and sentences about what could not be read."""

    forgotten: Forgetting = field(default_factory=Forgetting)
    origin: str = PRESENT
    notes: tuple[str, ...] = ()

    def write(self, path: Path) -> None:
        """Keep it on disk, for a restore that is killed and completed."""
        write_durably(path, json.dumps(asdict(self), default=str).encode())

    @classmethod
    def read(cls, path: Path) -> Carried:
        """What `write` kept; nothing when there is no such file.

        Raises:
            InputError: it can not be read.
        """
        if not path.exists():
            return cls()
        document = read_json(path)
        said = document["forgotten"]
        return cls(
            forgotten=Forgetting(
                tombstones=tuple(_tombstone(row) for row in said["tombstones"]),
                request_ids=tuple(said["request_ids"]),
            ),
            origin=document["origin"],
            notes=tuple(document["notes"]),
        )


def find_forgotten(request: RestoreRequest) -> Carried:
    """What is known to be forgotten, before the database is replaced; changes nothing."""
    notes = []
    try:
        if rows_of_records(facts) if (facts := _present_facts(request)) else {}:
            return Carried(forgotten=forgotten_in(request.places.database_url))
    except StoreError as error:
        notes.append(f"What was forgotten here could not be read: {error}")
    for backup in _newer_backups(request):
        try:
            said = _forgotten_in_backup(backup, request)
        except RatchetError as error:
            notes.append(f"What was forgotten by {backup.name} could not be read: {error}")
            continue
        return Carried(forgotten=said, origin=f"the backup {backup.name}", notes=tuple(notes))
    return Carried(notes=tuple(notes))


def forgotten_in(url: str, *, schema_name: str | None = None) -> Forgetting:
    """What the database at `url` says was forgotten.

    Raises:
        StoreError: it can not be read.
    """
    database = connect(url)
    try:
        with database.reading() as connection:
            return read_forgetting(connection, schema_name=schema_name)
    finally:
        database.close()


def _present_facts(request: RestoreRequest) -> DatabaseFacts | None:
    file = request.places.sqlite_file
    if file is None:
        return postgresql_copy.look_at(request.places.database_url).facts
    return sqlite_copy.read_facts(file) if file.exists() else None


def _newer_backups(request: RestoreRequest) -> Iterator[Backup]:
    """The usable backups beside the wanted one that are newer than it, the newest first."""
    wanted = request.backup.contents
    for backup in reversed(list_backups(request.backup.path.parent)):
        held = backup.manifest
        if held is None or held.database is None or wanted.database is None:
            continue
        if held.created > wanted.created and held.database.kind == wanted.database.kind:
            yield backup


def _forgotten_in_backup(backup: Backup, request: RestoreRequest) -> Forgetting:
    manifest, facts = backup.contents, backup.contents.database
    with opened(backup) as contents, scratch_folder() as scratch:
        folder = scratch / Part.DATABASE
        place_part(contents, manifest, Part.DATABASE, folder, placed=lambda *_: None)
        if facts is not None and facts.kind == sqlite_copy.KIND:
            (folder / SQLITE_FILE).chmod(0o600)
            return forgotten_in(f"sqlite:///{folder / SQLITE_FILE}")
        script = scratch / postgresql_copy.SCRIPT_FILE
        server = postgresql_copy.look_at(request.places.database_url).server
        postgresql_copy.write_script(folder, script, server=server, tools=request.tools)
        return _forgotten_in_script(script)


def _forgotten_in_script(script: Path) -> Forgetting:
    stones, subjects = [], []
    for table, row in rows_of(script, "tombstones", "audit"):
        if table == "audit":
            subjects.append(str(row["subject"]))
        elif row["kind"] == TombstoneKind.FORGOTTEN:
            stones.append(_tombstone({**row, "details": json.loads(row["details"] or "{}")}))
    return Forgetting(tombstones=tuple(stones), request_ids=requests_in(subjects))


def _tombstone(row: dict[str, Any]) -> Tombstone:
    times = {name: datetime.fromisoformat(row[name]) for name in ("at", "added_at")}
    return Tombstone(**{**row, **times, "kind": TombstoneKind(row["kind"])})
