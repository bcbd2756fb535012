"""Examples in the database: added once by content, found, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    bindparam,
    func,
    select,
    union_all,
)

from ratchet.errors import InputError
from ratchet.examples import Difficulty, Example, ExampleId, Source, Status
from ratchet.store import schema
from ratchet.store.audit_evidence import append_addition, free_moment
from ratchet.store.bulk import Row, chunks, insert_new
from ratchet.store.engine import Database
from ratchet.store.judgements import Judged, Judgement, JudgementRecord, judge, judgements_of
from ratchet.store.tombstones import forgotten_among, forgotten_by_now

CHUNK = 2_000  # examples per transaction: a fraction of a second, so other writers get their turn
PAGE = 1_000  # examples fetched at a time while streaming
USABLE = (Status.ACCEPTED, Status.APPROVED)
"""The statuses of examples that may go into a dataset."""

_table = schema.examples
_c = _table.c
_ADDED = [column.name for column in _c].index("added_at")  # then added_by and updated_at


class Order(StrEnum):
    """The order in which examples are found."""

    OLDEST = "oldest"
    NEWEST = "newest"
    BEST = "best"


@dataclass(frozen=True, kw_only=True)
class Added:
    """How many records were new, and how many were there already and stay as they are.

    `forgotten` were refused: their content was taken out on request and never comes back.
    """

    inserted: int
    existing: int
    forgotten: int = 0


@dataclass(frozen=True, kw_only=True)
class ExampleStatistics:
    """What is stored for one signature; each mapping counts examples, the most first.

    `mean_quality` is 0..100 over the scored ones, 0.0 when there is none.
    """

    signature: str
    total: int
    scored: int
    mean_quality: float
    statuses: Mapping[str, int]
    sources: Mapping[str, int]
    difficulties: Mapping[str, int]
    categories: Mapping[str, int]


class ExampleStore:
    """All examples of all signatures."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def add(self, examples: Iterable[Example], *, actor: str = "ratchet") -> Added:
        """Store the examples whose content is new; the others keep their status and score.

        What was forgotten on request is not taken in again, whatever source it comes from.

        The stream is written in transactions of 2,000. When it is cut off, what was written
        stays, and adding the same examples again completes it.

        Raises:
            InputError: the content of an example has no JSON form (NaN, for one).
            StoreError: the database can not be written.
        """
        seen = inserted = forgotten = 0
        for chunk in chunks(examples, CHUNK):
            seen += len(chunk)
            now = self._clock()
            # In one order, so that two writers of the same examples never wait in a circle.
            rows = sorted((_to_row(example, actor, now) for example in chunk), key=lambda r: r[0])
            with self._database.writing() as connection:
                refused = forgotten_among(connection, [row[0] for row in rows])
                if refused:
                    forgotten += sum(row[0] in refused for row in rows)
                    rows = [row for row in rows if row[0] not in refused]
                inserted += _add(connection, rows, actor=actor, now=now)
        return Added(inserted=inserted, existing=seen - inserted - forgotten, forgotten=forgotten)

    def get(self, example_id: ExampleId) -> Example | None:
        """The example with this content id, or None."""
        with self._database.reading() as connection:
            row = connection.execute(_query().where(_c.example_id == example_id)).mappings().first()
        return None if row is None else _from_row(row)

    def statuses(self, example_ids: Iterable[ExampleId]) -> dict[ExampleId, Status]:
        """The status of those of these examples that are stored."""
        found: dict[ExampleId, Status] = {}
        with self._database.reading() as connection:
            for ids in chunks(example_ids, PAGE):
                query = select(_c.example_id, _c.status).where(_c.example_id.in_(ids))
                found.update((row[0], Status(row[1])) for row in connection.execute(query))
        return found

    def forgotten(self, example_ids: Iterable[ExampleId]) -> frozenset[ExampleId]:
        """Those of these examples that were taken out on request and never come back."""
        found: frozenset[str] = frozenset()
        with self._database.reading() as connection:
            for ids in chunks(example_ids, PAGE):
                found |= forgotten_by_now(connection, ids)
        return frozenset(map(ExampleId, found))

    def find(
        self,
        signature: str,
        *,
        statuses: Collection[Status] = (),
        sources: Collection[Source] = (),
        limit: int | None = None,
        order: Order = Order.OLDEST,
    ) -> Iterator[Example]:
        """Stream the examples of a signature; no status or source given means any.

        They come from one snapshot, a page at a time, so a million cost no more memory than
        a thousand. Ties are broken by content id: the order is the same every time.
        """
        query = _query().where(_c.signature == signature, *_filters(statuses, sources))
        query = query.order_by(*_ordering(order)).limit(limit)
        with self._database.reading() as connection:
            streaming = connection.execution_options(yield_per=PAGE)
            for row in streaming.execute(query).mappings():
                yield _from_row(row)

    def top(
        self, signature: str, limit: int, *, statuses: Collection[Status] = USABLE
    ) -> list[Example]:
        """The best scored examples of a signature, the newer of two equals first.

        Examples without a score are left out. Each status is read from the index in order
        and stops at `limit`, however many examples there are.
        """
        if not statuses:
            return []
        query = _best_of_each(tuple(dict.fromkeys(statuses)), limit)
        with self._database.reading() as connection:
            rows = connection.execute(query, {_WANTED: signature}).mappings()
            return [_from_row(row) for row in rows]

    def judge(
        self,
        judgements: Iterable[Judgement],
        *,
        actor: str,
        at: datetime,
        only: Collection[Status] = tuple(Status),
    ) -> Judged:
        """Give examples their status and score, and keep a row of what changed and why.

        An example whose status is none of `only` by then is left as it is. Repeating a
        judgement changes nothing and leaves no second row. Written in transactions of 2,000,
        like `add`.

        Raises:
            StoreError: the database can not be written.
        """
        total = Judged()
        for chunk in chunks(judgements, CHUNK):
            with self._database.writing() as connection:
                total += judge(connection, chunk, actor=actor, at=at, only=only)
        return total

    def judgements(self, example_id: ExampleId) -> list[JudgementRecord]:
        """Every change of one example's status or score, the oldest first."""
        with self._database.reading() as connection:
            return judgements_of(connection, example_id)

    def statistics(self, signature: str) -> ExampleStatistics:
        """Count what is stored for a signature, in one pass over it."""
        kinds = (_c.status, _c.source, _c.difficulty, _c.category)
        score = _c.quality_score
        query = select(*kinds, func.count(), func.count(score), func.coalesce(func.sum(score), 0.0))
        query = query.where(_c.signature == signature).group_by(*kinds)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        scored = sum(row[5] for row in rows)
        return ExampleStatistics(
            signature=signature,
            total=sum(row[4] for row in rows),
            scored=scored,
            mean_quality=sum(row[6] for row in rows) / scored if scored else 0.0,
            statuses=_counts((row[0], row[4]) for row in rows),
            sources=_counts((row[1], row[4]) for row in rows),
            difficulties=_counts((row[2], row[4]) for row in rows),
            categories=_counts((row[3], row[4]) for row in rows),
        )

    def signatures(self) -> list[str]:
        """The signatures that have at least one example, by name."""
        with self._database.reading() as connection:
            query = select(_c.signature).distinct().order_by(_c.signature)
            return list(connection.execute(query).scalars())


def _add(connection: Connection, rows: Sequence[Row], *, actor: str, now: datetime) -> int:
    """Insert the new ones of the rows, with an entry in the audit trail; say how many."""
    moment = free_moment(connection, actor, now)
    if moment != now:
        rows = [(*row[:_ADDED], moment, actor, moment) for row in rows]
    inserted = insert_new(connection, _table, rows)
    append_addition(connection, rows, inserted=inserted, actor=actor, at=moment)
    return inserted


def _query() -> Select[Any]:
    return select(_table)


def _filters(
    statuses: Collection[Status], sources: Collection[Source]
) -> Iterator[ColumnElement[bool]]:
    if statuses:
        yield _c.status.in_([status.value for status in statuses])
    if sources:
        yield _c.source.in_([source.value for source in sources])


def _ordering(order: Order) -> tuple[ColumnElement[Any], ...]:
    if order is Order.BEST:
        return (_c.quality_score.is_(None), *_by_quality(_c))
    if order is Order.NEWEST:
        return (_c.created_at.desc(), _c.example_id.desc())
    return (_c.created_at.asc(), _c.example_id.asc())


def _by_quality(columns: Any) -> tuple[ColumnElement[Any], ...]:
    return (columns.quality_score.desc(), columns.created_at.desc(), columns.example_id)


_WANTED = "wanted_signature"


@lru_cache(maxsize=64)  # to build it takes as long as to answer it
def _best_of_each(statuses: tuple[Status, ...], limit: int) -> Select[Any]:
    """The best rows of the signature that `_WANTED` is bound to."""
    best = [_best_of(status, limit) for status in statuses]
    if len(best) == 1:
        return best[0]
    found = union_all(*(select(part.subquery()) for part in best)).subquery()
    return select(found).order_by(*_by_quality(found.c)).limit(limit)


def _best_of(status: Status, limit: int) -> Select[Any]:
    signature = bindparam(_WANTED, type_=_c.signature.type)
    query = _query().where(
        _c.signature == signature, _c.status == status.value, _c.quality_score.is_not(None)
    )
    return query.order_by(*_by_quality(_c)).limit(limit)


def _to_row(example: Example, actor: str, now: datetime) -> Row:
    try:
        example_id = example.example_id
    except (TypeError, ValueError) as error:
        raise InputError(
            f"An example of {example.signature} ({example.group_id}) has no JSON form: {error}. "
            "Leave it out, or replace the value."
        ) from error
    return (
        example_id,
        example.signature,
        example.status.value,
        example.source.value,
        example.difficulty.value,
        example.category,
        example.quality_score,
        example.group_id,
        example.notes,
        example.inputs,
        example.outputs,
        example.provenance,
        example.created_at,
        now,
        actor,
        now,
    )


def _from_row(row: RowMapping) -> Example:
    return Example(
        signature=row["signature"],
        inputs=row["inputs"],
        outputs=row["outputs"],
        source=Source(row["source"]),
        difficulty=Difficulty(row["difficulty"]),
        category=row["category"],
        group_id=row["group_id"],
        created_at=row["created_at"],
        notes=row["notes"],
        provenance=row["provenance"],
        quality_score=row["quality_score"],
        status=Status(row["status"]),
    )


def _counts(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    counter: Counter[str] = Counter()
    for name, count in pairs:
        counter[name] += count
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))
