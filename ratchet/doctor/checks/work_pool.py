"""Whether the work pool of Ratchet is there and hands out runs."""

from __future__ import annotations

from ratchet.doctor.finding import Finding, error, ok, warning
from ratchet.doctor.patient import Patient

NAME = "work pool"
POOL = "ratchet"


def check(patient: Patient) -> Finding:
    """It is there, it is not paused, and neither is a queue in it."""
    patient.require_server()
    pools = {pool["name"]: pool for pool in patient.api.pages("/work_pools/filter", {})}
    pool = pools.get(POOL)
    if pool is None:
        return error(
            NAME,
            f"The server has no work pool {POOL!r}.",
            "`ratchet up` makes it, or python -m deployments.apply on another server.",
        )
    if pool.get("is_paused"):
        return error(
            NAME,
            f"The work pool {POOL!r} is paused: nothing starts.",
            f"Resume it: prefect work-pool resume {POOL}",
        )
    queues = patient.api.pages(f"/work_pools/{POOL}/queues/filter", {})
    paused = sorted(queue["name"] for queue in queues if queue.get("is_paused"))
    if paused:
        return warning(
            NAME,
            f"Paused queues of the work pool {POOL!r}: {', '.join(paused)}.",
            f"Resume each: prefect work-queue resume NAME --pool {POOL}",
        )
    return ok(NAME, f"{POOL!r} hands out runs.")
