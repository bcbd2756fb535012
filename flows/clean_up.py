"""Cleans up what piles up: every week, by a deployment."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from blocks.connections import Connections
from ratchet.upkeep.plan import Kind, Report
from tasks.clean_up import clean_up_state
from tasks.tracing import traced


@flow(name="clean-up", flow_run_name="clean up", persist_result=True)
@traced
def clean_up(
    only: list[Kind] | None = None,
    dry_run: bool = False,
    connections: Connections = Connections(),  # noqa: B008 - frozen
) -> State[Report]:
    """Take away what is older than the settings say and that nothing refers to.

    What could not be taken away does not stop the rest; the run then reports it and fails.

    Args:
        only: These kinds; all of them when empty.
        dry_run: Say what would go, and delete nothing.
        connections: Blocks to use in place of the settings.
    """
    report = clean_up_state(connections, tuple(only or ()), dry_run=dry_run)
    if dry_run or report.is_whole:
        said = report.plan.headline if dry_run else report.headline
        return Completed(message=said, data=report)
    return Failed(message=report.headline, data=report)
