"""Backs everything up: every night, by a deployment."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from blocks.connections import Connections
from ratchet.upkeep.backing_up import BackedUp
from tasks.back_up import back_up_state
from tasks.tracing import traced


@flow(name="back-up", flow_run_name="back up", persist_result=True)
@traced
def back_up(
    note: str = "nightly",
    connections: Connections = Connections(),  # noqa: B008 - frozen
) -> State[BackedUp]:
    """Make a backup, restore it into a scratch place, and let the oldest go.

    A backup that can not be restored fails the run, and then no older one is removed.

    Args:
        note: Said in the list of backups.
        connections: Blocks to use in place of the settings.
    """
    done = back_up_state(connections, note)
    if done.is_whole:
        return Completed(message=done.headline, data=done)
    return Failed(message=done.headline, data=done)
