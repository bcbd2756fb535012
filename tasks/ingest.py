"""Takes production telemetry into the store."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from blocks.connections import Connections
from ratchet.store import open_store
from ratchet.telemetry import Ingested, ingest
from tasks.stage import BACKOFF_SECONDS, JITTER, RETRIES, may_pass_next_time

TIMEOUT_SECONDS = 1800  # of an hour's backlog; what was committed before stays


@task(
    retries=RETRIES,
    retry_delay_seconds=exponential_backoff(BACKOFF_SECONDS),
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_pass_next_time,
    timeout_seconds=TIMEOUT_SECONDS,
)
def ingest_spool(connections: Connections) -> Ingested:
    """Take the spool in; taking it in again changes nothing, so it may be retried."""
    workspace = connections.workspace()
    with open_store(workspace.store_url) as store:
        found = ingest(store, workspace.telemetry, now=datetime.now(UTC))
    create_table_artifact(
        found.to_rows(), key="ingested-telemetry", description=f"{found.headline}."
    )
    get_run_logger().info("%s", found.headline)
    return found
