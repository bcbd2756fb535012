"""Improves the programs for which enough new data has come, and leaves the others alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Completed

from blocks.connections import Connections
from flows.improve_programs import improve_programs
from ratchet.cycle.fetching import fetch_batches
from ratchet.cycle.increments import weigh_increments
from ratchet.cycle.options import ImprovementOptions
from ratchet.settings import load_settings
from tasks.starting import is_scheduled
from tasks.tracing import traced


@flow(name="improve-due-programs", flow_run_name="improve due programs")
@traced
def improve_due_programs(
    options: ImprovementOptions = ImprovementOptions(),  # noqa: B008 - frozen
    connections: Connections = Connections(),  # noqa: B008 - frozen
) -> State[Any]:
    """Run one improvement cycle for the signatures that are due; without any, end at once.

    Due is what the triggers of [increments] in the settings say. A run that is at work on a
    signature is not disturbed. What message batches have brought since the last run is fetched.

    Args:
        options: What to collect and how to optimise; its signatures are those looked at.
        connections: Blocks to use in place of the settings.
    """
    settings = load_settings()
    workspace = connections.workspace(model=options.model)
    for sentence in fetch_batches(workspace, options, settings, now=datetime.now(UTC)):
        get_run_logger().info(sentence)
    weighed = weigh_increments(
        workspace,
        options.signature_names,
        settings,
        now=datetime.now(UTC),
    )
    for each in weighed:
        get_run_logger().info("%s: %s", each.decision.signature, each.decision.sentence)
    due = tuple(each.decision.signature for each in weighed if each.decision.is_due)
    if not due:
        return Completed(name="Skipped", message="Nothing is due.", data=())
    batch = settings.synthetic.writes_in_batches(is_scheduled=is_scheduled())
    chosen = options.model_copy(
        update={"signatures": due, "batch": batch if options.batch is None else options.batch}
    )
    return improve_programs(chosen, connections, return_state=True)
