"""One stage of the cycle as a command: its run folder, its dataset version, its bill."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ratchet.cli.arguments import configured, load

if TYPE_CHECKING:
    from ratchet.cycle.context import StageContext
    from ratchet.datasets import DatasetVersion
    from ratchet.optimize.meter import Usage
    from ratchet.signatures.spec import SignatureSpec

DatasetName = Annotated[
    str,
    typer.Option(
        "--dataset",
        metavar="VERSION",
        show_default=False,
        help="Version of the dataset. [default: the latest]",
    ),
]
Seed = Annotated[int, typer.Option(min=1, metavar="N", help="Seed of every random choice.")]
MaxCost = Annotated[
    float | None,
    configured(
        "optimisation.max_cost_usd",
        min=0.0,
        metavar="USD",
        help="Stop when this is spent; what was paid is kept.",
    ),
]
Trials = Annotated[
    int,
    configured("optimisation.trials", min=1, max=1000, metavar="N", help="Trials of MIPROv2."),
]
OptimizerName = Literal["auto", "mipro", "bootstrap", "gepa", "simba"]
Optimizer = Annotated[
    OptimizerName,
    configured(
        "optimisation.optimizer",
        help="auto: BootstrapFewShot from 10 examples, MIPROv2 from 50.",
    ),
]
Threads = Annotated[
    int, typer.Option(min=1, max=64, metavar="N", help="Calls of the model at the same time.")
]


@contextmanager
def stage(spec: SignatureSpec, model: str, *, is_fresh: bool = False) -> Iterator[StageContext]:
    """A run folder of this command's own; Ctrl-C lets no further call of the model begin.

    The answers of a fresh one are kept in that folder, where no other run finds them.
    """
    from ratchet.cycle.context import StageContext
    from ratchet.cycle.metering import stop_run
    from ratchet.cycle.run_folder import RunFolder
    from ratchet.cycle.workspace import Workspace

    settings, now = load(), datetime.now(UTC)
    workspace = Workspace.of(settings, model=model)
    run = RunFolder.create(settings.runs_folder, now=now)
    if is_fresh:
        workspace = replace(workspace, cache=run.path / "cache")
    try:
        yield StageContext(workspace=workspace, run=run, spec=spec, now=now)
    except KeyboardInterrupt:
        stop_run(run.run_id)
        raise
    finally:
        with suppress(OSError):
            run.path.rmdir()  # nothing came of it: the folder is empty


def dataset_version(spec: SignatureSpec, name: str) -> DatasetVersion:
    """The version that was asked for.

    Raises:
        DatasetError: it does not exist.
    """
    from ratchet.datasets import DatasetFolder
    from ratchet.errors import DatasetError

    folder = DatasetFolder(load().datasets_folder)
    if name == "latest" and not folder.versions(spec.name):
        raise DatasetError(
            f"{spec.name} has no dataset version in {folder.root}. Make one with "
            f"`ratchet dataset create --signature {spec.name} FILE...`."
        )
    return folder.load(spec.name, name).version


def spent(context: StageContext) -> Usage:
    """What this command has spent on the language model so far."""
    from ratchet.cycle.metering import run_meter

    return run_meter(context.run.run_id).child(context.spec.name).snapshot()
