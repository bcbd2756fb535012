"""How the message batches of improvement runs are kept and waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ratchet.collect.claude import BatchOptions, Patience
from ratchet.collect.claude.commission import JOB_OF
from ratchet.cycle.metering import run_meter
from ratchet.store import open_store

if TYPE_CHECKING:
    from ratchet.cycle.run_folder import RunFolder
    from ratchet.cycle.workspace import Workspace
    from ratchet.settings import Settings

FOLDER = "batches"
STEP_SECONDS = 1.0  # how long a run that was stopped may go on sleeping


def _never() -> bool:
    """A run that nobody stops."""
    return False


@dataclass(frozen=True, kw_only=True)
class BatchTerms:
    """Where the batches of runs are written down, and how they are waited for.

    Without `is_wanted` no new ones are begun, and those under way are asked after once. `until`
    is when a run goes on without them (None: it asks once). `is_stopped` ends the waiting.
    """

    folder: Path
    is_wanted: bool = False
    until: datetime | None = None
    poll_seconds: float = 20.0
    is_stopped: Callable[[], bool] = _never

    @classmethod
    def of_run(
        cls, run: RunFolder, workspace: Workspace, settings: Settings, *, is_wanted: bool
    ) -> Self:
        """As the settings say of a run, counted from when the store says that it began.

        So a stage that is tried again waits no longer than the first try had to.

        Raises:
            StoreError: the store can not be read.
        """
        own = settings.synthetic
        with open_store(workspace.store_url) as store:
            record = store.runs.get(run.run_id)
        patience = timedelta(hours=own.run_max_wait_hours)
        return cls(
            folder=settings.home / FOLDER,
            is_wanted=is_wanted,
            until=record.started_at + patience if is_wanted and record else None,
            poll_seconds=own.poll_seconds,
            is_stopped=lambda: run_meter(run.run_id).is_refused,
        )

    @classmethod
    def outside_of_runs(cls, settings: Settings) -> Self:
        """Ask after what is under way, and wait for nothing."""
        return cls(folder=settings.home / FOLDER)

    def options(self, *, now: datetime) -> BatchOptions:
        """The same, as the writing of batches takes it."""
        patience = Patience(
            poll_seconds=self.poll_seconds, until=self.until or now, sleep=self._sleep
        )
        return BatchOptions(folder=self.folder, patience=patience)

    async def _sleep(self, seconds: float) -> None:
        """Sleep in steps, so that a run that was stopped does not wait for a batch.

        Raises:
            CancelledError: it was.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.is_stopped():
                raise asyncio.CancelledError
            await asyncio.sleep(min(left, STEP_SECONDS))

    def has_jobs(self, signature: str) -> bool:
        """Whether a run has ever had examples of the signature written in batches."""
        return any(self.folder.glob(f"{signature}{JOB_OF}*.json"))
