"""Where the journal of batches is kept, and how long they are waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often a batch is asked after, and for how long.

    Batches end within 24 hours; most take less than one. `until` is when the waiting ends
    whatever `max_wait_hours` says; each batch is asked after once all the same.
    """

    poll_seconds: float = 20.0
    max_wait_hours: float = 26.0
    until: datetime | None = None
    clock: Clock = utc_now
    sleep: Sleep = asyncio.sleep

    def deadline(self) -> datetime:
        """When a batch that is waited for from now on is left alone."""
        latest = self.clock() + timedelta(hours=self.max_wait_hours)
        return latest if self.until is None else min(latest, self.until)


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """Where the journal of batches is kept, and how patient the command is."""

    folder: Path
    patience: Patience = field(default_factory=Patience)
