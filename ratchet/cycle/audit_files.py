"""Dataset versions and programs in the audit trail: written down, and compared with the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ratchet.datasets import DatasetVersion
from ratchet.datasets.content import content_sha256, provenance_sha256
from ratchet.datasets.layout import signature_folder, version_folders
from ratchet.datasets.reading import read_files
from ratchet.errors import DatasetError
from ratchet.programs import STATE_FILE
from ratchet.store import AuditEntry, Store
from ratchet.store.audit import AuditRecord
from ratchet.store.audit_report import Findings, Move
from ratchet.store.programs import REGISTERED

PUBLISHED = "dataset.publish"


@dataclass(frozen=True, kw_only=True)
class FileEvidence:
    """How many versions and programs were compared with their entries, and what was found."""

    datasets: int
    programs: int
    findings: Findings


def record_publication(store: Store, version: DatasetVersion, *, actor: str, at: datetime) -> bool:
    """Write a published version into the audit trail, unless it is there: safe to repeat.

    Call it whenever a version was published or found again. The files come first, so a
    process killed between the two leaves a version without its entry; the next publication
    of the same content adds it.

    Returns:
        Whether it was missing.

    Raises:
        StoreError: the database can not be written.
    """
    known = store.audit.stream(action=PUBLISHED, subject=version.signature)
    if any(_told(record, "version") == version.version for record in known):
        return False
    store.audit.append(
        AuditEntry(
            at=at,
            actor=actor,
            action=PUBLISHED,
            subject=version.signature,
            reason=version.notes,
            before={"version": version.parent_version},
            after={
                "version": version.version,
                "example_count": version.example_count,
                "content_sha256": version.content_sha256,
                "provenance_sha256": version.provenance_sha256,
            },
        )
    )
    return True


def check_files(
    store: Store, datasets: Path, programs: Path, *, progress: Move = lambda *_: None
) -> FileEvidence:
    """Compare every published version and program with what its entry commits to.

    What was archived or cleaned up since is noted, and is no problem; so is a version on
    disk that the trail does not know: it is older, or was copied there.

    Raises:
        StoreError: the database can not be read.
    """
    findings = Findings()
    known: set[tuple[str, str]] = set()
    compared = registered = 0
    for record in tuple(store.audit.stream(action=PUBLISHED)):
        known.add((record.entry.subject, str(_told(record, "version"))))
        compared += _compare_version(record, datasets, findings)
        progress(compared, 0, "dataset versions")
    for record in tuple(store.audit.stream(action=REGISTERED)):
        registered += _compare_program(store, record, programs, findings)
        progress(registered, 0, "programs")
    strangers = sorted(set(_versions_on_disk(datasets)) - known)
    for signature, version in strangers:
        findings.note(f"{signature} {version} is on disk, and the trail does not know of it.")
    return FileEvidence(datasets=compared, programs=registered, findings=findings)


def _compare_version(record: AuditRecord, datasets: Path, findings: Findings) -> bool:
    signature, version = record.entry.subject, str(_told(record, "version"))
    folder = datasets / signature / version
    if not folder.is_dir():
        findings.note(f"{signature} {version} (entry {record.entry_id}) is not in {datasets}.")
        return False
    try:
        files = read_files(folder)
        found = {
            "content_sha256": content_sha256(files.items),
            "provenance_sha256": provenance_sha256(files.lines),
        }
    except (DatasetError, KeyError, TypeError, ValueError) as error:
        findings.add(f"speaks of {folder}, which can not be read: {error}", entry_id=_id(record))
        return True
    for name, sha256 in found.items():
        if sha256 != _told(record, name):
            what = f"speaks of {folder} with {name} {_short(_told(record, name))}; it is"
            findings.add(f"{what} {_short(sha256)} now: it was changed", entry_id=_id(record))
    return True


def _compare_program(store: Store, record: AuditRecord, programs: Path, findings: Findings) -> bool:
    signature, version = record.entry.subject, str(_told(record, "version"))
    said = str(_told(record, "sha256"))
    row = store.programs.get(signature, version)
    if row is None:
        findings.add(f"registers {version}, which is not in the store", entry_id=_id(record))
    elif row.sha256 != said:
        what = f"registers {version} with {_short(said)}; the store says {_short(row.sha256)}"
        findings.add(what, entry_id=_id(record))
    places = (Path(str(_told(record, "path"))), programs / signature / version)
    state = next((p / STATE_FILE for p in places if (p / STATE_FILE).is_file()), None)
    if state is None:
        findings.note(f"The file of program {signature} {version} (entry {_id(record)}) is gone.")
        return False
    found = hashlib.sha256(state.read_bytes()).hexdigest()
    if found != said:
        what = f"registers {state} with {_short(said)}; it is {_short(found)} now: it was changed"
        findings.add(what, entry_id=_id(record))
    return True


def _versions_on_disk(datasets: Path) -> Iterator[tuple[str, str]]:
    if datasets.is_dir():
        for folder in datasets.iterdir():
            if folder.is_dir() and folder.name.isidentifier():
                for version in version_folders(signature_folder(datasets, folder.name)):
                    yield folder.name, version.name


def _told(record: AuditRecord, name: str) -> Any:
    after = record.entry.after
    return after.get(name) if isinstance(after, dict) else None


def _id(record: AuditRecord) -> int:
    return record.entry_id


def _short(sha256: object) -> str:
    return str(sha256)[:12]
