"""What a restore would do, and what is in its way: decided before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ratchet.backup import postgresql_copy, sqlite_copy
from ratchet.backup.contents import present
from ratchet.backup.facts import refuse_newer_revision, rows_of_records
from ratchet.backup.folder import Backup
from ratchet.backup.manifest import DatabaseFacts, Manifest
from ratchet.backup.places import Part, Places
from ratchet.backup.postgresql_tools import PostgresTools
from ratchet.errors import InputError, StoreError

NO_DATABASE = "The backup has no database; the one here, if any, stays as it is."


@dataclass(frozen=True, kw_only=True)
class RestoreRequest:
    """What is wanted: which backup, which parts of it, where to, and by whom."""

    backup: Backup
    places: Places
    parts: tuple[Part, ...]
    actor: str
    force: bool = False
    tools: PostgresTools = field(default_factory=PostgresTools)

    @property
    def restores_database(self) -> bool:
        return Part.DATABASE in self.parts and self.backup.contents.database is not None


@dataclass(frozen=True, kw_only=True)
class PartPlan:
    """One part: how many files come, where to, and what of the present state is in the way."""

    part: Part
    files: int
    place: str
    in_the_way: str = ""


@dataclass(frozen=True, kw_only=True)
class RestorePlan:
    """What a restore would do."""

    backup: str
    parts: tuple[PartPlan, ...]
    notes: tuple[str, ...] = ()

    @property
    def in_the_way(self) -> tuple[str, ...]:
        return tuple(plan.in_the_way for plan in self.parts if plan.in_the_way)


def plan_restore(request: RestoreRequest) -> RestorePlan:
    """Look at the backup and at what is here; changes nothing.

    Raises:
        StoreError: the backup is damaged or of a newer schema, or the database can not be
            reached.
        InputError: the backup's database is of another kind than the one here.
    """
    manifest, places = request.backup.contents, request.places
    notes = []
    if Part.DATABASE in request.parts and manifest.database is None:
        notes.append(NO_DATABASE)
    elif manifest.database is not None and Part.DATABASE in request.parts:
        refuse_newer_revision(manifest.database, where=manifest.name)
        _refuse_other_kind(manifest.database, places)
    notes += [f"Not in the backup: {line}" for line in manifest.left_out]
    plans = tuple(_plan(part, manifest, places) for part in request.parts)
    return RestorePlan(backup=manifest.name, parts=plans, notes=tuple(notes))


def refuse_what_is_in_the_way(plan: RestorePlan) -> None:
    """Check that a restore without --force overwrites nothing.

    Raises:
        InputError: it would; the message names what is there.
    """
    if plan.in_the_way:
        raise InputError(
            f"The backup {plan.backup} was not restored, for it would replace what is here: "
            f"{'; '.join(plan.in_the_way)}. Nothing was changed. With --force the old state is "
            "moved aside first and kept; --only restores single parts."
        )


def _plan(part: Part, manifest: Manifest, places: Places) -> PartPlan:
    place = str(places.root(part))
    in_the_way = ""
    if part is Part.DATABASE:
        place = str(places.sqlite_file or "the PostgreSQL database")
        if manifest.database is not None:
            in_the_way = _database_in_the_way(places)
    elif entries := present(part, places):
        names = ", ".join(entry.name for entry in entries[:3])
        more = f" and {len(entries) - 3} more" if len(entries) > 3 else ""
        in_the_way = f"{part} in {place} ({names}{more})"
    files = len(manifest.of_part(part))
    return PartPlan(part=part, files=files, place=place, in_the_way=in_the_way)


def _database_in_the_way(places: Places) -> str:
    file = places.sqlite_file
    if file is None:
        facts = postgresql_copy.look_at(places.database_url).facts
        return _rows("the PostgreSQL database", facts)
    if not file.exists():
        return ""
    try:
        return _rows(f"the database {file}", sqlite_copy.read_facts(file))
    except StoreError as error:
        return f"the database {file}, which can not be read ({error})"


def _rows(where: str, facts: DatabaseFacts | None) -> str:
    held = rows_of_records(facts) if facts else {}
    if not held:
        return ""
    largest = sorted(held.items(), key=lambda item: (-item[1], item[0]))[:3]
    return f"{where} ({', '.join(_counted(largest))})"


def _counted(tables: list[tuple[str, int]]) -> Iterator[str]:
    for name, rows in tables:
        yield f"{rows:,} {name}"


def _refuse_other_kind(facts: DatabaseFacts, places: Places) -> None:
    here = sqlite_copy.KIND if places.sqlite_file else postgresql_copy.KIND
    if facts.kind != here:
        raise InputError(
            f"The backup holds a database of {facts.kind}, and database_url names one of {here}. "
            "Set RATCHET_DATABASE_URL to one of the same kind, or restore the other parts alone "
            "with --only."
        )
    if here == postgresql_copy.KIND:
        target = postgresql_copy.look_at(places.database_url)
        if target.schema != facts.schema:
            raise InputError(
                f"The tables of the backup are in the schema {facts.schema!r}, and those here "
                f"belong in {target.schema!r}. Set the search_path of the user accordingly."
            )
