"""Cleaning up: every kind is planned by its keeper, and what is planned is taken away."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from ratchet.backup.places import OF_THE_SYSTEM
from ratchet.datasets import DatasetFolder
from ratchet.errors import RatchetError
from ratchet.settings import Settings
from ratchet.store import Store
from ratchet.upkeep.alerts import OldAlerts
from ratchet.upkeep.archives import DatasetArchives
from ratchet.upkeep.backups import OldBackups
from ratchet.upkeep.logs import LogFiles
from ratchet.upkeep.plan import Freed, Item, Keeper, Kind, Outcome, Part, Plan, Report
from ratchet.upkeep.rollouts import ExperimentFiles
from ratchet.upkeep.runs import RunFolders
from ratchet.upkeep.telemetry import Telemetry
from ratchet.upkeep.temporary import TemporaryFiles

logger = logging.getLogger(__name__)

Move = Callable[[int, int, str], None]
"""Takes how many items are done, how many there are, and the name of the next."""


def keepers_of(
    settings: Settings, store: Store, *, scratch: Path | None = None
) -> tuple[Keeper, ...]:
    """The keepers of an installation; `scratch` is the temporary folder of the system."""
    upkeep, home, backups = settings.upkeep, settings.home.absolute(), backup_folder(settings)
    rows = upkeep.rows_per_transaction
    return (
        TemporaryFiles(
            store=store,
            roots=(home, settings.datasets_folder, settings.programs_folder, backups),
            skipped=frozenset(home / name for name in OF_THE_SYSTEM),
            scratch=scratch or Path(tempfile.gettempdir()),
            max_age_days=upkeep.temporary_days,
        ),
        RunFolders(
            store=store,
            runs=settings.runs_folder,
            max_age_days=upkeep.run_days,
            keep=upkeep.keep_runs,
        ),
        LogFiles(
            folder=home / "logs",
            rotate_days=upkeep.rotate_log_days,
            max_age_days=upkeep.log_days,
        ),
        ExperimentFiles(
            store=store, routing=settings.routing_file, max_age_days=upkeep.experiment_days
        ),
        Telemetry(
            store=store,
            payload_days=upkeep.payload_days,
            outcome_days=upkeep.outcome_days,
            quarantine_days=upkeep.quarantine_days,
            experiment_days=upkeep.experiment_days,
            collected_days=settings.collection.since_days,
            rows=rows,
        ),
        DatasetArchives(
            folder=DatasetFolder(settings.datasets_folder),
            max_age_days=settings.life.archive_after_days,
            keep=settings.life.keep_versions,
        ),
        OldBackups(folder=backups, keep=settings.backup.keep),
        OldAlerts(
            store=store, folder=alert_folder(settings), max_age_days=upkeep.alert_days, rows=rows
        ),
    )


def backup_folder(settings: Settings) -> Path:
    """Where the backups are."""
    return (settings.backup.folder or settings.home / "backups").absolute()


def alert_folder(settings: Settings) -> Path:
    """Where the files of alerts are."""
    return (settings.alerts.folder or settings.home / "alerts").absolute()


def plan_cleaning(keepers: Iterable[Keeper], *, now: datetime, only: Collection[Kind] = ()) -> Plan:
    """Say what would go; a kind that can not be looked at is a part with a problem."""
    chosen = [keeper for keeper in keepers if not only or keeper.kind in only]
    return Plan(made_at=now, parts=tuple(_part(keeper, now) for keeper in chosen))


def carry_out(plan: Plan, keepers: Sequence[Keeper], *, progress: Move | None = None) -> Report:
    """Take away what a plan names; an item that resists does not stop the others."""
    by_kind = {keeper.kind: keeper for keeper in keepers}
    outcomes: list[Outcome] = []
    for number, item in enumerate(plan.items):
        if progress is not None:
            progress(number, len(plan.items), item.name)
        outcomes.append(_remove(by_kind[item.kind], item, plan.made_at))
    return Report(plan=plan, outcomes=tuple(outcomes))


def _part(keeper: Keeper, now: datetime) -> Part:
    try:
        return keeper.plan(now)
    except (RatchetError, OSError) as error:
        logger.warning("%s can not be looked at: %s", keeper.kind, error)
        return Part(kind=keeper.kind, problem=str(error))


def _remove(keeper: Keeper, item: Item, now: datetime) -> Outcome:
    try:
        return Outcome(item=item, freed=keeper.remove(item, now))
    except (RatchetError, OSError) as error:
        logger.warning("%s %s stays: %s", item.kind, item.name, error)
        return Outcome(item=item, freed=Freed(), error=str(error))
