"""The beginning and the end of a run: its folder, its row in the store, its summary."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ratchet.configuration.effective import settings_tree
from ratchet.configuration.masking import masked
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.summary import RunSummary
from ratchet.cycle.workspace import Workspace
from ratchet.errors import StoreError
from ratchet.settings import Settings
from ratchet.store import open_store
from ratchet.store.runs import RunRecord, RunStatus

logger = logging.getLogger(__name__)


def config_of(options: ImprovementOptions, settings: Settings) -> dict[str, Any]:
    """The configuration in effect, as a run keeps it: its options, and below them all settings.

    Passwords and tokens are masked.
    """
    chosen = options.model_dump(mode="json")
    return {
        **{name: masked(name, value) for name, value in chosen.items()},
        "settings": settings_tree(settings),
    }


def start_run(
    workspace: Workspace, runs: Path, config: Mapping[str, Any], *, now: datetime
) -> RunFolder:
    """Make the folder of a run and write down that it began; `config` is `config_of`.

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
                config=config,
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
