"""Rows of files into the store, batch by batch: memory stays that of two batches, however many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self

from ratchet.collect.files import RejectedRow, TakenRow
from ratchet.cycle.batch import ACTOR, judgements_of
from ratchet.cycle.scoring import Scorers, Waiting
from ratchet.examples import Example, Status
from ratchet.quality.contract import holds_contract
from ratchet.quality.kept_examples import KeptExamples
from ratchet.quality.validation import REJECT_BELOW, THRESHOLD, validate
from ratchet.quality.validation_report import Rejection
from ratchet.signatures import registry
from ratchet.store import USABLE, Store
from ratchet.store.bulk import chunks

BATCH = 2_000  # examples that are judged together
BATCH_BYTES = 64 * 2**20  # of a file, so that huge rows make small batches

Refused = Callable[[RejectedRow | Rejection], None]
Batch = dict[str, list[Example]]
"""Examples by signature."""


@dataclass(kw_only=True)
class Tally:
    """What became of the rows of one signature.

    `accepted` counts those that were stored as accepted before, too; `new` those that the
    store did not hold. `forgotten` ones were taken out of the store on request: they are neither
    judged nor stored again, and counted nowhere else but in `read`.
    """

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    new: int = 0
    existing: int = 0
    forgotten: int = 0


@dataclass(kw_only=True)
class ImportReport:
    """What an import did, by signature, and what an operator should know of it."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    unread: int = 0
    repeated: int = 0
    notes: dict[str, None] = field(default_factory=dict)
    missing_columns: Counter[str] = field(default_factory=Counter)
    taken: int = 0

    @property
    def new(self) -> int:
        """How many examples the store did not hold before."""
        return sum(tally.new for tally in self.tallies.values())

    @property
    def existing(self) -> int:
        """How many rows were in the store already."""
        return sum(tally.existing for tally in self.tallies.values())

    @property
    def forgotten(self) -> int:
        """How many rows hold content that was taken out on request."""
        return sum(tally.forgotten for tally in self.tallies.values())

    @property
    def rejected(self) -> int:
        """How many rows did not come in as usable examples."""
        return self.unread + sum(tally.rejected for tally in self.tallies.values())


class Importer:
    """Takes rows, judges them in batches and stores them.

    An example that is stored as accepted or approved already is counted and left as it is.
    With `keep` off nothing is written; with `judge` off the examples that hold their contract
    are stored as candidates, to be validated later. Batches are scored in `processes` beside
    this one while it reads the next, or here when that is 0. Use it as a context: it holds files.
    """

    def __init__(
        self,
        store: Store,
        *,
        refused: Refused,
        now: datetime,
        threshold: float = THRESHOLD,
        reject_below: float = REJECT_BELOW,
        keep: bool = True,
        judge: bool = True,
        batch: int = BATCH,
        processes: int = 0,
    ) -> None:
        self.report = ImportReport()
        self._store, self._refused, self._now = store, refused, now
        self._threshold, self._reject_below = threshold, reject_below
        self._keep, self._judge, self._batch = keep, judge, batch
        self._pending: Batch = {}
        self._scored: Batch = {}
        self._scores: dict[str, Waiting] = {}
        self._kept: dict[str, KeptExamples] = {}
        self._open = ExitStack()
        self._scorers = self._open.enter_context(Scorers(processes)) if processes else None
        self._seen: set[bytes] = set()
        self._pending_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def take(self, rows: Iterable[TakenRow | RejectedRow]) -> None:
        """Take the rows of a file.

        Raises:
            StoreError: the store can not be read or written; the batches before are stored.
        """
        before = 0
        for row in rows:
            if isinstance(row, RejectedRow):
                self.report.unread += 1
                self._refused(row)
            else:
                self._take(row)
            self._pending_bytes += max(0, row.done_bytes - before)
            before = row.done_bytes
            pending = sum(map(len, self._pending.values()))
            if pending >= self._batch or self._pending_bytes >= BATCH_BYTES:
                self._advance()

    def flush(self) -> None:
        """Judge and store what was taken since the last time; the end of every import."""
        self._settle_all(self._scored)
        self._settle_all(self._pending)
        self._pending_bytes = 0

    def _advance(self) -> None:
        """Settle the batch; with processes beside, the one before, while these score this one."""
        if self._scorers is None or not self._judge:
            self.flush()
            return
        begin = self._scorers.begin
        scores = {name: begin(registry.get(name), e) for name, e in self._pending.items()}
        self._settle_all(self._scored)
        self._scored, self._scores = self._pending, scores
        self._pending, self._pending_bytes = {}, 0

    def _settle_all(self, batch: Batch) -> None:
        for name in sorted(batch):
            self._settle(name, batch[name])
        batch.clear()

    def _take(self, row: TakenRow) -> None:
        report = self.report
        report.taken += 1
        report.notes.update(dict.fromkeys(row.notes))
        report.missing_columns.update(row.missing_columns)
        digest = bytes.fromhex(row.example.example_id)
        if digest in self._seen:
            report.repeated += 1
            return
        self._seen.add(digest)
        self._pending.setdefault(row.example.signature, []).append(row.example)

    def _settle(self, name: str, examples: list[Example]) -> None:
        tally = self.report.tallies.setdefault(name, Tally())
        tally.read += len(examples)
        forgotten = self._store.examples.forgotten(example.example_id for example in examples)
        tally.forgotten += len(forgotten)
        examples = [example for example in examples if example.example_id not in forgotten]
        known = self._store.examples.statuses(example.example_id for example in examples)
        open_ = [e for e in examples if known.get(e.example_id) not in USABLE]
        tally.existing += len(known)
        tally.new += len(examples) - len(known)
        tally.accepted += len(examples) - len(open_)
        if open_ and self._judge:
            self._validate(name, open_, tally)
        elif open_ and self._keep:
            fresh = (e for e in open_ if e.example_id not in known)
            self._store.examples.add(e.evolve(status=Status.CANDIDATE) for e in fresh)

    def _validate(self, name: str, examples: list[Example], tally: Tally) -> None:
        settled = self._store.reviews.settled(example.example_id for example in examples)
        report = validate(
            registry.get(name),
            examples,
            kept=self._kept_of(name),
            threshold=self._threshold,
            reject_below=self._reject_below,
            settled=settled,
            now=self._now,
            own=self._scores.pop(name, dict)(),
        )
        tally.accepted += len(report.accepted)
        tally.rejected += len(report.rejected)
        if self._keep:
            self._store.examples.add(examples)
            self._store.examples.judge(
                judgements_of(report, but=settled), actor=ACTOR, at=self._now
            )
        for rejection in report.rejected:
            self._refused(rejection)

    def _kept_of(self, name: str) -> KeptExamples:
        """The usable examples of the store and of the batches before."""
        if name not in self._kept:
            kept = KeptExamples(registry.get(name), threshold=self._threshold)
            self._kept[name] = self._open.enter_context(kept)
            usable = self._store.examples.find(name, statuses=USABLE)
            sound = (e for e in usable if holds_contract(kept.spec, e.inputs, e.outputs))
            for page in chunks(sound, BATCH):
                kept.add(page)
        return self._kept[name]
