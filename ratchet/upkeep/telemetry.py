"""Telemetry by age: inputs and outputs first, then requests with their labels, and quarantine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from ratchet.errors import InputError
from ratchet.store import ProgramKind, Store
from ratchet.store.retention import Aged, Protection, RetentionStore
from ratchet.upkeep.plan import Freed, Held, Item, Kind, Part

BEFORE_OPTIMISATION_DAYS = 30  # of production that is compared with what came after it
BETWEEN = ": "
LABELS, LINES = "labels without a request", "lines in quarantine"


@dataclass(frozen=True, kw_only=True)
class Telemetry:
    """Rows of production.

    `collected_days` is how far back examples are collected: nothing younger goes. Requests
    stay whatever their age while a rollout under way, or ended within `experiment_days`,
    needs them; while judged quality is compared with that of before the last optimisation;
    and while a stored example was made of them.
    """

    store: Store
    payload_days: int
    outcome_days: int
    quarantine_days: int
    experiment_days: int
    collected_days: int
    rows: int
    kind: Kind = Kind.TELEMETRY

    def plan(self, now: datetime) -> Part:
        """How many rows of each signature are old enough, and how many of them are held."""
        retention, protection = self._retention, self._protection(now)
        held, items = Held(), list[Item]()
        for signature in retention.telemetry_signatures():
            payloads = retention.aged_payloads(signature, self._before(now, self.payload_days))
            outcomes = retention.aged_outcomes(
                signature, self._before(now, self.outcome_days), protection
            )
            items += self._items(
                f"payloads{BETWEEN}{signature}", payloads, self._days(self.payload_days)
            )
            items += self._items(
                f"requests{BETWEEN}{signature}", outcomes, self._days(self.outcome_days)
            )
            if outcomes.held:
                held["requests that rollouts, forecasts or examples need"] += outcomes.held
        labels = retention.aged_labels(self._before(now, self.outcome_days))
        lines = retention.aged_quarantine(now - timedelta(days=self.quarantine_days))
        items += self._items(LABELS, labels, self._days(self.outcome_days))
        items += self._items(LINES, lines, self.quarantine_days)
        return Part(kind=self.kind, items=tuple(items), held=dict(held))

    def remove(self, item: Item, now: datetime) -> Freed:
        """Delete the rows of an item; what they are is asked again, not remembered."""
        return Freed(rows=self._deletion(item, now)())

    def _deletion(self, item: Item, now: datetime) -> Callable[[], int]:
        retention = self._retention
        what, _, signature = item.name.partition(BETWEEN)
        before = self._before(now, self.outcome_days)
        if what == "payloads":
            before = self._before(now, self.payload_days)
            return partial(retention.delete_payloads, signature, before, at=now)
        if what == "requests":
            protection = self._protection(now)
            return partial(retention.delete_outcomes, signature, before, protection, at=now)
        if what == LABELS:
            return partial(retention.delete_labels, before, at=now)
        if what == LINES:
            quarantined = now - timedelta(days=self.quarantine_days)
            return partial(retention.delete_quarantine, quarantined, at=now)
        raise InputError(f"There is no telemetry called {item.name!r}.")

    def _items(self, name: str, aged: Aged, days: int) -> Iterator[Item]:
        if aged.going:
            yield Item(
                kind=self.kind,
                name=name,
                reason=f"older than {days} days",
                size_bytes=aged.size_bytes,
                rows=aged.going,
            )

    def _before(self, now: datetime, days: int) -> datetime:
        return now - timedelta(days=self._days(days))

    def _days(self, days: int) -> int:
        """Never less than what examples are collected from."""
        return max(days, self.collected_days)

    @property
    def _retention(self) -> RetentionStore:
        return RetentionStore(self.store.database, rows=self.rows)

    def _protection(self, now: datetime) -> Protection:
        recently = now - timedelta(days=self.experiment_days)
        needed = {
            found.experiment_id
            for found in self.store.rollouts.list()
            if found.ended_at is None or found.ended_at > recently
        }
        return Protection(
            experiments=frozenset(needed),
            labelled_since=self._compared_since(),
            requests=self._retention.requests_of_examples(),
        )

    def _compared_since(self) -> dict[str, datetime]:
        """Of each signature that was optimised: how far back its quality is compared."""
        found: dict[str, datetime] = {}
        for program in self.store.programs.list():
            if program.kind is ProgramKind.CANDIDATE:
                before = found.get(program.signature, program.created_at)
                found[program.signature] = max(before, program.created_at)
        span = timedelta(days=BEFORE_OPTIMISATION_DAYS)
        return {signature: at - span for signature, at in found.items()}
