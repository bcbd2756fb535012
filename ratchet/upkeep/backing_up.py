"""What a nightly backup came to, and the table of all backups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ratchet.backup.folder import Backup
from ratchet.upkeep.plan import megabytes


@dataclass(frozen=True, kw_only=True)
class BackedUp:
    """A backup, what is wrong with it when it was read back, and the older ones that went."""

    name: str
    path: str
    problems: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it can be restored."""
        return not self.problems

    @property
    def headline(self) -> str:
        """The outcome in a line."""
        if self.problems:
            return f"{self.name} is damaged: {'; '.join(self.problems)}. Older ones were kept"
        return f"{self.name} is whole; {len(self.pruned)} older ones went"


def backup_rows(backups: Iterable[Backup]) -> list[dict[str, Any]]:
    """A row a backup, the newest first."""
    return [
        {
            "backup": backup.name,
            "made (UTC)": f"{held.created:%Y-%m-%d %H:%M}" if held else "",
            "size": megabytes(held.size_bytes) if held else "",
            "database": f"{held.database.kind} {held.database.revision}"
            if held and held.database
            else "",
            "note": held.note if held else f"damaged: {backup.problem}",
        }
        for backup in reversed(tuple(backups))
        for held in (backup.manifest,)
    ]
