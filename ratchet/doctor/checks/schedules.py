"""Whether everything that should start by itself does."""

from __future__ import annotations

from ratchet.doctor.finding import Finding, error, ok, warning
from ratchet.doctor.patient import Patient

NAME = "schedules"


def check(patient: Patient) -> Finding:
    """The deployments are on the server, and none of their schedules is paused."""
    found = patient.deployments
    if not found:
        return error(
            NAME,
            "The server knows no deployment of Ratchet.",
            "`ratchet up` applies them, or python -m deployments.apply on another server.",
        )
    scheduled = [one for one in found if one.schedules]
    paused = [one.full_name for one in scheduled if not one.is_scheduled]
    if paused:
        return warning(
            NAME,
            f"Paused: {', '.join(paused)}. `ratchet audit list --action schedule.pause` may say "
            "who did it and why.",
            f"Resume: ratchet schedules resume {' '.join(paused)} --reason TEXT",
        )
    if not scheduled:
        return warning(NAME, "No deployment has a schedule.", "Apply them: ratchet up")
    return ok(NAME, f"{len(scheduled)} deployments start by themselves.")
