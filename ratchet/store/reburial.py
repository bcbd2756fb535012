"""What a restored database no longer knows to be forgotten: tombstones put up again.

An older backup holds examples that were forgotten after it was made, and no tombstones of
them. Both come from outside: the tombstones of the database that is replaced.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, inspect, select

from ratchet.examples import ExampleId
from ratchet.store import schema
from ratchet.store.audit import AuditEntry, append_entry
from ratchet.store.bulk import chunks
from ratchet.store.engine import Database
from ratchet.store.erasure import added_of, delete_examples, erase_requests, let_no_add_pass
from ratchet.store.tombstones import (
    Tombstone,
    TombstoneKind,
    forgotten_among,
    inputs_sha256,
    tombstone_from,
    tombstones_of,
    write_tombstones,
)

FORGET = "examples.forget"
BY_REQUEST = "request="  # how the entry about a forgotten request begins
CHUNK = 500
PAGE = 1_000  # rows fetched at a time

_tombstones, _audit, _payloads = schema.tombstones, schema.audit, schema.payloads


@dataclass(frozen=True, kw_only=True)
class Forgetting:
    """What was forgotten: the tombstones, and the requests that were named one by one."""

    tombstones: tuple[Tombstone, ...] = ()
    request_ids: tuple[str, ...] = ()

    def __or__(self, other: Forgetting) -> Forgetting:
        stones = {stone.example_id: stone for stone in (*other.tombstones, *self.tombstones)}
        return Forgetting(
            tombstones=tuple(stones[i] for i in sorted(stones)),
            request_ids=tuple(sorted({*self.request_ids, *other.request_ids})),
        )


@dataclass(frozen=True, kw_only=True)
class Reburied:
    """What had to be done again: tombstones put up, content of examples and requests deleted."""

    tombstones: int = 0
    examples: int = 0
    payloads: int = 0
    corrections: int = 0

    @property
    def is_nothing(self) -> bool:
        return not (self.tombstones or self.examples or self.payloads or self.corrections)


@dataclass(kw_only=True)
class _Done:
    ids: list[ExampleId] = field(default_factory=list)
    examples: int = 0
    request_ids: set[str] = field(default_factory=set)


def read_forgetting(connection: Connection, *, schema_name: str | None = None) -> Forgetting:
    """What a database says was forgotten; one of an older schema forgot nothing.

    Args:
        connection: The database.
        schema_name: The schema of PostgreSQL in which the tables are; the usual one when None.
    """
    if not inspect(connection).has_table(_tombstones.name, schema=schema_name):
        return Forgetting()
    where = {"schema_translate_map": {None: schema_name}} if schema_name else {}
    stones = select(_tombstones).where(_tombstones.c.kind == TombstoneKind.FORGOTTEN.value)
    subjects = select(_audit.c.subject).where(
        _audit.c.action == FORGET, _audit.c.subject.startswith(BY_REQUEST, autoescape=True)
    )
    rows = connection.execute(stones, execution_options=where).mappings()
    return Forgetting(
        tombstones=tuple(tombstone_from(row) for row in rows),
        request_ids=requests_in(connection.execute(subjects, execution_options=where).scalars()),
    )


def requests_in(subjects: Iterable[str]) -> tuple[str, ...]:
    """The requests that entries with these subjects are about."""
    named = {s.removeprefix(BY_REQUEST) for s in subjects if s.startswith(BY_REQUEST)}
    return tuple(sorted(named))


def bury_again(
    database: Database,
    forgotten: Forgetting,
    *,
    subject: str,
    actor: str,
    reason: str,
    at: datetime,
) -> Reburied:
    """Forget what is stored here and was forgotten elsewhere, in one transaction.

    Payloads go too: those of the requests that the examples came from, and those with the
    inputs of one. Safe to repeat: what is forgotten already is left, and no entry is made.

    Raises:
        StoreError: the database can not be written.
    """
    with database.writing() as connection:
        let_no_add_pass(connection)
        done = _Done()
        for stones in chunks(forgotten.tombstones, CHUNK):
            _bury(connection, stones, done)
        requests = {*done.request_ids, *forgotten.request_ids}
        requests.update(_requests_with_inputs(connection, forgotten.tombstones))
        payloads, corrections = erase_requests(connection, sorted(requests))
        result = Reburied(
            tombstones=len(done.ids),
            examples=done.examples,
            payloads=payloads,
            corrections=corrections,
        )
        if not result.is_nothing:
            entry = AuditEntry(
                at=at,
                actor=actor,
                action=FORGET,
                subject=subject,
                reason=reason,
                before={"examples": sorted(done.ids)},
                after={"payloads_deleted": payloads, "corrections_blanked": corrections},
            )
            append_entry(connection, entry)
    return result


def _bury(connection: Connection, stones: Sequence[Tombstone], done: _Done) -> None:
    ids = [stone.example_id for stone in stones]
    standing = forgotten_among(connection, ids)
    fresh = [stone for stone in stones if stone.example_id not in standing]
    if not fresh:
        return
    missing = [stone.example_id for stone in fresh]
    added = added_of(connection, missing)
    known = {
        i: (old.added_at, old.added_by) for i, old in tombstones_of(connection, missing).items()
    }
    known |= added
    done.request_ids.update(_requests_of(connection, missing))
    write_tombstones(connection, [_as_known_here(stone, known) for stone in fresh])
    delete_examples(connection, missing)
    done.ids += missing
    done.examples += len(added)


def _as_known_here(stone: Tombstone, known: Mapping[ExampleId, tuple[datetime, str]]) -> Tombstone:
    """The tombstone with the addition that this database's audit trail tells of, if it does."""
    added_at, added_by = known.get(stone.example_id, (stone.added_at, ""))
    details = {name: value for name, value in stone.details.items() if name != "earlier"}
    return replace(stone, added_at=added_at, added_by=added_by, details=details)


def _requests_of(connection: Connection, ids: Sequence[ExampleId]) -> Iterator[str]:
    query = select(schema.examples.c.provenance).where(schema.examples.c.example_id.in_(ids))
    for provenance in connection.execute(query).scalars():
        request_id = provenance.get("request_id")
        if isinstance(request_id, str) and request_id:
            yield request_id


def _requests_with_inputs(connection: Connection, stones: Collection[Tombstone]) -> Iterator[str]:
    """Requests whose inputs are those of a forgotten example, known again by their hash."""
    hashes = {stone.details.get("inputs_sha256") for stone in stones} - {None}
    named = sorted({stone.signature for stone in stones})
    if not hashes:
        return
    query = select(_payloads.c.request_id, _payloads.c.signature, _payloads.c.inputs)
    query = query.where(_payloads.c.signature.in_(named), _payloads.c.inputs.is_not(None))
    for row in connection.execute(query.execution_options(yield_per=PAGE)):
        if isinstance(row.inputs, dict) and inputs_sha256(row.signature, row.inputs) in hashes:
            yield row.request_id
