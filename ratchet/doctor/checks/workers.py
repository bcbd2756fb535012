"""Whether a worker is online to run what is due."""

from __future__ import annotations

from datetime import datetime

from ratchet.doctor.checks.work_pool import POOL
from ratchet.doctor.finding import Finding, error, ok
from ratchet.doctor.patient import NotThereError, Patient
from ratchet.orchestration.api import OrchestratorError

NAME = "worker"
ONLINE = "ONLINE"
ADVICE = f"Start one: `ratchet up`, or prefect worker start --pool {POOL}"


def check(patient: Patient, *, pool: str = POOL) -> Finding:
    """One that has been heard of lately."""
    patient.require_server()
    try:
        found = list(patient.api.pages(f"/work_pools/{pool}/workers/filter", {}))
    except OrchestratorError as problem:
        raise NotThereError(f"there is no work pool {pool!r}") from problem
    online = sorted(worker["name"] for worker in found if worker["status"] == ONLINE)
    if online:
        return ok(NAME, f"Online: {', '.join(online)}.")
    heard = [worker["last_heartbeat_time"] for worker in found if worker["last_heartbeat_time"]]
    if not heard:
        return error(NAME, f"The work pool {pool!r} has never had a worker.", ADVICE)
    last = max(datetime.fromisoformat(at) for at in heard)
    return error(
        NAME,
        f"No worker of {pool!r} is online; the last one was heard of {last:%Y-%m-%d %H:%M} UTC.",
        f"{ADVICE}. The log of the local one is {patient.home}/logs/worker.log.",
    )
