"""Validates what was collected and stores it."""

from __future__ import annotations

from blocks.connections import Connections
from ratchet.cycle import validate
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.stage_file import StageFile
from tasks.stage import stage, stage_context


@stage()
def validate_collected(
    run: RunFolder,
    signature: str,
    files: tuple[StageFile, ...],
    threshold: float,
    connections: Connections,
) -> validate.Validated:
    """Check the contract, score, find duplicates."""
    context = stage_context(run, signature, connections)
    return validate.validate_collected(context, files, threshold=threshold)
