"""Program versions, and which of them is the champion of its signature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from ratchet.errors import StoreError
from ratchet.programs import ProgramVersion
from ratchet.store import schema
from ratchet.store.audit import AuditEntry, append_entry
from ratchet.store.bulk import insert_new
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database

REGISTERED = "program.register"

_programs = schema.program_versions
_champions = schema.champions


class ProgramKind(StrEnum):
    """What a program was made as."""

    BASELINE = "baseline"
    CANDIDATE = "candidate"


@dataclass(frozen=True, kw_only=True)
class ProgramRecord:
    """One version of the program of a signature; its state is the file at `path`.

    `sha256` is of that file. `dataset_version` and `parent_version` are None for a program
    that was not optimised from anything.

    Raises:
        InputError: `created_at` has no time zone.
    """

    signature: str
    version: str
    created_at: datetime
    path: str
    sha256: str
    kind: ProgramKind
    optimizer: str = ""
    dataset_version: str | None = None
    parent_version: str | None = None
    model: str = ""
    notes: str = ""

    def __post_init__(self) -> None:
        refuse_naive(created_at=self.created_at)


def program_record(root: Path, program: ProgramVersion, kind: ProgramKind) -> ProgramRecord:
    """The record of a version that was published under the folder `root`."""
    return ProgramRecord(
        signature=program.signature,
        version=program.version,
        created_at=program.created,
        path=str(program.folder(root)),
        sha256=program.sha256,
        kind=kind,
        optimizer=program.optimizer,
        dataset_version=program.dataset_version,
        parent_version=program.parent,
        model=program.model,
        notes=program.notes,
    )


@dataclass(frozen=True, kw_only=True)
class Champion:
    """One reign in the line of champions; `revision` counts them from 1."""

    signature: str
    revision: int
    version: str
    previous_version: str | None
    actor: str
    reason: str
    at: datetime


class ProgramStore:
    """All program versions, and the line of champions of each signature."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def add(self, program: ProgramRecord, *, actor: str = "ratchet") -> bool:
        """Store a version, with its audit row; False when just this version is stored already.

        Raises:
            StoreError: the version is taken by a program with another content, or the
                database can not be written.
        """
        row = tuple(getattr(program, column.name) for column in _programs.c)
        with self._database.writing() as connection:
            inserted = insert_new(connection, _programs, [row])
            stored = _program(connection, program.signature, program.version)
            if inserted:
                append_entry(connection, _registration(program, actor=actor, at=self._clock()))
        if stored is not None and stored.sha256 != program.sha256:
            raise StoreError(
                f"Version {program.version} of {program.signature} is stored with content "
                f"{stored.sha256[:12]}, not {program.sha256[:12]}. Versions never change: publish "
                "the program under a new one."
            )
        return bool(inserted)

    def get(self, signature: str, version: str) -> ProgramRecord | None:
        """One version, or None."""
        with self._database.reading() as connection:
            return _program(connection, signature, version)

    def list(self, signature: str | None = None) -> tuple[ProgramRecord, ...]:
        """The versions of one signature, or of all; the newest first."""
        query = select(_programs).order_by(
            _programs.c.created_at.desc(), _programs.c.signature, _programs.c.version.desc()
        )
        if signature is not None:
            query = query.where(_programs.c.signature == signature)
        with self._database.reading() as connection:
            return tuple(_to_program(row) for row in connection.execute(query).mappings())

    def set_champion(
        self,
        signature: str,
        version: str,
        *,
        expected_previous: str | None,
        actor: str,
        reason: str,
        at: datetime,
    ) -> Champion:
        """Make a stored version the champion, if the champion is still the one expected.

        `expected_previous` is the version the decision was based on; None for the first
        champion. The change and its audit row are one transaction. Repeating a change that
        went through returns it.

        Raises:
            StoreError: the version is not stored, somebody else has changed the champion in
                between, or the database can not be written.
        """
        refuse_naive(at=at)
        with self._database.writing() as connection:
            if version not in _locked_versions(connection, signature):
                raise StoreError(
                    f"{signature} has no version {version}; add the program before it can be "
                    "champion."
                )
            current = _champion(connection, signature)
            if current and (current.version, current.previous_version) == (
                version,
                expected_previous,
            ):
                return current
            _refuse_surprise(signature, current, expected_previous)
            facts = {"signature": signature, "actor": actor, "reason": reason, "at": at}
            champion = _successor(current, version=version, **facts)
            _crown(connection, champion)
        return champion

    def champion(self, signature: str) -> Champion | None:
        """The champion of a signature, or None before the first."""
        with self._database.reading() as connection:
            return _champion(connection, signature)

    def history(self, signature: str) -> tuple[Champion, ...]:
        """The line of champions, the newest first."""
        query = select(_champions).where(_champions.c.signature == signature)
        query = query.order_by(_champions.c.revision.desc())
        with self._database.reading() as connection:
            return tuple(Champion(**row) for row in connection.execute(query).mappings())


def crown_candidate(
    connection: Connection,
    *,
    signature: str,
    candidate: str,
    baseline: str | None,  # noqa: ARG001 - the same arguments as its counterpart
    actor: str,
    reason: str,
    at: datetime,
) -> None:
    """Make the candidate of a completed rollout champion, inside the rollout's transaction.

    Production has decided: whoever is champion by then is followed.
    """
    _locked_versions(connection, signature)
    current = _champion(connection, signature)
    if current is None or current.version != candidate:
        facts = {"signature": signature, "actor": actor, "reason": reason, "at": at}
        _crown(connection, _successor(current, version=candidate, **facts))


def uncrown_candidate(
    connection: Connection,
    *,
    signature: str,
    candidate: str,
    baseline: str | None,
    actor: str,
    reason: str,
    at: datetime,
) -> None:
    """Give the crown back to the baseline of a rollout that is taken back after its end.

    Nothing changes when somebody else is champion by then, or when the baseline was the
    app's own program, which is no stored version.
    """
    _locked_versions(connection, signature)
    current = _champion(connection, signature)
    if baseline is not None and current is not None and current.version == candidate:
        facts = {"signature": signature, "actor": actor, "reason": reason, "at": at}
        _crown(connection, _successor(current, version=baseline, **facts))


def _registration(program: ProgramRecord, *, actor: str, at: datetime) -> AuditEntry:
    """The audit row that commits to the content of a version."""
    told = ("version", "kind", "sha256", "path", "optimizer", "dataset_version", "parent_version")
    return AuditEntry(
        at=at,
        actor=actor,
        action=REGISTERED,
        subject=program.signature,
        reason=program.notes,
        after={name: getattr(program, name) for name in told},
    )


def _program(connection: Connection, signature: str, version: str) -> ProgramRecord | None:
    query = select(_programs).where(
        _programs.c.signature == signature, _programs.c.version == version
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else _to_program(row)


def _to_program(row: RowMapping) -> ProgramRecord:
    return ProgramRecord(**{**row, "kind": ProgramKind(row["kind"])})


def _locked_versions(connection: Connection, signature: str) -> set[str]:
    """The versions of a signature, locked so that its champion changes one at a time."""
    query = select(_programs.c.version).where(_programs.c.signature == signature)
    rows = connection.execute(query.order_by(_programs.c.version).with_for_update())
    return set(rows.scalars())


def _champion(connection: Connection, signature: str) -> Champion | None:
    query = select(_champions).where(_champions.c.signature == signature)
    row = connection.execute(query.order_by(_champions.c.revision.desc()).limit(1))
    found = row.mappings().first()
    return None if found is None else Champion(**found)


def _refuse_surprise(signature: str, current: Champion | None, expected: str | None) -> None:
    if current is None and expected is not None:
        raise StoreError(
            f"{signature} has no champion yet, so {expected} can not be replaced. "
            "Set the first champion with expected_previous=None."
        )
    if current is not None and current.version != expected:
        raise StoreError(
            f"The champion of {signature} is {current.version} (set by {current.actor} at "
            f"{current.at:%Y-%m-%d %H:%M:%S} UTC), not {expected or 'unset'}. Compare with the "
            "new champion and decide again."
        )


def _successor(current: Champion | None, **facts: Any) -> Champion:
    """The next reign; `facts` are signature, version, actor, reason and at."""
    return Champion(
        revision=current.revision + 1 if current else 1,
        previous_version=current.version if current else None,
        **facts,
    )


def _crown(connection: Connection, champion: Champion) -> None:
    connection.execute(insert(_champions).values(asdict(champion)))
    entry = AuditEntry(
        at=champion.at,
        actor=champion.actor,
        action="champion.set",
        subject=champion.signature,
        reason=champion.reason,
        before=champion.previous_version,
        after=champion.version,
    )
    append_entry(connection, entry)
