"""The meters of the runs in this process: what each run spends, and the way to stop it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ratchet.cycle.run_folder import RunId
from ratchet.errors import ModelError
from ratchet.optimize.meter import Budget, Meter, RunStopped

STOPPED = "The run was stopped by its operator."

_meters: dict[RunId, Meter] = {}
_lock = threading.Lock()


def run_meter(run_id: RunId) -> Meter:
    """The meter of a run; every signature counts into a child of it."""
    with _lock:
        return _meters.setdefault(run_id, Meter(name=run_id))


@contextmanager
def signature_meter(run_id: RunId, signature: str, budget: Budget) -> Iterator[Meter]:
    """The meter of one signature in a run.

    Raises:
        ModelError: the budget is used up, the model refused, or the run was stopped.
    """
    try:
        yield run_meter(run_id).child(signature, budget=budget)
    except RunStopped as stop:
        raise ModelError(str(stop)) from stop


def stop_run(run_id: RunId, reason: str = STOPPED) -> None:
    """Let the run begin no further call of a language model; it ends within seconds."""
    run_meter(run_id).refuse(reason)
