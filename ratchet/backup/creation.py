"""Making a backup: everything into a draft, on disk, and only then a name."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ratchet
from ratchet.backup import postgresql_copy, sqlite_copy
from ratchet.backup.archive import ARCHIVE_SUFFIX, pack
from ratchet.backup.contents import find_files, latest_links, program_folders, whole_lines
from ratchet.backup.disk import (
    copy_file,
    explained,
    hash_file,
    put_on_disk,
    refuse_too_little_space,
    remove_tree,
    sync_folder,
    sync_tree,
    write_durably,
)
from ratchet.backup.folder import DRAFT, Backup, free_name, one_writer, read_backup
from ratchet.backup.manifest import (
    MANIFEST_FILE,
    PERMISSIONS,
    BackupFile,
    DatabaseFacts,
    DatasetFact,
    Manifest,
    ProgramFact,
)
from ratchet.backup.places import Part, Places
from ratchet.backup.postgresql_tools import PostgresTools
from ratchet.backup.redaction import redact
from ratchet.datasets.layout import METADATA_FILE
from ratchet.errors import InputError, StoreError
from ratchet.files import read_json
from ratchet.serving.spool import spool_files

SQLITE_FILE = "ratchet.db"
READ_ONLY = 0o555

Progress = Callable[[int, int, str], None]
"""Takes how many steps are done, how many there are, and what is copied."""


@dataclass(frozen=True, kw_only=True)
class BackupRequest:
    """What is wanted: where from, where to, in which form."""

    places: Places
    folder: Path
    note: str = ""
    as_archive: bool = False
    tools: PostgresTools = field(default_factory=PostgresTools)


def create_backup(request: BackupRequest, *, now: datetime, progress: Progress) -> Backup:
    """Make a backup and return it; a kill at any moment leaves none under a real name.

    The spool is copied before the database: what is ingested meanwhile is in both, and a
    second ingestion changes nothing. Datasets and programs come after it: whatever the
    database names was published before.

    Raises:
        InputError: there is nothing to back up.
        ConfigurationError: pg_dump is missing.
        StoreError: something can not be read, or the disk is full; nothing is left.
    """
    folder = request.folder
    with one_writer(folder), explained("No backup was made", folder=folder):
        draft = folder / f"{DRAFT}{secrets.token_hex(8)}"
        packed = folder / f"{draft.name}{ARCHIVE_SUFFIX}"
        try:
            draft.mkdir(mode=0o700)
            writing = _Writing(request=request, draft=draft, progress=progress)
            manifest = writing.write_all(free_name(folder, now), now)
            if request.as_archive:
                progress(0, 0, "packing")
                pack(draft, manifest, packed)
            made, end = (packed, ARCHIVE_SUFFIX) if request.as_archive else (draft, "")
            target = folder / f"{manifest.name}{end}"
            sync_tree(draft)
            made.rename(target)
            sync_folder(folder)
        finally:
            remove_tree(draft)
            remove_tree(packed)
        return read_backup(target)


@dataclass(kw_only=True)
class _Writing:
    """One backup in the making."""

    request: BackupRequest
    draft: Path
    progress: Progress
    files: list[BackupFile] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def write_all(self, name: str, now: datetime) -> Manifest:
        places = self.request.places
        self._copy_spool()
        database = self._copy_database()
        latest = latest_links(places.datasets)  # before the versions, so that each is there
        for part in (Part.PROGRAMS, Part.DATASETS, Part.ROLLOUTS, Part.RUNS, Part.STATE):
            self._copy_part(part)
        self._copy_configuration()
        if not self.files:
            raise InputError(
                f"There is nothing to back up: {places.home} and {places.datasets} are empty. "
                "Run the command where ratchet.toml is, or set RATCHET_HOME."
            )
        manifest = Manifest(
            name=name,
            created=now.astimezone(UTC),
            ratchet_version=ratchet.__version__,
            note=self.request.note,
            files=tuple(self.files),
            places={part.value: str(places.root(part)) for part in Part}
            | {"home": str(places.home)},
            database=database,
            datasets=self._dataset_facts(),
            latest={
                signature: shown for signature, shown in latest.items() if self._has(signature)
            },
            programs=self._program_facts(),
            left_out=tuple(self.left_out),
        )
        write_durably(self.draft / MANIFEST_FILE, manifest.to_bytes(), mode=0o400)
        return manifest

    def _copy_spool(self) -> None:
        """Copy the spool; a file that still grows is cut after its last whole line."""
        for spooled in spool_files(self.request.places.telemetry):
            try:
                end = None if spooled.is_finished else whole_lines(spooled.path)
                self._copy(Part.TELEMETRY, spooled.path, spooled.path.name, at_most=end)
            except FileNotFoundError:
                continue  # ingested meanwhile, so that the database has it

    def _copy_database(self) -> DatabaseFacts | None:
        places, folder = self.request.places, self.draft / Part.DATABASE
        folder.mkdir()
        file = places.sqlite_file
        if file is None:
            facts = postgresql_copy.dump_database(
                places.database_url, folder, tools=self.request.tools, moved=self._moved
            )
        elif not file.exists():
            facts = None
        else:
            refuse_too_little_space(folder, file.stat().st_size, doing="the copy of the database")
            facts = sqlite_copy.copy_database(file, folder / SQLITE_FILE, moved=self._moved)
        if facts is None:
            self.left_out.append("There is no database yet; the backup has none.")
            remove_tree(folder)
            return None
        for path in sorted(folder.iterdir()):
            put_on_disk(path)
            self._record(Part.DATABASE, path, path.name)
        return facts

    def _moved(self, done: int, total: int) -> None:
        self.progress(done, total, "of the database")

    def _copy_part(self, part: Part) -> None:
        found = find_files(part, self.request.places)
        self.left_out.extend(found.left_out)
        root = self.request.places.root(part)
        for number, path in enumerate(found.files, 1):
            self.progress(number, len(found.files), part.value)
            name = path.relative_to(root).as_posix()
            try:
                self._copy(part, path, name)
            except FileNotFoundError:
                self.left_out.append(f"{path} was removed while the backup was made.")

    def _copy_configuration(self) -> None:
        path = self.request.places.configuration
        if not path.is_file():
            return
        redacted = redact(path.read_text(encoding="utf-8"))
        if redacted.text is None:
            self.left_out.append(f"{path} holds secrets that could not be taken out of it.")
            return
        if redacted.keys:
            self.left_out.append(f"Secrets of {path.name}: {', '.join(redacted.keys)}.")
        name = f"{Part.CONFIGURATION}/{path.name}"
        write_durably(self.draft / name, redacted.text.encode())
        self._record(Part.CONFIGURATION, self.draft / name, path.name)

    def _copy(self, part: Part, path: Path, name: str, *, at_most: int | None = None) -> None:
        mode = path.stat().st_mode & PERMISSIONS
        copied = copy_file(path, self.draft / part / name, mode=mode & READ_ONLY, at_most=at_most)
        self.files.append(
            BackupFile(
                name=f"{part}/{name}",
                size_bytes=copied.size_bytes,
                sha256=copied.sha256,
                mode=mode,
            )
        )

    def _record(self, part: Part, path: Path, name: str) -> None:
        """Note a file that was written into the draft."""
        held = hash_file(path)
        mode = path.stat().st_mode & PERMISSIONS
        path.chmod(mode & READ_ONLY)
        self.files.append(
            BackupFile(
                name=f"{part}/{name}", size_bytes=held.size_bytes, sha256=held.sha256, mode=mode
            )
        )

    def _has(self, signature: str) -> bool:
        return (self.draft / Part.DATASETS / signature).is_dir()

    def _dataset_facts(self) -> tuple[DatasetFact, ...]:
        paths = sorted((self.draft / Part.DATASETS).glob(f"*/v*/{METADATA_FILE}"))
        return tuple(_dataset_fact(path) for path in paths)

    def _program_facts(self) -> tuple[ProgramFact, ...]:
        return tuple(_program_fact(path) for path in program_folders(self.draft / Part.PROGRAMS))


def _dataset_fact(path: Path) -> DatasetFact:
    document = _document(path)
    return DatasetFact(
        signature=path.parent.parent.name,
        version=path.parent.name,
        examples=int(document.get("example_count") or document.get("total_examples") or 0),
        content_sha256=str(document.get("content_sha256") or ""),
    )


def _program_fact(folder: Path) -> ProgramFact:
    document = _document(folder / METADATA_FILE)
    return ProgramFact(
        signature=folder.parent.name,
        version=folder.name,
        sha256=str(document.get("sha256") or ""),
    )


def _document(path: Path) -> dict[str, Any]:
    """A JSON object; what is damaged is backed up as it is, and said by verify."""
    try:
        document = read_json(path)
    except (InputError, StoreError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
