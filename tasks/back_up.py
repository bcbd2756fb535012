"""Backs everything up, proves the new backup, and lets old ones go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.logging import get_run_logger

from blocks.connections import Connections
from ratchet.backup.creation import BackupRequest, create_backup
from ratchet.backup.folder import list_backups, prune
from ratchet.backup.places import places_of
from ratchet.backup.postgresql_tools import PostgresTools
from ratchet.backup.verification import verify_backup
from ratchet.serving.places import settings_file
from ratchet.settings import load_settings
from ratchet.upkeep.backing_up import BackedUp, backup_rows
from ratchet.upkeep.cleaning import backup_folder
from tasks.stage import may_pass_next_time

TIMEOUT_SECONDS = 4 * 3600
RETRIES = 1


@task(
    retries=RETRIES,
    retry_delay_seconds=60,
    retry_condition_fn=may_pass_next_time,
    timeout_seconds=TIMEOUT_SECONDS,
)
def back_up_state(connections: Connections, note: str) -> BackedUp:
    """Create, verify, and prune only when the new backup is whole."""
    settings, logger = load_settings(), get_run_logger()
    folder, tools = backup_folder(settings), PostgresTools(folder=settings.backup.postgresql_tools)
    places = places_of(settings, configuration=settings_file().path, backups=folder)
    places = replace(places, database_url=connections.workspace().store_url)
    request = BackupRequest(places=places, folder=folder, note=note, tools=tools)
    made = create_backup(request, now=datetime.now(UTC), progress=_silent)
    found = verify_backup(made, database_url=places.database_url, tools=tools, progress=_silent)
    gone = prune(folder, keep=settings.backup.keep, dry_run=False) if found.is_whole else ()
    done = BackedUp(
        name=made.name,
        path=str(made.path),
        problems=tuple(found.problems),
        pruned=tuple(backup.name for backup in gone),
    )
    create_table_artifact(
        backup_rows(list_backups(folder)), key="backups", description=f"{done.headline}."
    )
    logger.info("%s", done.headline)
    return done


def _silent(_done: int, _total: int, _what: str) -> None:
    """The log line at the end says it all."""
