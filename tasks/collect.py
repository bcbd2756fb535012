"""Collects examples: from git, synthetic ones, telemetry, the store and the starter sets."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import task
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from blocks.connections import Connections
from ratchet.collect.git_history import MiningOptions
from ratchet.cycle import collect
from ratchet.cycle.batch_terms import BatchTerms
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.starter import collect_starter as lay_starter_set
from ratchet.cycle.stored import collect_stored as take_up
from ratchet.cycle.synthetic import SyntheticPolicy
from ratchet.settings import load_settings
from tasks.stage import BACKOFF_SECONDS, JITTER, may_pass_next_time, stage

FETCH_RETRIES = 3
TIMEOUT_SECONDS = 1800
ALL = "all signatures"


def collect_from_git(
    run: RunFolder, options: ImprovementOptions, connections: Connections
) -> collect.Mined:
    """Fetch and mine, once for all signatures of a run."""
    return mine_histories(
        run,
        ALL,
        repositories=fetch_repositories(options.repositories, connections),
        signatures=options.signature_names,
        options=options.mining(),
        target=options.git_target,
        day=f"{datetime.now(UTC):%Y-%m-%d}",
    )


@task(
    retries=FETCH_RETRIES,
    retry_delay_seconds=exponential_backoff(BACKOFF_SECONDS),
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_pass_next_time,
    timeout_seconds=TIMEOUT_SECONDS,
)
def fetch_repositories(
    locations: tuple[str, ...], connections: Connections
) -> tuple[collect.FetchedRepository, ...]:
    """Bring the repositories to this machine."""
    found = collect.fetch_repositories(connections.workspace(), connections.repositories(locations))
    get_run_logger().info("%d repositories are here", len(found))
    return found


@stage(timeout_seconds=TIMEOUT_SECONDS)
def mine_histories(
    run: RunFolder,
    signature: str,  # noqa: ARG001 - names the task run
    *,
    repositories: tuple[collect.FetchedRepository, ...],
    signatures: tuple[str, ...],
    options: MiningOptions,
    target: int,
    day: str,  # noqa: ARG001 - the window of days moves on, so it is part of the cache key
) -> collect.Mined:
    """Mine all repositories in one pass each, for all signatures."""
    return collect.mine_histories(
        run,
        repositories=repositories,
        names=signatures,
        options=options,
        target=target,
        now=datetime.now(UTC),
    )


@stage()
def collect_synthetic(
    run: RunFolder,
    signature: str,
    *,
    target: int,
    seed: int,
    max_cost_usd: float | None,
    batch: bool,
    of_run: str,  # noqa: ARG001 - batches are kept by their journal: each run looks there itself
    model: str,
    connections: Connections,
) -> collect.Collected:
    """Generate synthetic examples, by Claude or from templates; a batch is waited for."""
    workspace, settings = connections.workspace(model=model), load_settings()
    return collect.collect_synthetic(
        workspace,
        run,
        signature,
        target=target,
        seed=seed,
        now=datetime.now(UTC),
        max_cost_usd=max_cost_usd,
        policy=SyntheticPolicy.of(settings),
        batches=BatchTerms.of_run(run, workspace, settings, is_wanted=batch),
    )


@stage()
def collect_from_telemetry(
    run: RunFolder,
    signature: str,
    *,
    target: int,
    since_days: int,
    last_arrival: int,  # noqa: ARG001 - what has arrived since is part of the cache key
    day: str,  # noqa: ARG001 - the window of days moves on, so it is part of it too
    connections: Connections,
) -> collect.Collected:
    """Collect requests of production that feedback corrected or confirmed."""
    return collect.collect_from_telemetry(
        connections.workspace(),
        run,
        signature,
        target=target,
        since_days=since_days,
        now=datetime.now(UTC),
    )


@stage()
def collect_starter(
    run: RunFolder,
    signature: str,
    *,
    finished_runs: int,  # noqa: ARG001 - each finished run has left another latest version
    connections: Connections,
) -> collect.Collected:
    """Bring the starter examples that the latest version lacks, while it has few others."""
    return lay_starter_set(connections.workspace(), run, signature, folder=load_settings().starter)


@stage()
def collect_stored(
    run: RunFolder,
    signature: str,
    *,
    limit: int,
    finished_runs: int,  # noqa: ARG001 - a run started again takes up what it did at first
    connections: Connections,
) -> collect.Collected:
    """Bring accepted examples of the store that the latest version lacks."""
    return take_up(connections.workspace(), run, signature, limit=limit)
