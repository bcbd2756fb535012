"""Whether this machine's clock agrees with the server's: schedules and windows depend on it."""

from __future__ import annotations

from ratchet.doctor.finding import Finding, error, ok, skipped, warning
from ratchet.doctor.patient import Patient

NAME = "clock"
NOTICED_SECONDS, WRONG_SECONDS = 5.0, 60.0
ADVICE = "Let both machines take their time from NTP (timedatectl set-ntp true)."


def check(patient: Patient) -> Finding:
    """The difference of both clocks, as far as the answer of the server tells it."""
    patient.require_server()
    answer = patient.api.ask("GET", "/health")
    now = patient.now
    if answer.at is None:
        return skipped(NAME, "The server does not say its time.")
    return judge(ahead_seconds=(now - answer.at).total_seconds())


def judge(*, ahead_seconds: float) -> Finding:
    """Judge by how much this machine is ahead of the server, or behind when it is negative."""
    way = "ahead of" if ahead_seconds > 0 else "behind"
    said = f"This machine is {abs(ahead_seconds):.0f} seconds {way} the Prefect server"
    if abs(ahead_seconds) > WRONG_SECONDS:
        return error(NAME, f"{said}: runs start at the wrong time, and leases end early.", ADVICE)
    if abs(ahead_seconds) > NOTICED_SECONDS:
        return warning(NAME, f"{said}.", ADVICE)
    return ok(NAME, "This machine and the Prefect server agree on the time.")
