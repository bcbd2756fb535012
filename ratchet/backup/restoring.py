"""Bringing a backup back: staged beside what is there, then switched by renames.

Until everything is staged and checked, nothing that is in use was touched. The switch of
PostgreSQL is one transaction, that of files a rename each; a journal makes it repeatable.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ratchet.backup import postgresql_copy, sqlite_copy
from ratchet.backup.aftermath import conclude
from ratchet.backup.contents import holds_any, present
from ratchet.backup.creation import SQLITE_FILE, Progress
from ratchet.backup.disk import explained, refuse_too_little_space, remove_tree, sync_tree
from ratchet.backup.forgotten import Carried, find_forgotten, forgotten_in
from ratchet.backup.journal import (
    Journal,
    Move,
    Phase,
    forget_journal,
    only_restore,
    read_journal,
)
from ratchet.backup.manifest import Manifest
from ratchet.backup.opening import opened, place_part
from ratchet.backup.places import Part, Places
from ratchet.backup.planning import (
    RestorePlan,
    RestoreRequest,
    plan_restore,
    refuse_what_is_in_the_way,
)
from ratchet.backup.relocation import MOVED, relocation_statements
from ratchet.errors import StoreError
from ratchet.store.reburial import Forgetting

STAGING, ASIDE = ".restoring_", ".before_restore_"
ASIDE_SCHEMA = "before_restore_"
FORGOTTEN = "forgotten.json"


@dataclass(frozen=True, kw_only=True)
class Restored:
    """A restore that is done: where the old state is now, and what else to know."""

    backup: str
    parts: tuple[Part, ...]
    aside: tuple[str, ...]
    notes: tuple[str, ...]
    was_resumed: bool


def restore_backup(request: RestoreRequest, *, now: datetime, progress: Progress) -> Restored:
    """Put the parts of a backup in place; the old state is moved aside and kept.

    Run it again after a kill: what was begun is completed.

    Raises:
        InputError: something is in the way and `force` is false, or the databases are of
            different kinds.
        StoreError: the backup is damaged or newer, the database is in use, the disk is full,
            or another restore has not ended. What was in place is still in place then.
        ConfigurationError: PostgreSQL's programs are missing.
    """
    home = request.places.home
    with explained("The backup was not restored", folder=home), only_restore(home):
        journal = read_journal(home)
        if journal is not None and journal.phase is Phase.SWITCHING:
            _refuse_another(journal, request)
            return _complete(journal, request, now=now, was_resumed=True)
        if journal is not None:
            _abandon(journal, home)
        plan = plan_restore(request)
        if not request.force:
            refuse_what_is_in_the_way(plan)
        journal = _stage(request, plan, now=now, progress=progress)
        return _complete(journal, request, now=now, was_resumed=False)


def unfinished_restore(places: Places) -> Journal | None:
    """A restore that was killed while it switched, and has to be completed."""
    journal = read_journal(places.home)
    return journal if journal is not None and journal.phase is Phase.SWITCHING else None


def _refuse_another(journal: Journal, request: RestoreRequest) -> None:
    if journal.backup != request.backup.name or set(journal.parts) != set(request.parts):
        raise StoreError(
            f"The restore of {journal.backup} was interrupted while it put things in place. "
            f"Complete it first: {journal.command}"
        )


def _stage(
    request: RestoreRequest, plan: RestorePlan, *, now: datetime, progress: Progress
) -> Journal:
    """Copy everything beside its place, checked; the journal says from then on what to move."""
    stamp = f"{now.astimezone(UTC):%Y%m%d_%H%M%S}_{secrets.token_hex(2)}"
    places = request.places
    roots = {part: places.root(part) / f"{STAGING}{stamp}" for part in request.parts}
    journal = Journal(
        restore_id=f"{request.backup.name} {stamp}",
        backup=request.backup.name,
        place=str(request.backup.path),
        parts=request.parts,
        phase=Phase.STAGING,
        aside=stamp,
        staging=tuple(sorted(set(roots.values()))),
        notes=plan.notes,
    )
    _refuse_full_disks(request)
    _settle(request)
    journal.write(places.home)
    try:
        _copy_parts(request, roots, progress)
        if request.restores_database:
            find_forgotten(request).write(_forgotten_file(journal, places))
        moves = tuple(_moves(request, roots, stamp))
        journal = replace(journal, phase=Phase.SWITCHING, moves=moves)
        _settle(request)
        journal.write(places.home)
    except BaseException:
        _abandon(journal, places.home)
        raise
    return journal


def _copy_parts(request: RestoreRequest, roots: dict[Part, Path], progress: Progress) -> None:
    manifest = request.backup.contents
    with opened(request.backup) as contents:
        for part, root in roots.items():
            (root / part).mkdir(parents=True, exist_ok=True, mode=0o700)
            place_part(contents, manifest, part, root / part, placed=progress)
    if request.restores_database:
        progress(0, 0, "the database")
        _ready_database(request, manifest, roots[Part.DATABASE] / Part.DATABASE)
    for root in roots.values():
        sync_tree(root)


def _ready_database(request: RestoreRequest, manifest: Manifest, folder: Path) -> None:
    """Make the staged database what it will be: its paths those of this installation."""
    if request.places.sqlite_file is not None:
        staged = folder / SQLITE_FILE
        staged.chmod(0o600)
        if problems := sqlite_copy.damage(staged):
            raise StoreError(f"The backup {manifest.name} is damaged: {problems[0]}")
        sqlite_copy.execute(staged, _relocation(request))
        return
    target = postgresql_copy.look_at(request.places.database_url)
    script = folder / postgresql_copy.SCRIPT_FILE
    postgresql_copy.write_script(folder, script, server=target.server, tools=request.tools)


def _relocation(request: RestoreRequest, *, schema: str = "") -> tuple[str, ...]:
    new = {name: request.places.root(Part(name)) for name in MOVED}
    return relocation_statements(request.backup.contents.places, new, schema=schema)


def _moves(request: RestoreRequest, roots: dict[Part, Path], stamp: str) -> Iterator[Move]:
    for part, staging in roots.items():
        staged = {path.name: path for path in sorted((staging / part).iterdir())}
        if part is Part.DATABASE:
            yield from _database_moves(request, staged, stamp)
        elif part is Part.TELEMETRY:
            yield from _additions(request.places.telemetry, staged, stamp)
        else:
            yield from _part_moves(part, request.places, staged, stamp)


def _database_moves(request: RestoreRequest, staged: dict[str, Path], stamp: str) -> Iterator[Move]:
    file = request.places.sqlite_file
    if file is None or not request.restores_database:
        return
    for path in sqlite_copy.files_of(file):
        if path != file:
            yield Move(target=path, aside=path.parent / f"{ASIDE}{stamp}" / path.name)
    aside = file.parent / f"{ASIDE}{stamp}" / file.name
    yield Move(target=file, aside=aside, staged=staged[SQLITE_FILE])


def _additions(root: Path, staged: dict[str, Path], stamp: str) -> Iterator[Move]:
    """The files of the spool that are not here: those that are may have grown since."""
    for name, path in staged.items():
        if not (root / name).exists():
            yield Move(target=root / name, aside=root / f"{ASIDE}{stamp}" / name, staged=path)


def _part_moves(part: Part, places: Places, staged: dict[str, Path], stamp: str) -> Iterator[Move]:
    root = places.root(part)
    others = places.of_other_parts() if part is Part.STATE else frozenset()
    names = {path.name for path in present(part, places)} | staged.keys()
    for name in sorted(names):
        if not holds_any(root / name, others):
            aside = root / f"{ASIDE}{stamp}" / name
            yield Move(target=root / name, aside=aside, staged=staged.get(name))


def _complete(
    journal: Journal, request: RestoreRequest, *, now: datetime, was_resumed: bool
) -> Restored:
    """Carry out what the journal says; every step of it may have been done before."""
    carried = Carried.read(_forgotten_file(journal, request.places))
    schema = _switch_database(journal, request)
    for move in journal.moves:
        move.carry_out()
    aside = sorted({str(path.parent) for path in journal.asides})
    if schema:
        aside.append(f"the schema {schema} of the database")
    carried = replace(carried, forgotten=carried.forgotten | _forgotten_late(request, schema))
    notes = conclude(journal, request, carried, aside=tuple(aside), now=now)
    for folder in journal.staging:
        remove_tree(folder)
    forget_journal(request.places.home)
    return Restored(
        backup=journal.backup,
        parts=journal.parts,
        aside=tuple(aside),
        notes=(*journal.notes, *notes),
        was_resumed=was_resumed,
    )


def _forgotten_file(journal: Journal, places: Places) -> Path:
    return places.root(Part.DATABASE) / f"{STAGING}{journal.aside}" / FORGOTTEN


def _forgotten_late(request: RestoreRequest, schema: str) -> Forgetting:
    """What others forgot in the old tables of PostgreSQL until the very switch."""
    if not schema:
        return Forgetting()
    return forgotten_in(request.places.database_url, schema_name=schema)


def _switch_database(journal: Journal, request: RestoreRequest) -> str:
    """Switch PostgreSQL, or see that SQLite's file may be; the schema of the old tables.

    It is the first step: when it fails nothing was switched, and the restore is given up.
    """
    if not request.restores_database:
        return ""
    try:
        if request.places.sqlite_file is None:
            return _switch_postgresql(journal, request)
        if any(os.path.lexists(move.staged) for move in journal.moves if move.staged):
            _settle(request)
    except StoreError:
        if not any(_is_done(move) for move in journal.moves):
            _abandon(journal, request.places.home)
        raise
    return ""


def _switch_postgresql(journal: Journal, request: RestoreRequest) -> str:
    url = request.places.database_url
    aside = f"{ASIDE_SCHEMA}{journal.aside}"
    if not postgresql_copy.is_restored(url, journal.restore_id):
        target = postgresql_copy.look_at(url)
        folder = request.places.home / f"{STAGING}{journal.aside}" / Part.DATABASE
        postgresql_copy.restore_database(
            target,
            folder / postgresql_copy.SCRIPT_FILE,
            folder / postgresql_copy.FUNCTIONS_FILE,
            restore_id=journal.restore_id,
            aside=aside,
            relocation=_relocation(request, schema=target.schema),
            tools=request.tools,
        )
    return aside if postgresql_copy.has_schema(url, aside) else ""


def _is_done(move: Move) -> bool:
    return move.staged is not None and not os.path.lexists(move.staged)


def _settle(request: RestoreRequest) -> None:
    file = request.places.sqlite_file
    if file is not None and file.exists() and request.restores_database:
        sqlite_copy.settle(file)


def _abandon(journal: Journal, home: Path) -> None:
    for folder in journal.staging:
        remove_tree(folder)
    forget_journal(home)


def _refuse_full_disks(request: RestoreRequest) -> None:
    needed: Counter[int] = Counter()
    places: dict[int, Path] = {}
    for part in request.parts:
        root = request.places.root(part)
        existing = next(place for place in (root, *root.parents) if place.exists())
        device = existing.stat().st_dev
        needed[device] += sum(file.size_bytes for file in request.backup.contents.of_part(part))
        places.setdefault(device, root)
    for device, size_bytes in needed.items():
        refuse_too_little_space(places[device], size_bytes, doing="the restore")
