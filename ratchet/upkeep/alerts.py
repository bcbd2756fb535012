"""Alerts that are long over, with their deliveries, and the files that told of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ratchet.store import Store
from ratchet.store.retention import RetentionStore
from ratchet.upkeep.places import changed_at, remove, size_of
from ratchet.upkeep.plan import Freed, Held, Item, Kind, Part

FILES = "alert_*.json"
ROWS = "alerts in the store"


@dataclass(frozen=True, kw_only=True)
class OldAlerts:
    """Alerts that were over `max_age_days` ago; an open one, or one to be sent, stays."""

    store: Store
    folder: Path
    max_age_days: int
    rows: int
    kind: Kind = Kind.ALERTS

    def plan(self, now: datetime) -> Part:
        """Rows of alerts that are over, and files of that age."""
        before = self._before(now)
        aged = self._retention.aged_alerts(before)
        items = [
            Item(
                kind=self.kind,
                name=path.name,
                reason=f"written {(now - changed_at(path)).days} days ago",
                size_bytes=size_of(path),
            )
            for path in sorted(self.folder.glob(FILES))
            if changed_at(path) < before
        ]
        if aged.going:
            why = f"over for more than {self.max_age_days} days"
            items.append(Item(kind=self.kind, name=ROWS, reason=why, rows=aged.going))
        held = Held({"with something still to be sent": aged.held} if aged.held else {})
        return Part(kind=self.kind, items=tuple(items), held=dict(held))

    def remove(self, item: Item, now: datetime) -> Freed:
        """Delete the file or the rows."""
        if item.name == ROWS:
            return Freed(rows=self._retention.delete_alerts(self._before(now), at=now))
        return Freed(size_bytes=remove(self.folder / item.name))

    @property
    def _retention(self) -> RetentionStore:
        return RetentionStore(self.store.database, rows=self.rows)

    def _before(self, now: datetime) -> datetime:
        return now - timedelta(days=self.max_age_days)
