"""Decisions of curators in the database: all of one decision, with its audit row, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from ratchet.errors import InputError, StoreError
from ratchet.examples import Difficulty, Example, ExampleId, Status
from ratchet.store import schema
from ratchet.store.audit import AuditEntry, append_entry
from ratchet.store.audit_evidence import append_addition, free_moment
from ratchet.store.bulk import chunks, insert_new, upsert
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database
from ratchet.store.judgements import Judgement, judge
from ratchet.store.tombstones import forgotten_among

PAGE = 1_000
PREFIX_MATCHES = 5  # shown when the start of an id fits several examples

_examples = schema.examples
_skips = schema.review_skips


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a curator made of one example.

    `seen` is the status the curator looked at: when somebody changed it since, nothing is
    written. `action` is the verb of the audit trail ("example.approve").

    Raises:
        InputError: `at` has no time zone.
    """

    example_id: ExampleId
    seen: Status
    status: Status
    action: str
    curator: str
    at: datetime
    reason: str = ""
    facts: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        refuse_naive(at=self.at)


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The metadata of an example that is no part of its content id."""

    difficulty: Difficulty
    category: str
    notes: str

    @classmethod
    def of(cls, example: Example) -> Labels:
        """The labels that an example has."""
        return cls(difficulty=example.difficulty, category=example.category, notes=example.notes)

    def to_json(self) -> dict[str, str]:
        """The labels for the audit trail."""
        return {
            "difficulty": self.difficulty.value,
            "category": self.category,
            "notes": self.notes,
        }


class ReviewStore:
    """What curators decided, skipped and changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def decide(self, decisions: Sequence[Decision]) -> None:
        """Write decisions in one transaction.

        Raises:
            StoreError: an example is gone or was changed by somebody else, or the database
                can not be written; nothing was written.
        """
        with self._database.writing() as connection:
            for decision in decisions:
                _decide(connection, decision)

    def replace(self, archived: Decision, example: Example) -> None:
        """Store `example` in the place of the one that is archived, in one transaction.

        Raises:
            InputError: that content is stored already, or was forgotten on request.
            StoreError: see `decide`.
        """
        with self._database.writing() as connection:
            _take_in(connection, example, archived)
            _decide(connection, archived)

    def relabel(
        self, example_id: ExampleId, *, seen: Labels, labels: Labels, curator: str, at: datetime
    ) -> None:
        """Change difficulty, category and notes; the content stays, and so does the id.

        Raises:
            StoreError: see `decide`.
        """
        columns = (_examples.c.difficulty, _examples.c.category, _examples.c.notes)
        query = select(*columns).where(_examples.c.example_id == example_id).with_for_update()
        with self._database.writing() as connection:
            found = connection.execute(query).mappings().first()
            if found is None or dict(found) != seen.to_json():
                raise StoreError(_overtaken(example_id, "its difficulty, category or notes"))
            changed = update(_examples).where(_examples.c.example_id == example_id)
            connection.execute(changed.values(**labels.to_json(), updated_at=at))
            entry = AuditEntry(
                at=at,
                actor=curator,
                action="example.relabel",
                subject=example_id,
                before=seen.to_json(),
                after=labels.to_json(),
            )
            append_entry(connection, entry)

    def skip(self, example_id: ExampleId, *, curator: str, at: datetime) -> None:
        """Remember that a curator passed an example over."""
        row = {"example_id": example_id, "curator": curator, "at": at}
        with self._database.writing() as connection:
            upsert(connection, _skips, row)

    def unskip(self, example_id: ExampleId, *, curator: str) -> None:
        """Forget that a curator passed an example over."""
        is_it = (_skips.c.example_id == example_id, _skips.c.curator == curator)
        with self._database.writing() as connection:
            connection.execute(delete(_skips).where(*is_it))

    def skipped(self, curator: str) -> Mapping[ExampleId, datetime]:
        """What a curator passed over, and when last."""
        query = select(_skips.c.example_id, _skips.c.at).where(_skips.c.curator == curator)
        with self._database.reading() as connection:
            return {ExampleId(row.example_id): row.at for row in connection.execute(query)}

    def settled(self, example_ids: Iterable[ExampleId]) -> Mapping[ExampleId, str]:
        """Those of these examples that a curator rejected or replaced, with the reason.

        Collecting the same content again must not bring them back.
        """
        found: dict[ExampleId, str] = {}
        with self._database.reading() as connection:
            for ids in chunks(example_ids, PAGE):
                found.update(_settled(connection, ids))
        return found

    def matching(self, prefix: str) -> tuple[ExampleId, ...]:
        """The ids that begin with `prefix`, at most a few of them."""
        query = select(_examples.c.example_id).where(
            _examples.c.example_id.startswith(prefix, autoescape=True)
        )
        query = query.order_by(_examples.c.example_id).limit(PREFIX_MATCHES)
        with self._database.reading() as connection:
            return tuple(map(ExampleId, connection.execute(query).scalars()))


def _decide(connection: Connection, decision: Decision) -> None:
    query = select(_examples.c.status).where(_examples.c.example_id == decision.example_id)
    status = connection.execute(query.with_for_update()).scalar()
    if status != decision.seen:
        raise StoreError(_overtaken(decision.example_id, f"it is {status or 'gone'}"))
    judgement = Judgement(
        example_id=decision.example_id, status=decision.status, reason=decision.reason
    )
    judge(connection, [judgement], actor=decision.curator, at=decision.at)
    entry = AuditEntry(
        at=decision.at,
        actor=decision.curator,
        action=decision.action,
        subject=decision.example_id,
        reason=decision.reason,
        before={"status": decision.seen.value},
        after={"status": decision.status.value, **(decision.facts or {})},
    )
    append_entry(connection, entry)


def _overtaken(example_id: ExampleId, what: str) -> str:
    return (
        f"Example {example_id[:8]} was changed by somebody else since it was shown ({what} now). "
        "Nothing was written; look at it again."
    )


def _take_in(connection: Connection, example: Example, decision: Decision) -> None:
    """Insert the example, or take it out of the archive when an undone edit left it there."""
    query = select(_examples.c.status).where(_examples.c.example_id == example.example_id)
    status = connection.execute(query.with_for_update()).scalar()
    if forgotten_among(connection, [example.example_id]):
        raise InputError("This content was forgotten on request; it is never taken in again.")
    if status is None:
        moment = free_moment(connection, decision.curator, decision.at)
        row = tuple(_row(example, decision.curator, moment).values())
        inserted = insert_new(connection, _examples, [row])
        append_addition(connection, [row], inserted=inserted, actor=decision.curator, at=moment)
    elif status == Status.ARCHIVED:
        judgement = Judgement(
            example_id=example.example_id,
            status=example.status,
            quality_score=example.quality_score,
            reason=decision.reason,
        )
        judge(connection, [judgement], actor=decision.curator, at=decision.at)
    else:
        raise InputError(
            f"This content is stored already as {example.example_id[:8]} ({status}). Reject the "
            "one on the screen, or change something else."
        )


def _row(example: Example, curator: str, at: datetime) -> dict[str, Any]:
    """A value for each column, in their order."""
    return {
        "example_id": example.example_id,
        "signature": example.signature,
        "status": example.status.value,
        "source": example.source.value,
        "difficulty": example.difficulty.value,
        "category": example.category,
        "quality_score": example.quality_score,
        "group_id": example.group_id,
        "notes": example.notes,
        "inputs": example.inputs,
        "outputs": example.outputs,
        "provenance": example.provenance,
        "created_at": example.created_at,
        "added_at": at,
        "added_by": curator,
        "updated_at": at,
    }


def _settled(connection: Connection, ids: Sequence[ExampleId]) -> dict[ExampleId, str]:
    """The last judgement of each closed example, where a curator gave it."""
    judged, curators = schema.example_judgements, schema.curators
    closed = (Status.REJECTED.value, Status.ARCHIVED.value)
    last = (
        select(func.max(judged.c.judgement_id))
        .join(_examples, _examples.c.example_id == judged.c.example_id)
        .where(judged.c.example_id.in_(ids), _examples.c.status.in_(closed))
        .group_by(judged.c.example_id)
    )
    query = (
        select(judged)
        .join(curators, curators.c.name == judged.c.actor)
        .where(judged.c.judgement_id.in_(last), judged.c.status_after.in_(closed))
    )
    return {
        ExampleId(row.example_id): f"{row.actor} {row.status_after} it on {row.at:%Y-%m-%d}"
        + (f": {row.reason}" if row.reason else "")
        for row in connection.execute(query)
    }
