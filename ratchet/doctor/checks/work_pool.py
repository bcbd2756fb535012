"""Whether the work pool of Ratchet is there and hands out runs."""

from __future__ import annotations

from ratchet.doctor.finding import Finding, error, ok, warning
from ratchet.doctor.patient import Patient

NAME = "work pool"
POOL = "ratchet"


def check(patient: Patient, *, name: str = POOL) -> Finding:
    """It is there, it is not paused, and neither is a queue in it."""
    patient.require_server()
    pools = {pool["name"]: pool for pool in patient.api.pages("/work_pools/filter", {})}
    pool = pools.get(name)
    if pool is None:
        return error(
            NAME,
            f"The server has no work pool {name!r}.",
            "`ratchet up` makes it, or python -m deployments.apply on another server.",
        )
    if pool.get("is_paused"):
        return error(
            NAME,
            f"The work pool {name!r} is paused: nothing starts.",
            f"Resume it: prefect work-pool resume {name}",
        )
    queues = patient.api.pages(f"/work_pools/{name}/queues/filter", {})
    paused = sorted(queue["name"] for queue in queues if queue.get("is_paused"))
    if paused:
        return warning(
            NAME,
            f"Paused queues of the work pool {name!r}: {', '.join(paused)}.",
            f"Resume each: prefect work-queue resume NAME --pool {name}",
        )
    return ok(NAME, f"{name!r} hands out runs.")
