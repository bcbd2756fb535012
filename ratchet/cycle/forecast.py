"""After a run: forecasts are held against what came about, and new ones are made."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from ratchet.configuration.increments import IncrementsSettings
from ratchet.cycle.workspace import Workspace
from ratchet.datasets import DatasetFolder
from ratchet.errors import RatchetError
from ratchet.increments.forecasting import Outlook, read_outlook, record_of, resolve_forecasts
from ratchet.increments.status import sizes_of
from ratchet.store import Store, open_store

logger = logging.getLogger(__name__)


def look_ahead(
    workspace: Workspace, names: Iterable[str], settings: IncrementsSettings, *, now: datetime
) -> None:
    """Resolve and make the forecasts of some signatures; a failure never fails the run."""
    try:
        with open_store(workspace.store_url) as store:
            folder = DatasetFolder(workspace.datasets)
            for name in names:
                update_outlook(store, folder, name, settings, now=now)
    except RatchetError as error:
        logger.warning("No forecast was made: %s", error)


def update_outlook(
    store: Store,
    folder: DatasetFolder,
    signature: str,
    settings: IncrementsSettings,
    *,
    now: datetime,
    more: int | None = None,
) -> Outlook:
    """Resolve the open forecasts of a signature, then fit its curve and store what it says.

    Raises:
        StoreError: the store can not be read or written.
    """
    sizes = sizes_of(folder, signature)
    resolve_forecasts(store, signature, sizes, now=now)
    outlook = read_outlook(
        store,
        signature,
        sizes,
        more=more or settings.forecast_examples,
        plateau_points=settings.plateau_points,
    )
    record = record_of(outlook, now=now)
    if record is not None:
        store.forecasts.add(record)
    return outlook
