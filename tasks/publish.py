"""Publishes a dataset version."""

from __future__ import annotations

from prefect.artifacts import create_table_artifact

from blocks.connections import Connections
from ratchet.cycle import publish
from ratchet.cycle.gate import Gated
from ratchet.cycle.run_folder import RunFolder
from tasks.artifacts import artifact_key
from tasks.stage import stage, stage_context


@stage(cache_key_fn=None)  # publishing the same content again gives the same version
def publish_dataset(
    run: RunFolder, signature: str, gated: Gated, connections: Connections
) -> publish.Published:
    """Publish the selected set; the split becomes an artifact."""
    published = publish.publish_dataset(stage_context(run, signature, connections), gated)
    create_table_artifact(
        [{"side": side, "examples": count} for side, count in published.side_counts.items()],
        key=artifact_key(signature, "split"),
        description=f"{published.version}: split of {signature}",
    )
    return published
