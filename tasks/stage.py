"""What every stage shares as a Prefect task: cache, retries, a log line, and taking over."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, Protocol, Self, TypeVar, cast

from prefect import task
from prefect.client.schemas.objects import State, TaskRun
from prefect.logging import get_run_logger
from prefect.tasks import Task, exponential_backoff

from blocks.connections import Connections
from ratchet import signatures
from ratchet.cycle.context import StageContext
from ratchet.cycle.progress import StageProgress, announce
from ratchet.cycle.run_folder import RunFolder
from ratchet.errors import (
    ConfigurationError,
    DatasetError,
    InputError,
    ModelError,
    RatchetError,
)
from ratchet.logs import log_context
from ratchet.tracing import span
from tasks.caching import content_key

RETRIES = 2
BACKOFF_SECONDS = 2
JITTER = 0.5
NOT_MENDED_BY_RETRYING = (ConfigurationError, DatasetError, InputError, ModelError)

P = ParamSpec("P")


class TakenOver(Protocol):
    """A result that a later run can take over."""

    @property
    def headline(self) -> str: ...
    @property
    def is_whole(self) -> bool: ...
    def taken_over_by(self, run: RunFolder) -> Self: ...


R = TypeVar("R", bound=TakenOver)
Stage = Callable[Concatenate[RunFolder, str, P], R]


def stage(**options: Any) -> Callable[[Stage[P, R]], Stage[P, R]]:
    """Make a task of a function of (run, signature, ...) that returns a stage's result.

    Its cache key is the content of its inputs, so a run that is started again takes over what
    an earlier one finished; a result whose files are gone is made again. Broken disks and
    databases are retried with backoff; wrong input is not. `options` are Prefect's; a stage
    that waits for something outside gives a timeout.
    """
    settings: dict[str, Any] = {
        "cache_key_fn": content_key,
        "persist_result": True,
        "retries": RETRIES,
        "retry_delay_seconds": exponential_backoff(BACKOFF_SECONDS),
        "retry_jitter_factor": JITTER,
        "retry_condition_fn": may_pass_next_time,
        **options,
    }

    def decorate(function: Stage[P, R]) -> Stage[P, R]:
        label = function.__name__.replace("_", " ") + ": {signature}"
        made: Task[Any, R] = task(task_run_name=label, **settings)(_logged(function))

        @functools.wraps(function)
        def run_stage(run: RunFolder, signature: str, *args: P.args, **kwargs: P.kwargs) -> R:
            announce(StageProgress(signature=signature, stage=made.name))
            result = made(run, signature, *args, **kwargs)
            if not result.is_whole:
                result = made.with_options(refresh_cache=True)(run, signature, *args, **kwargs)
            return result.taken_over_by(run)

        return cast("Stage[P, R]", run_stage)

    return decorate


def stage_context(
    run: RunFolder, signature: str, connections: Connections, *, model: str = ""
) -> StageContext:
    """What the domain's stage is given, resolved in the process that does the work."""
    workspace = connections.workspace(model=model)
    return StageContext(
        workspace=workspace, run=run, spec=signatures.get(signature), now=datetime.now(UTC)
    )


def may_pass_next_time(task: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001 - Prefect's signature
    """Whether trying again may help: wrong input stays wrong, a busy disk does not."""
    try:
        state.result()
    except NOT_MENDED_BY_RETRYING:
        return False
    except (RatchetError, OSError, TimeoutError):
        return True
    return False


def _logged(function: Stage[P, R]) -> Stage[P, R]:
    @functools.wraps(function)
    def call(run: RunFolder, signature: str, *args: P.args, **kwargs: P.kwargs) -> R:
        started = time.monotonic()
        about = {"ratchet.run_id": run.run_id, "ratchet.signature": signature}
        facts = {"run_id": run.run_id, "signature": signature, "stage": function.__name__}
        with log_context(**facts), span(function.__name__, about):
            result = function(run, signature, *args, **kwargs)
        seconds = time.monotonic() - started
        get_run_logger().info("%s: %s (%.1f s)", signature, result.headline, seconds)
        return result

    return cast("Stage[P, R]", call)
