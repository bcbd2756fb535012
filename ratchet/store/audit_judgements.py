"""Whether the judgements in the database are those that the audit trail speaks of."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from ratchet.store import schema
from ratchet.store.audit_evidence import Digest, judgement_facts
from ratchet.store.audit_report import Findings

PAGE = 1_000  # rows fetched at a time

_table = schema.example_judgements
_number = _table.c.judgement_id


class JudgementCheck:
    """Compares the rows of each entry with its digest, and remembers which it has seen.

    What it remembers are ranges of numbers; as good as all of them touch, so they are few.
    """

    def __init__(self, connection: Connection, findings: Findings) -> None:
        self._connection = connection
        self._findings = findings
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.count = 0
        self.older = 0

    def compare(self, entry: Mapping[str, Any]) -> None:
        """Check the rows of an entry `examples.judge`, given as its row."""
        try:
            told = entry["after"]
            ranges = [(int(first), int(last)) for first, last in told["judgement_ids"]]
            count, sha256 = int(told["count"]), str(told["sha256"])
        except (KeyError, TypeError, ValueError):
            self._findings.add("does not say which judgements it is about", entry_id=_id(entry))
            return
        digest = self._digest(ranges)
        self.count += digest.count
        if digest.count != count:
            what = f"speaks of {count} judgements, and {digest.count} are there"
            self._findings.add(what, entry_id=_id(entry))
        elif digest.sha256 != sha256:
            first, last = ranges[0][0], ranges[-1][1]
            what = f"does not match its judgements ({first} to {last}): one was changed"
            self._findings.add(what, entry_id=_id(entry))
        for first, last in ranges:
            self._cover(first, last)

    def finish(self) -> None:
        """Look for rows that no entry speaks of; those before the first one are older."""
        total = self._connection.execute(select(func.count()).select_from(_table)).scalar_one()
        if not self._starts:
            self.older = total
            return
        self.older = self._counted(None, self._starts[0])
        gaps = zip(self._ends, [*self._starts[1:], None], strict=True)
        for end, start in gaps:
            if strangers := self._counted(end, start):
                first = self._first_after(end)
                self._findings.add(
                    f"No entry speaks of judgements from number {first} on ({strangers}): they "
                    "were added behind Ratchet's back, or their entry is gone."
                )

    def _digest(self, ranges: list[tuple[int, int]]) -> Digest:
        digest = Digest()
        for first, last in ranges:
            query = select(_table).where(_number.between(first, last)).order_by(_number)
            paged = query.execution_options(yield_per=PAGE)
            for row in self._connection.execute(paged).mappings():
                digest.add(judgement_facts(dict(row)))
        return digest

    def _cover(self, first: int, last: int) -> None:
        place = bisect_left(self._starts, first)
        self._starts.insert(place, first)
        self._ends.insert(place, last)
        if place + 1 < len(self._starts) and self._starts[place + 1] == last + 1:
            self._ends[place] = self._ends.pop(place + 1)
            del self._starts[place + 1]
        if place and self._ends[place - 1] == first - 1:
            self._ends[place - 1] = self._ends.pop(place)
            del self._starts[place]

    def _counted(self, after: int | None, before: int | None) -> int:
        query = select(func.count()).select_from(_table).where(*_between(after, before))
        return int(self._connection.execute(query).scalar_one())

    def _first_after(self, number: int) -> int:
        query = select(func.min(_number)).where(_number > number)
        return int(self._connection.execute(query).scalar_one())


def _between(after: int | None, before: int | None) -> Iterator[Any]:
    if after is not None:
        yield _number > after
    if before is not None:
        yield _number < before


def _id(entry: Mapping[str, Any]) -> int:
    return int(entry["entry_id"])
