"""Where the figures are read from, and how far back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ratchet.settings import Settings
    from ratchet.store import Store


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The places of one installation, and the windows of its metrics."""

    store_url: str
    home: Path
    datasets: Path
    spool: Path
    backups: Path
    window: timedelta
    cost_window: timedelta


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at everything: the open store, the places, and the time."""

    store: Store
    sources: Sources
    now: datetime


def sources_of(settings: Settings) -> Sources:
    """The places that the settings name."""
    return Sources(
        store_url=settings.store_url,
        home=settings.home.absolute(),
        datasets=settings.datasets_folder,
        spool=settings.telemetry_folder,
        backups=(settings.backup.folder or settings.home / "backups").absolute(),
        window=timedelta(minutes=settings.metrics.window_minutes),
        cost_window=timedelta(days=settings.metrics.cost_window_days),
    )
