"""Rolls a candidate program out: from its first share of traffic to the end, however long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed

from blocks.connections import Connections
from ratchet.control import Standing
from ratchet.errors import InputError
from tasks.roll_out import begin_rollout, run_stage, write_decision_log
from tasks.tracing import traced


@flow(name="roll-out-program", flow_run_name="roll out {signature}{experiment_id}")
@traced
def roll_out_program(
    *,
    experiment_id: str = "",
    signature: str = "",
    candidate_version: str = "",
    baseline_version: str = "",
    policy: str | dict[str, Any] = "standard",
    connections: Connections = Connections(),  # noqa: B008 - frozen
    tick_seconds: float = 60.0,
    clock_file: Path | None = None,
) -> State[Standing]:
    """Drive a rollout to its end: take telemetry in, decide, route, wait for the next tick.

    It holds nothing that SQL does not: killed at any moment and started again, by the name
    of the rollout or just as before, it goes on and repeats nothing.

    Args:
        experiment_id: The rollout to go on with; without it one is begun.
        signature: The signature of the program, to begin a rollout.
        candidate_version: The version to roll out. When a rollout of it is under way, this
            run goes on with that one.
        baseline_version: The version to compare with; empty is what production runs, `own`
            the app's own program.
        policy: standard, daily, the path of a JSON file, or the policy itself.
        connections: Blocks to use in place of the settings.
        tick_seconds: How far the ticks are apart.
        clock_file: A file that holds the time, for demonstrations and tests.
    """
    if not experiment_id and not (signature and candidate_version):
        raise InputError("Give experiment_id, or signature and candidate_version.")
    standing = begin_rollout(
        experiment_id=experiment_id,
        signature=signature,
        candidate_version=candidate_version,
        baseline_version=baseline_version,
        policy=policy,
        own_name=f"{signature}-{str(flow_run.id)[-12:]}",
        connections=connections,
        clock_file=clock_file,
    )
    while not standing.is_over:
        standing = run_stage(
            standing, connections=connections, tick_seconds=tick_seconds, clock_file=clock_file
        )
    write_decision_log(standing, connections=connections)
    return Completed(name=standing.status.value, message=standing.reason, data=standing)
