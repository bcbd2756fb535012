"""`ratchet run --deployment`: the same cycle, started on the server and run by a worker."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.terminal import print_json, say, working

if TYPE_CHECKING:
    from pathlib import Path

    from ratchet.orchestration.deployments import Deployments, FlowRun

DEFAULT_DEPLOYMENT = "improve-programs/monthly"
LOOK_SECONDS = 2.0
BY_HAND = "COMMANDLINE"
RENAMED = {"repo": "repositories", "signature": "signatures", "lm": "model"}


def given_options(context: typer.Context) -> dict[str, Any]:
    """Of the options of a run those that a person gave; the rest is the deployment's."""
    from ratchet.cycle.options import ImprovementOptions

    given = {
        RENAMED.get(name, name): value
        for name, value in context.params.items()
        if (source := context.get_parameter_source(name)) and source.name == BY_HAND
    }
    return {name: given[name] for name in ImprovementOptions.model_fields if name in given}


def start_deployment(
    name: str,
    options: Mapping[str, Any],
    output_dir: Path | None,
    *,
    idempotency_key: str | None,
    wait: bool,
    as_json: bool,
) -> None:
    """Start a run with the options laid over those of the deployment; wait for it when asked.

    Leaves with 1 when a run that was waited for did not complete.

    Raises:
        OrchestratorError: the server does not answer, or refuses the options.
        InputError: there is no such deployment.
        ConfigurationError: an option is out of range.
    """
    from ratchet.cycle.options import ImprovementOptions
    from ratchet.orchestration.address import server_address
    from ratchet.orchestration.api import PrefectApi
    from ratchet.orchestration.deployments import Deployments

    deployments = Deployments(PrefectApi(server_address()))
    deployment = deployments.find(name)
    chosen = {**(deployment.parameters.get("options") or {}), **options}
    ImprovementOptions.of(**chosen)
    parameters: dict[str, Any] = {"options": chosen}
    if output_dir is not None:
        parameters["output_dir"] = str(output_dir.absolute())
    run = deployments.start(deployment, parameters, idempotency_key=idempotency_key)
    if not as_json:
        say(f"Started {deployment.full_name}, run {run.name}: {run.address}")
    if wait:
        run = _ended(deployments, run, quiet=as_json)
    _show(run, as_json=as_json, was_waited_for=wait)
    raise typer.Exit(EXIT_NOT_REACHED if wait and run.state != "COMPLETED" else 0)


def _ended(deployments: Deployments, run: FlowRun, *, quiet: bool) -> FlowRun:
    """The run once nothing will follow; leaving with Ctrl-C leaves the run alone."""
    with working("Waiting for the run; Ctrl-C leaves it running", quiet=quiet):
        while not run.has_ended:
            time.sleep(LOOK_SECONDS)
            run = deployments.run(run.run_id)
    return run


def _show(run: FlowRun, *, as_json: bool, was_waited_for: bool) -> None:
    if as_json:
        print_json(vars(run))
    elif was_waited_for:
        say(f"{run.name} ended: {run.state.lower()}. {run.message}".rstrip())
    else:
        say("A worker takes it up; wait for it with --wait.")
