"""Rolls a candidate out: begins a rollout and drives it, a task run a stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.logging import get_run_logger
from prefect.tasks import Task

from blocks.connections import Connections
from ratchet.control import (
    Clock,
    Controller,
    Driver,
    SimulatedClock,
    Standing,
    SystemClock,
    begin_or_join,
    policy_of,
    standing_of,
)
from ratchet.pictures.reading import picture_of_rollout
from ratchet.store import open_store
from tasks.artifacts import artifact_key
from tasks.pictures import publish_picture
from tasks.rollout_news import RolloutNews, publish_log
from tasks.stage import may_pass_next_time

ACTOR = "roll-out-program"
LONGEST_DELAY_SECONDS = 300
# Four hours of trying: a database that is away for a while must not end a rollout.
RETRY_DELAYS = [min(LONGEST_DELAY_SECONDS, 2.0**n) for n in range(1, 51)]


def passes_in_time(run_of: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:
    """Whether trying again may help: wrong input stays wrong, a system comes back."""
    try:
        state.result()
    except httpx.HTTPError:  # a block could not be read from the server
        return True
    except Exception:  # noqa: BLE001 - the other judge looks at it
        return may_pass_next_time(run_of, run, state)
    return False


PATIENT: dict[str, Any] = {
    "retries": len(RETRY_DELAYS),
    "retry_delay_seconds": RETRY_DELAYS,
    "retry_condition_fn": passes_in_time,
    "cache_policy": NO_CACHE,
    "persist_result": False,  # the state is in SQL
}


@task(task_run_name="begin {signature}{experiment_id}", **PATIENT)
def begin_rollout(
    *,
    experiment_id: str,
    signature: str,
    candidate_version: str,
    baseline_version: str,
    policy: str | dict[str, Any],
    own_name: str,
    connections: Connections,
    clock_file: Path | None,
) -> Standing:
    """Find the rollout of that name, or begin one and call it `own_name`."""
    with _driver(connections, clock_file) as driver:
        if experiment_id:
            record = driver.controller.record(experiment_id)
        else:
            record = begin_or_join(
                driver.controller,
                signature=signature,
                candidate=candidate_version,
                baseline=baseline_version or None,
                policy=policy_of(policy),
                actor=ACTOR,
                now=driver.clock.now(),
                experiment_id=own_name,
            )
    get_run_logger().info("%s: stage %d", record.experiment_id, record.state.stage + 1)
    return standing_of(record)


@task(task_run_name="stage {standing.stage}: {standing.percent} %", **PATIENT)
def run_stage(
    standing: Standing,
    *,
    connections: Connections,
    tick_seconds: float,
    clock_file: Path | None,
) -> Standing:
    """Tick until the stage changes or the rollout ends."""
    with _driver(connections, clock_file, tick_seconds) as driver:
        news = RolloutNews(driver.controller.store, driver.clock, get_run_logger())
        after = driver.drive_stage(standing.experiment_id, tell=news)
    get_run_logger().info("%s: %s", after.experiment_id, after.reason)
    return after


@task(task_run_name="decision log of {standing.experiment_id}", **PATIENT)
def write_decision_log(standing: Standing, *, connections: Connections) -> None:
    """What is left to say of a rollout that has ended: its last steps, and the whole log."""
    logger = get_run_logger()
    with _driver(connections, None) as driver:
        record = driver.controller.record(standing.experiment_id)
        RolloutNews(driver.controller.store, driver.clock, logger)(record, None)
        publish_log(record, logger)
        publish_picture(
            lambda: picture_of_rollout(driver.controller.store, record, now=driver.clock.now()),
            key=artifact_key(record.experiment_id, "rollout-timeline"),
            title=f"Timeline of {record.experiment_id}: {record.state.status.value}",
            logger=logger,
        )
    logger.info("%s has ended: %s", standing.experiment_id, standing.status.value)


@contextmanager
def _driver(
    connections: Connections, clock_file: Path | None, tick_seconds: float = 60.0
) -> Iterator[Driver]:
    workspace = connections.workspace()
    clock: Clock = SimulatedClock(clock_file) if clock_file else SystemClock()
    with open_store(workspace.store_url) as store:
        yield Driver(
            controller=Controller(
                store=store, programs=workspace.programs, routing=workspace.routing
            ),
            spool=workspace.telemetry,
            clock=clock,
            tick_seconds=tick_seconds,
        )
