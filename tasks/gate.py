"""Selects the set for the next version and asks the gates."""

from __future__ import annotations

from prefect.artifacts import create_markdown_artifact

from blocks.connections import Connections
from ratchet.cycle import gate
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.validate import Validated
from tasks.artifacts import artifact_key
from tasks.stage import stage, stage_context


@stage(cache_key_fn=None)  # the latest version is an input that no parameter names
def gate_validated(
    run: RunFolder,
    signature: str,
    validated: Validated,
    growth: int,
    *,
    strict: bool,
    seed: int,
    connections: Connections,
) -> gate.Gated:
    """Hold the set to the policy; the report becomes an artifact."""
    context = stage_context(run, signature, connections)
    gated = gate.gate_validated(context, validated, growth=growth, strict=strict, seed=seed)
    create_markdown_artifact(
        gated.markdown, key=artifact_key(signature, "gate"), description=gated.headline
    )
    return gated
