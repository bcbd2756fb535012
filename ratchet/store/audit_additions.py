"""Whether the examples in the database are those that the audit trail says were added."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Connection, func, select

from ratchet.store import schema
from ratchet.store.audit_evidence import ADDED, FACTS, Digest, facts_of
from ratchet.store.audit_originals import Stay, earlier_stays, with_original_facts
from ratchet.store.audit_report import Findings
from ratchet.store.bulk import chunks

PAGE = 1_000  # rows fetched at a time

_examples, _tombstones, _audit = schema.examples.c, schema.tombstones.c, schema.audit


@dataclass
class _Left:
    """What is left of what one actor added at one moment: stored, or under a tombstone."""

    ids: Digest = field(default_factory=Digest)
    facts: Digest = field(default_factory=Digest)
    first_id: str = ""

    def take(self, stay: Stay, facts: Mapping[str, Any] | None) -> None:
        self.first_id = self.first_id or stay.example_id
        self.ids.add([stay.example_id])
        if facts is not None:
            self.facts.add(facts_of([facts[name] for name in FACTS]))


@dataclass
class _Moment:
    """What was added at one moment, by actor: the entries about it, and what is left of it."""

    at: datetime
    entries: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    left: dict[str, _Left] = field(default_factory=dict)


class AdditionCheck:
    """Compares what is left of each addition with its entry.

    Both are read in the order of their moments, so that a million examples need no memory.
    """

    def __init__(self, connection: Connection, findings: Findings) -> None:
        self._connection = connection
        self._findings = findings
        first = select(func.min(_audit.c.at)).where(_audit.c.action == ADDED)
        self._since: datetime | None = connection.execute(first).scalar()
        self.count = 0
        self.older = 0
        self.by_id_only = 0

    def run(self) -> Iterator[int]:
        """Check everything; gives how many examples were looked at, moment by moment."""
        moments = heapq.merge(self._told(), self._found(), key=attrgetter("at"))
        for _, both in groupby(moments, key=attrgetter("at")):
            self._compare(*both)
            yield self.count + self.older

    def _compare(self, moment: _Moment, other: _Moment | None = None) -> None:
        """Check one moment; `other` is the same one where both sides know of it."""
        told = {**moment.entries, **(other.entries if other else {})}
        found = {**moment.left, **(other.left if other else {})}
        for actor in sorted({*told, *found}):
            entries, left = told.get(actor, []), found.get(actor, _Left())
            if not entries and (self._since is None or moment.at < self._since):
                self.older += left.ids.count
                continue
            self.count += left.ids.count
            if len(entries) == 1:
                self._compare_one(entries[0], left)
            elif entries:
                self._compare_counts(entries, left)
            else:
                self._findings.add(
                    f"No entry speaks of the examples that {actor!r} is said to have added at "
                    f"{moment.at.isoformat()} ({left.ids.count}, the first is {left.first_id}): "
                    "they were added behind Ratchet's back, or their entry is gone."
                )

    def _compare_one(self, entry: Mapping[str, Any], left: _Left) -> None:
        told = entry["after"] if isinstance(entry["after"], dict) else {}
        if told.get("count") != left.ids.count:
            what = f"says that {told.get('count')} examples were added; {left.ids.count} are known"
        elif told.get("ids_sha256") != left.ids.sha256:
            what = f"does not match the {left.ids.count} examples that are known"
        elif left.facts.count < left.ids.count:
            self.by_id_only += left.ids.count
            return
        elif told.get("facts_sha256") != left.facts.sha256:
            what = (
                "does not match what is stored with its examples (source, provenance, group, "
                "labels, or a status or score that nobody judged): it was changed"
            )
        else:
            return
        self._findings.add(what, entry_id=int(entry["entry_id"]))

    def _compare_counts(self, entries: list[Mapping[str, Any]], left: _Left) -> None:
        """Two processes that added for one actor in the same microsecond."""
        said = [e["after"].get("count") if isinstance(e["after"], dict) else None for e in entries]
        numbers = [int(entry["entry_id"]) for entry in entries]
        if sum(count for count in said if isinstance(count, int)) != left.ids.count:
            what = f"and {numbers[1:]} say that {said} examples were added; {left.ids.count} are"
            self._findings.add(f"{what} known", entry_id=numbers[0])
        else:
            self.by_id_only += left.ids.count
            self._findings.note(f"Entries {numbers} share a moment; only their counts were checked")

    def _told(self) -> Iterator[_Moment]:
        query = select(_audit).where(_audit.c.action == ADDED)
        query = query.order_by(_audit.c.at, _audit.c.entry_id)
        rows = self._connection.execute(query.execution_options(yield_per=PAGE)).mappings()
        for at, entries in groupby(rows, key=itemgetter("at")):
            moment = _Moment(at)
            for entry in entries:
                moment.entries.setdefault(entry["actor"], []).append(dict(entry))
            yield moment

    def _found(self) -> Iterator[_Moment]:
        for at, stays in groupby(self._stays(), key=lambda found: found[0].added_at):
            moment = _Moment(at)
            for stay, facts in stays:
                moment.left.setdefault(stay.added_by, _Left()).take(stay, facts)
            yield moment

    def _stays(self) -> Iterator[tuple[Stay, Mapping[str, Any] | None]]:
        """Every stay of an example in the store, with the facts of those that are there."""
        known = heapq.merge(
            self._stored(),
            self._gone(),
            ((stay, None) for stay in earlier_stays(self._connection)),
            key=lambda found: (found[0].added_at, found[0].example_id),
        )
        for page in chunks(known, PAGE):
            present = {stay.example_id: facts for stay, facts in page if facts is not None}
            original = with_original_facts(self._connection, present)
            for stay, facts in page:
                yield stay, None if facts is None else original.get(stay.example_id)

    def _stored(self) -> Iterator[tuple[Stay, Mapping[str, Any] | None]]:
        columns = (*(_examples[name] for name in FACTS), _examples.added_at, _examples.added_by)
        query = select(*columns).order_by(_examples.added_at, _examples.example_id)
        paged = query.execution_options(yield_per=PAGE)
        for row in self._connection.execute(paged).mappings():
            yield Stay.of(row), dict(row)

    def _gone(self) -> Iterator[tuple[Stay, Mapping[str, Any] | None]]:
        columns = (_tombstones.example_id, _tombstones.added_at, _tombstones.added_by)
        query = select(*columns).where(_tombstones.added_by != "")
        query = query.order_by(_tombstones.added_at, _tombstones.example_id)
        paged = query.execution_options(yield_per=PAGE)
        for row in self._connection.execute(paged).mappings():
            yield Stay.of(row), None
