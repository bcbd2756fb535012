"""The beginning and the end of a run: its folder, its row in the store, its summary."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.summary import RunSummary
from ratchet.cycle.workspace import Workspace
from ratchet.errors import StoreError
from ratchet.store import open_store
from ratchet.store.runs import RunRecord, RunStatus

logger = logging.getLogger(__name__)


def start_run(
    workspace: Workspace, runs: Path, options: ImprovementOptions, *, now: datetime
) -> RunFolder:
    """Make the folder of a run and write down that it began.

    Raises:
        StoreError: the folder or the store can not be written.
    """
    run = RunFolder.create(runs, now=now)
    with open_store(workspace.store_url) as store:
        store.runs.start(
            RunRecord(
                run_id=run.run_id,
                started_at=now,
                path=str(run.path),
                config=options.model_dump(mode="json"),
            )
        )
    return run


def finish_run(workspace: Workspace, run: RunFolder, summary: RunSummary) -> None:
    """Write the summary, first to the run folder and then to the store.

    Raises:
        StoreError: the store can not be written; the summary is on disk then.
    """
    summary.write(run.summary)
    with open_store(workspace.store_url) as store:
        store.runs.finish(
            run.run_id,
            status=RunStatus.SUCCEEDED if summary.success else RunStatus.FAILED,
            at=summary.finished,
            error=summary.error or "",
            summary=summary.to_json(),
        )


def interrupt_run(workspace: Workspace, run: RunFolder, *, now: datetime) -> None:
    """Write down that a person stopped the run; what is finished is kept."""
    try:
        with open_store(workspace.store_url) as store:
            store.runs.finish(run.run_id, status=RunStatus.INTERRUPTED, at=now)
    except StoreError as error:  # the person wants to leave; the run stays as running
        logger.warning("The interruption of %s was not written down: %s", run.run_id, error)
