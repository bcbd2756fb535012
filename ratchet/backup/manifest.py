"""The manifest: everything a backup holds, with the hashes and counts that prove it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from ratchet.backup.places import Part
from ratchet.errors import InputError, StoreError

SCHEMA_VERSION = 1
MANIFEST_FILE = "manifest.json"
SEAL = "manifest_sha256"
PERMISSIONS = 0o777


@dataclass(frozen=True, kw_only=True)
class BackupFile:
    """A file of a backup: its name in it (`part/folder/file`), size, hash and permissions.

    Raises:
        InputError: the name could lead out of the folder it is restored to.
    """

    name: str
    size_bytes: int
    sha256: str
    mode: int

    def __post_init__(self) -> None:
        pieces = self.name.split("/")
        is_safe = len(pieces) > 1 and pieces[0] in tuple(Part) and "\0" not in self.name
        if not is_safe or any(piece == "" or piece.startswith(".") for piece in pieces):
            raise InputError(
                f"The backup names a file {self.name!r}, which could lead out of its folder. "
                "It was not made by Ratchet, or was tampered with; nothing of it is used."
            )

    @property
    def part(self) -> Part:
        return Part(self.name.split("/", 1)[0])

    @property
    def place(self) -> str:
        """Where it belongs, relative to the root of its part."""
        return self.name.split("/", 1)[1]


@dataclass(frozen=True, kw_only=True)
class AuditHead:
    """The last entry of the audit trail; `hash` is None where none was computed."""

    entry_id: int
    hash: str | None


@dataclass(frozen=True, kw_only=True)
class DatabaseFacts:
    """What a database was at the moment of the backup.

    `kind` is sqlite or postgresql, `schema` the PostgreSQL schema of its tables, `tables`
    the rows of each table.
    """

    kind: str
    version: str
    revision: str
    tables: Mapping[str, int]
    audit_head: AuditHead | None = None
    schema: str = ""


@dataclass(frozen=True, kw_only=True)
class DatasetFact:
    """A dataset version in a backup, with the hash that its metadata says."""

    signature: str
    version: str
    examples: int
    content_sha256: str


@dataclass(frozen=True, kw_only=True)
class ProgramFact:
    """A program version in a backup, with the hash that its metadata says."""

    signature: str
    version: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything that one backup holds.

    `latest` is the version that the link of each signature shows, `places` the folders of
    the installation it was made of, `left_out` what is not in it and why.
    """

    name: str
    created: datetime
    ratchet_version: str
    files: tuple[BackupFile, ...]
    places: Mapping[str, str]
    database: DatabaseFacts | None = None
    datasets: tuple[DatasetFact, ...] = ()
    latest: Mapping[str, str] = field(default_factory=dict)
    programs: tuple[ProgramFact, ...] = ()
    left_out: tuple[str, ...] = ()
    note: str = ""

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    def of_part(self, part: Part) -> tuple[BackupFile, ...]:
        """The files of one part."""
        return tuple(file for file in self.files if file.part is part)

    def to_bytes(self) -> bytes:
        """The content of `manifest.json`, sealed by a hash of itself."""
        document = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        document["created"] = self.created.isoformat()
        document[SEAL] = _seal(document)
        return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def parse_manifest(content: bytes, *, where: str) -> Manifest:
    """Read a manifest.

    Raises:
        StoreError: it is damaged or was changed, or is of a newer form.
        InputError: it names a file that could lead out of its folder.
    """
    try:
        document = json.loads(content)
        said = document.pop(SEAL)
        version = document.pop("schema_version")
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise damaged(where, f"its {MANIFEST_FILE} can not be read ({error!r})") from error
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise StoreError(
            f"The backup {where} is of form {version}, and this version of Ratchet reads "
            f"{SCHEMA_VERSION}. Upgrade Ratchet (pip install -U dspy-ratchet)."
        )
    if said != _seal({"schema_version": version, **document}):
        raise damaged(where, f"its {MANIFEST_FILE} was changed after it was written")
    try:
        return _manifest(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(where, f"its {MANIFEST_FILE} lacks something ({error!r})") from error


def damaged(where: str, what: str) -> StoreError:
    """The error that a backup can not be used."""
    return StoreError(
        f"The backup {where} is damaged: {what}. Nothing of it was used. Take another one; "
        "`ratchet backup list` shows them and `ratchet backup verify --all` says which are whole."
    )


def _manifest(document: dict[str, Any]) -> Manifest:
    database = document.pop("database")
    if database is not None:
        head = database.pop("audit_head")
        audit_head = AuditHead(**head) if head else None
        database = DatabaseFacts(**database, audit_head=audit_head)
    files = tuple(BackupFile(**file) for file in document.pop("files"))
    if len({file.name for file in files}) != len(files):
        raise ValueError("a file is named twice")
    return Manifest(
        **document
        | {
            "created": datetime.fromisoformat(document["created"]),
            "files": files,
            "database": database,
            "datasets": tuple(DatasetFact(**fact) for fact in document["datasets"]),
            "programs": tuple(ProgramFact(**fact) for fact in document["programs"]),
            "left_out": tuple(document["left_out"]),
        }
    )


def _seal(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
