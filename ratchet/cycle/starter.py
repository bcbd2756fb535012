"""Stage: lay the starter set under a dataset that has few examples of a team's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ratchet.collect.starter import starter_examples, starter_signatures
from ratchet.cycle.collect import Collected
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.stage_file import StageFile
from ratchet.cycle.workspace import Workspace
from ratchet.datasets import DatasetFolder
from ratchet.examples import Example

ENOUGH = 50  # examples of a team's own, from which MIPROv2 needs no help
FILE = "starter"  # also what its examples are said to come from


def collect_starter(
    workspace: Workspace, run: RunFolder, signature: str, *, folder: Path | None = None
) -> Collected:
    """Bring the starter examples that the latest version lacks, while it has few others.

    A signature without a starter set, or with `ENOUGH` examples of its own in its latest
    version, gets none, and the message says so.

    Raises:
        ConfigurationError: the starter set is damaged.
        DatasetError: the latest version is damaged.
    """
    if signature not in starter_signatures(folder):
        return _leave(run, signature, (), message=f"there is no starter set for {signature}")
    starter = {e.example_id: e for e in starter_examples(signature, folder=folder)}
    versions = DatasetFolder(workspace.datasets)
    latest = versions.load(signature).examples if versions.latest(signature) else ()
    held = {example.example_id for example in latest}
    own = len(held - set(starter))
    if own >= ENOUGH:
        return _leave(run, signature, (), message=f"not needed beside {own} examples of your own")
    fresh = tuple(e for name, e in starter.items() if name not in held)
    return _leave(run, signature, fresh, message=f"{len(fresh)} examples beside the latest version")


def _leave(
    run: RunFolder, signature: str, examples: Sequence[Example], *, message: str
) -> Collected:
    path = run.collected(signature, FILE)
    return Collected(
        run_path=run.path,
        leaves=run.relative(path),
        origin=FILE,
        file=StageFile.write(path, examples),
        message=message,
        skipped={},
        is_extra=True,
    )
