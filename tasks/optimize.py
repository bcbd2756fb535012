"""Optimises a program on a dataset version."""

from __future__ import annotations

from prefect import task
from prefect.logging import get_run_logger

from blocks.connections import Connections
from ratchet.cycle import optimize
from ratchet.cycle.run_folder import RunFolder
from ratchet.optimize.meter import Budget
from ratchet.optimize.search import OptimizerOptions
from tasks.artifacts import progress_bar
from tasks.stage import stage, stage_context


@task
def choose_baseline(run: RunFolder, signature: str, model: str, connections: Connections) -> str:
    """The version of the program that a candidate has to beat."""
    context = stage_context(run, signature, connections, model=model)
    version = optimize.champion_program(context).version
    get_run_logger().info("%s: the baseline is %s", signature, version)
    return version


@stage(retries=0)  # the options limit its time, and it ends in good order
def optimize_program(
    run: RunFolder,
    signature: str,
    *,
    dataset_version: str,
    baseline: str,
    options: OptimizerOptions,
    budget: Budget,
    model: str,
    connections: Connections,
) -> optimize.Optimized:
    """Search for a better program; a progress artifact follows the trials."""
    return optimize.optimize_program(
        stage_context(run, signature, connections, model=model),
        dataset_version=dataset_version,
        baseline_version=baseline,
        options=options,
        budget=budget,
        progress=progress_bar(signature),
    )
