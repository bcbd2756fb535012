"""After the switch: the routing says what the database says, and the audit trail tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ratchet.backup import postgresql_copy
from ratchet.backup.forgotten import Carried
from ratchet.backup.journal import Journal
from ratchet.backup.places import Part, Places
from ratchet.backup.planning import RestoreRequest
from ratchet.control.routing import write_routing
from ratchet.errors import InputError, RatchetError
from ratchet.serving.places import ROUTING
from ratchet.serving.routing_file import read_config
from ratchet.store import AuditEntry, Store, open_store
from ratchet.store.reburial import bury_again

ACTION = "backup.restored"


def conclude(
    journal: Journal,
    request: RestoreRequest,
    carried: Carried,
    *,
    aside: tuple[str, ...],
    now: datetime,
) -> tuple[str, ...]:
    """Bring the store up to date with the restore, once; sentences about what to know.

    An older schema is migrated by this, and what was forgotten since is forgotten again.
    Nothing is done where there is no store.

    Raises:
        StoreError: the restored database can not be opened.
    """
    places = request.places
    if not _has_store(places):
        return ()
    notes = list(carried.notes)
    with open_store(places.database_url) as store:
        if Part.DATABASE in journal.parts:
            notes += _forget_again(journal, request, carried, store, now)
        if {Part.DATABASE, Part.ROLLOUTS} & set(journal.parts):
            notes += _repair_routing(journal, store, places, now)
        entry = AuditEntry(
            at=now,
            actor=request.actor,
            action=ACTION,
            subject=journal.backup,
            reason="restored from a backup",
            after={
                "restore_id": journal.restore_id,
                "parts": [part.value for part in journal.parts],
                "aside": list(aside),
            },
        )
        if not _is_told(store, entry):
            store.audit.append(entry)
    return tuple(notes)


def _forget_again(
    journal: Journal, request: RestoreRequest, carried: Carried, store: Store, now: datetime
) -> Iterator[str]:
    """Carry over what was forgotten after the backup was made."""
    done = bury_again(
        store.database,
        carried.forgotten,
        subject=f"backup={journal.backup}",
        actor=request.actor,
        reason=f"forgotten according to {carried.origin}, and older backups do not know it",
        at=now,
    )
    if not done.is_nothing:
        yield (
            f"Forgotten since the backup was made, according to {carried.origin}, and again now: "
            f"{done.tombstones} examples. The content of {done.examples} was in the backup and is "
            f"deleted, with {done.payloads} payloads of requests."
        )


def _has_store(places: Places) -> bool:
    file = places.sqlite_file
    if file is not None:
        return file.exists()
    return postgresql_copy.look_at(places.database_url).facts is not None


def _repair_routing(journal: Journal, store: Store, places: Places, now: datetime) -> list[str]:
    """Let the routing file be that of the database, newer than what apps have read before."""
    file = places.routing / Path(ROUTING).name
    before = max(
        (_revision(move.aside) for move in journal.moves if move.target == file), default=0
    )
    try:
        if before:
            store.rollouts.raise_routing_revision(max(before, _revision(file)) + 1)
        write_routing(store, programs=places.programs, path=file, now=now)
    except RatchetError as error:
        return [f"The routing file could not be brought up to the database: {error}"]
    return []


def _revision(path: Path) -> int:
    try:
        return read_config(path).revision
    except InputError:
        return 0


def _is_told(store: Store, entry: AuditEntry) -> bool:
    """Whether a kill came after the entry was written."""
    told = store.audit.list(subject=entry.subject, action=ACTION)
    return any(known.after["restore_id"] == entry.after["restore_id"] for known in told)
