"""Removals: examples that leave the store for good, and the tombstones that remember them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from ratchet.examples import Difficulty, Example, ExampleId, Source, Status
from ratchet.store import schema
from ratchet.store.audit import AuditEntry, append_entry
from ratchet.store.bulk import chunks
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database
from ratchet.store.erasure import added_of, delete_examples, erase_requests, let_no_add_pass
from ratchet.store.tombstones import (
    Tombstone,
    TombstoneKind,
    content_hashes,
    forgotten_among,
    inputs_sha256,
    strip_cleaned,
    tombstone_from,
    tombstones_of,
    write_tombstones,
)

CHUNK = 500  # examples a transaction: one audit entry lists them all
PAGE = 1_000  # rows fetched at a time while streaming

_examples = schema.examples
_e = _examples.c
_tombstones = schema.tombstones
_SHELVED = ("example_id", "signature", "status", "source", "difficulty", "category")
_SHELVED_TOO = ("quality_score", "created_at", "added_at", "added_by")


@dataclass(frozen=True, kw_only=True)
class ShelvedExample:
    """What the store knows of an example without its content; a million fit into memory."""

    example_id: ExampleId
    signature: str
    status: Status
    source: Source
    difficulty: Difficulty
    category: str
    quality_score: float | None
    created_at: datetime
    added_at: datetime
    added_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """How many examples are gone now, and the ids of those that were held at the last moment."""

    removed: int = 0
    held: tuple[ExampleId, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What was taken out of the store: examples, payloads of requests, corrected outputs.

    `known` counts tombstones that stood already.
    """

    examples: int = 0
    tombstones: int = 0
    known: int = 0
    payloads: int = 0
    corrections: int = 0


class RemovalStore:
    """Deletes examples, and remembers that there was something."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def shelved(self, signature: str) -> Iterator[ShelvedExample]:
        """Stream what is stored of a signature without its content, the oldest first."""
        query = select(*(_e[name] for name in (*_SHELVED, *_SHELVED_TOO)))
        query = query.where(_e.signature == signature).order_by(_e.created_at, _e.example_id)
        with self._database.reading() as connection:
            for row in connection.execution_options(yield_per=PAGE).execute(query).mappings():
                yield ShelvedExample(
                    **{
                        **row,
                        "status": Status(row["status"]),
                        "source": Source(row["source"]),
                        "difficulty": Difficulty(row["difficulty"]),
                    }
                )

    def audited(self, example_ids: Iterable[ExampleId]) -> frozenset[ExampleId]:
        """Those of these examples that an audit record is about."""
        found: set[ExampleId] = set()
        with self._database.reading() as connection:
            for ids in chunks(example_ids, CHUNK):
                found |= _audited(connection, ids)
        return frozenset(found)

    def clean(
        self,
        reasons: Mapping[ExampleId, str],
        *,
        actor: str,
        at: datetime,
    ) -> Cleaned:
        """Delete examples, each for its reason, and leave a tombstone of each.

        Judgements stay: they are append-only and outlive the example. One that was approved,
        or that an audit record is about by now, is held. Every transaction of 500 has one
        audit entry with the ids; what was committed stays when a later one is cut off, and
        cleaning again completes it.

        Raises:
            StoreError: the database can not be written.
        """
        refuse_naive(at=at)
        removed, held = 0, list[ExampleId]()
        for ids in chunks(sorted(reasons), CHUNK):
            with self._database.writing() as connection:
                gone = _clean(connection, ids, reasons, actor=actor, at=at)
            removed += len(gone)
            held += [i for i in ids if i not in gone]
        return Cleaned(removed=removed, held=tuple(held))

    def forget(
        self,
        examples: Collection[Example],
        *,
        cleaned: Collection[ExampleId] = (),
        request_ids: Collection[str] = (),
        subject: str,
        actor: str,
        reason: str,
        at: datetime,
    ) -> Forgotten:
        """Take the content of examples out of the store, and never let it in again.

        The examples need not be stored any more: their tombstones keep them out of later
        dataset versions too. Of those `cleaned` up long ago the tombstone loses its facts and
        becomes one of the forgotten. Of `request_ids` the payloads are deleted and corrected
        outputs blanked. All of it is one transaction, and safe to repeat.

        Raises:
            StoreError: the database can not be written.
        """
        refuse_naive(at=at)
        with self._database.writing() as connection:
            let_no_add_pass(connection)
            done = _bury(connection, examples, actor=actor, reason=reason, at=at)
            stripped = sum(
                strip_cleaned(connection, ids, actor=actor, reason=reason, at=at)
                for ids in chunks(sorted(cleaned), CHUNK)
            )
            payloads, corrections = erase_requests(connection, sorted(set(request_ids)))
            if done.tombstones or done.examples or stripped or payloads or corrections:
                entry = AuditEntry(
                    at=at,
                    actor=actor,
                    action="examples.forget",
                    subject=subject,
                    reason=reason,
                    before={"examples": sorted({*(e.example_id for e in examples), *cleaned})},
                    after={"payloads_deleted": payloads, "corrections_blanked": corrections},
                )
                append_entry(connection, entry)
        return Forgotten(
            examples=done.examples,
            tombstones=done.tombstones + stripped,
            known=done.known,
            payloads=payloads,
            corrections=corrections,
        )

    def forgotten(self, signature: str | None = None) -> frozenset[ExampleId]:
        """The ids of everything that was forgotten, of one signature or of all."""
        query = select(_tombstones.c.example_id).where(
            _tombstones.c.kind == TombstoneKind.FORGOTTEN.value
        )
        if signature is not None:
            query = query.where(_tombstones.c.signature == signature)
        with self._database.reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def tombstones(
        self, *, signature: str | None = None, kind: TombstoneKind | None = None, limit: int = 1_000
    ) -> tuple[Tombstone, ...]:
        """The newest tombstones first, at most `limit`."""
        query = select(_tombstones).order_by(_tombstones.c.at.desc(), _tombstones.c.example_id)
        if signature is not None:
            query = query.where(_tombstones.c.signature == signature)
        if kind is not None:
            query = query.where(_tombstones.c.kind == kind.value)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit)).mappings()
            return tuple(tombstone_from(row) for row in rows)

    def tombstone(self, example_id: ExampleId) -> Tombstone | None:
        """The tombstone of an example, or None."""
        query = select(_tombstones).where(_tombstones.c.example_id == example_id)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else tombstone_from(row)


def _audited(connection: Connection, ids: Sequence[ExampleId]) -> set[ExampleId]:
    query = select(schema.audit.c.subject).where(schema.audit.c.subject.in_(ids)).distinct()
    return {ExampleId(subject) for subject in connection.execute(query).scalars()}


def _clean(
    connection: Connection,
    ids: Sequence[ExampleId],
    reasons: Mapping[ExampleId, str],
    *,
    actor: str,
    at: datetime,
) -> set[ExampleId]:
    query = select(_examples).where(_e.example_id.in_(ids)).order_by(_e.example_id)
    rows = connection.execute(query.with_for_update()).mappings().all()
    spoken_for = _audited(connection, ids)
    going = [
        row
        for row in rows
        if row["status"] != Status.APPROVED.value and row["example_id"] not in spoken_for
    ]
    if not going:
        return set()
    gone = {ExampleId(row["example_id"]) for row in going}
    delete_examples(connection, gone)
    stones = [_cleaned(row, reasons[row["example_id"]], actor, at) for row in going]
    write_tombstones(connection, stones)
    for signature in sorted({row["signature"] for row in going}):
        of_it = [row["example_id"] for row in going if row["signature"] == signature]
        entry = AuditEntry(
            at=at,
            actor=actor,
            action="examples.clean",
            subject=signature,
            reason=f"{len(of_it)} left: by age, quality or cap",
            before={"examples": of_it},
        )
        append_entry(connection, entry)
    return gone


def _cleaned(row: RowMapping, reason: str, actor: str, at: datetime) -> Tombstone:
    kept = ("status", "difficulty", "category", "quality_score", "group_id", "provenance")
    return Tombstone(
        example_id=ExampleId(row["example_id"]),
        signature=row["signature"],
        kind=TombstoneKind.CLEANED,
        source=row["source"],
        reason=reason,
        actor=actor,
        at=at,
        added_at=row["added_at"],
        added_by=row["added_by"],
        details={
            **{name: row[name] for name in kept},
            "created_at": row["created_at"].isoformat(),
            "inputs_sha256": inputs_sha256(row["signature"], row["inputs"]),
        },
    )


def _bury(
    connection: Connection, examples: Collection[Example], *, actor: str, reason: str, at: datetime
) -> Forgotten:
    """Tombstones of kind forgotten for all, the content deleted where it is stored."""
    wanted = {example.example_id: example for example in examples}
    deleted = known = 0
    for ids in chunks(sorted(wanted), CHUNK):
        added = added_of(connection, ids)
        standing = forgotten_among(connection, ids)
        fresh = [wanted[example_id] for example_id in ids if example_id not in standing]
        before = {
            i: (old.added_at, old.added_by) for i, old in tombstones_of(connection, ids).items()
        }
        write_tombstones(
            connection,
            [
                _forgotten(e, {**before, **added}.get(e.example_id), actor, reason, at)
                for e in fresh
            ],
        )
        delete_examples(connection, set(ids))
        deleted += len(added)
        known += len(standing)
    return Forgotten(examples=deleted, tombstones=len(wanted) - known, known=known)


def _forgotten(
    example: Example, added: tuple[datetime, str] | None, actor: str, reason: str, at: datetime
) -> Tombstone:
    added_at, added_by = added or (example.created_at, "")
    return Tombstone(
        example_id=example.example_id,
        signature=example.signature,
        kind=TombstoneKind.FORGOTTEN,
        source=example.source.value,
        reason=reason,
        actor=actor,
        at=at,
        added_at=added_at,
        added_by=added_by,
        details=content_hashes(example),
    )
