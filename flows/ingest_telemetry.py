"""Takes the telemetry of production into the store: every few minutes, by a deployment."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from blocks.connections import Connections
from ratchet.telemetry import Ingested
from tasks.ingest import ingest_spool
from tasks.tracing import traced


@flow(name="ingest-telemetry", flow_run_name="ingest telemetry", persist_result=True)
@traced
def ingest_telemetry(
    connections: Connections = Connections(),  # noqa: B008 - frozen
) -> State[Ingested]:
    """Take in what the apps of this machine recorded, each request once.

    It may run beside a rollout, which takes telemetry in before each of its ticks, and beside
    itself.

    Args:
        connections: Blocks to use in place of the settings.
    """
    found = ingest_spool(connections)
    return Completed(message=found.headline, data=found)
