"""Whether the Prefect server answers."""

from __future__ import annotations

from ratchet.doctor.finding import Finding, error, ok
from ratchet.doctor.patient import Patient
from ratchet.orchestration.api import OrchestratorError, UnreachableError

NAME = "Prefect server"


def check(patient: Patient) -> Finding:
    """It answers, and lets us in."""
    try:
        _ = patient.hello
        version = patient.api.get("/admin/version")
    except UnreachableError as problem:
        return error(
            NAME,
            str(problem),
            f"The log of the local server is {patient.home}/logs/server.log.",
        )
    except OrchestratorError as problem:
        return error(NAME, str(problem), "Check PREFECT_API_URL, PREFECT_API_AUTH_STRING and KEY.")
    return ok(NAME, f"Prefect {version} answers at {patient.api.address.api}.")
