"""What the audit trail says of many rows at once: how many, and digests that commit to them.

One entry stands for one transaction. The examples of an entry are found again by who added
them and when, which no two transactions share; the judgements by their numbers.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, func, select, text

from ratchet.store import schema
from ratchet.store.audit import AuditEntry, append_entry
from ratchet.store.columns import storable

ADDED, JUDGED, RELABELLED = "examples.add", "examples.judge", "example.relabel"
SEVERAL = "examples"  # the subject of an entry about more than one signature

FACTS = (
    "example_id",
    "signature",
    "source",
    "status",
    "quality_score",
    "difficulty",
    "category",
    "notes",
    "group_id",
    "created_at",
    "provenance",
)
"""What is said of an example when it is added; its id is the hash of inputs and outputs."""

JUDGEMENT_FACTS = tuple(column.name for column in schema.example_judgements.c)

_SCORE, _CREATED = FACTS.index("quality_score"), FACTS.index("created_at")
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_NUL, _SURROGATE = "\\u0000", "\\ud"  # how JSON escapes them
_COLUMNS = [column.name for column in schema.examples.c]
_told = itemgetter(*map(_COLUMNS.index, FACTS))
_audit = schema.audit.c
_examples = schema.examples.c


class Digest:
    """The SHA-256 over the JSON array of rows that come one after the other."""

    def __init__(self) -> None:
        self.count = 0
        self._hash = hashlib.sha256()

    def add(self, row: Sequence[Any]) -> None:
        """Take in the next row."""
        self._hash.update((("," if self.count else "[") + _text(row)).encode())
        self.count += 1

    @property
    def sha256(self) -> str:
        """64 hexadecimal digits, the same as `digest_of` all the rows."""
        whole = self._hash.copy()
        whole.update(b"]" if self.count else b"[]")
        return whole.hexdigest()


def digest_of(rows: Sequence[Sequence[Any]]) -> str:
    """The SHA-256 over the JSON array of rows, 64 hexadecimal digits."""
    text_of_all = _encode(rows)
    if _NUL in text_of_all or _SURROGATE in text_of_all:
        text_of_all = f"[{','.join(map(_text, rows))}]"
    return hashlib.sha256(text_of_all.encode()).hexdigest()


def facts_of(values: Sequence[Any]) -> list[Any]:
    """The values of `FACTS` as JSON has them, the same before they are stored and after."""
    facts = list(values)
    facts[_SCORE] = None if facts[_SCORE] is None else float(facts[_SCORE])
    facts[_CREATED] = _utc(facts[_CREATED]).isoformat()
    return facts


def judgement_facts(row: Mapping[str, Any]) -> list[Any]:
    """A judgement as JSON has it, the same before it is stored and after."""
    *values, before, after, reason, actor, at = (row[name] for name in JUDGEMENT_FACTS)
    scores = (None if score is None else float(score) for score in (before, after))
    return [*values, *scores, reason, actor, _utc(at).isoformat()]


def free_moment(connection: Connection, actor: str, now: datetime) -> datetime:
    """The first moment from `now` on at which `actor` has not added examples yet.

    Nearly always `now`; a clock that stands still, or is set back, moves on by microseconds.
    """
    taken = select(func.max(_audit.at)).where(
        _audit.action == ADDED, _audit.actor == actor, _audit.at >= now
    )
    last = connection.execute(taken).scalar()
    return now if last is None else last + timedelta(microseconds=1)


def append_addition(
    connection: Connection,
    rows: Sequence[Sequence[Any]],
    *,
    inserted: int,
    actor: str,
    at: datetime,
) -> None:
    """Say in the trail which of `rows` were added, in the transaction that did.

    `rows` hold a value per column of the examples and are in the order of their ids;
    `inserted` of them are new. `at` is a `free_moment`, and their `added_at`.
    """
    if not inserted:
        return
    if inserted < len(rows):
        rows = list(_really_added(connection, rows, actor=actor, at=at))
    facts = [facts_of(_told(row)) for row in rows]
    entry = AuditEntry(
        at=at,
        actor=actor,
        action=ADDED,
        subject=_subject(row[1] for row in facts),
        after={
            "count": len(facts),
            "signatures": Counter(row[1] for row in facts),
            "sources": Counter(row[2] for row in facts),
            "statuses": Counter(row[3] for row in facts),
            "ids_sha256": digest_of([row[:1] for row in facts]),
            "facts_sha256": digest_of(facts),
        },
    )
    append_entry(connection, entry)


def append_judgements(
    connection: Connection, rows: Sequence[Mapping[str, Any]], signatures: Iterable[str]
) -> None:
    """Say in the trail what was judged, in the transaction that did.

    `rows` are those of the judgements, numbers included, in their order, of one actor.
    """
    entry = AuditEntry(
        at=rows[0]["at"],
        actor=rows[0]["actor"],
        action=JUDGED,
        subject=_subject(signatures),
        reason=rows[0]["reason"] if len(rows) == 1 else "",
        before={"statuses": Counter(str(row["status_before"]) for row in rows)},
        after={
            "count": len(rows),
            "statuses": Counter(str(row["status_after"]) for row in rows),
            "judgement_ids": _ranges(row["judgement_id"] for row in rows),
            "sha256": digest_of([judgement_facts(row) for row in rows]),
        },
    )
    append_entry(connection, entry)


def new_judgement_ids(connection: Connection, count: int) -> list[int]:
    """Numbers for `count` judgements, ascending; given before so that the entry can name them."""
    if connection.dialect.name == "postgresql":
        query = text(
            "SELECT nextval(pg_get_serial_sequence('example_judgements', 'judgement_id')) "
            "FROM generate_series(1, :count)"
        )
        return sorted(connection.execute(query, {"count": count}).scalars())
    last = connection.execute(select(func.max(schema.example_judgements.c.judgement_id))).scalar()
    return list(range((last or 0) + 1, (last or 0) + 1 + count))


def _really_added(
    connection: Connection, rows: Sequence[Sequence[Any]], *, actor: str, at: datetime
) -> Iterator[Sequence[Any]]:
    """The rows that are there by this addition: the others were there before."""
    ids = list(dict.fromkeys(row[0] for row in rows))
    query = select(_examples.example_id).where(
        _examples.example_id.in_(ids), _examples.added_at == at, _examples.added_by == actor
    )
    added = set(connection.execute(query).scalars())
    for row in rows:
        if row[0] in added:
            added.remove(row[0])  # of two rows with one id the first went in
            yield row


def _subject(signatures: Iterable[str]) -> str:
    found = set(signatures)
    return found.pop() if len(found) == 1 else SEVERAL


def _ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Ascending numbers as ranges, both ends included: [[1, 2000]] as a rule."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges


def _text(row: Sequence[Any]) -> str:
    """One row as JSON in ASCII, its texts as they are stored."""
    line = _encode(row)
    if _NUL in line or _SURROGATE in line:
        return _encode([storable(value) if isinstance(value, str) else value for value in row])
    return line


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
