"""Backups beyond those that are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ratchet.backup.folder import list_backups, prune
from ratchet.upkeep.places import size_of
from ratchet.upkeep.plan import Freed, Held, Item, Kind, Part


@dataclass(frozen=True, kw_only=True)
class OldBackups:
    """All backups in a folder but the newest `keep`; a damaged one counts as none and stays."""

    folder: Path
    keep: int
    kind: Kind = Kind.BACKUPS

    def plan(self, now: datetime) -> Part:  # noqa: ARG002 - a keeper's signature
        """The oldest ones."""
        damaged = sum(backup.manifest is None for backup in list_backups(self.folder))
        held = Held({"damaged": damaged} if damaged else {})
        items = tuple(
            Item(
                kind=self.kind,
                name=backup.name,
                reason=f"older than the newest {self.keep}",
                size_bytes=size_of(backup.path),
            )
            for backup in prune(self.folder, keep=self.keep, dry_run=True)
        )
        return Part(kind=self.kind, items=items, held=dict(held))

    def remove(self, item: Item, now: datetime) -> Freed:  # noqa: ARG002 - a keeper's signature
        """Delete it, with all others that are beyond those to keep: the folder decides again."""
        sizes = {b.name: size_of(b.path) for b in list_backups(self.folder)}
        gone = prune(self.folder, keep=self.keep, dry_run=False)
        return Freed(size_bytes=sum(sizes.get(backup.name, 0) for backup in gone))
