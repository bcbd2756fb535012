"""Whether a limit of concurrent runs is taken by a run that is not running."""

from __future__ import annotations

from ratchet.doctor.finding import Finding, Remedy, error, ok
from ratchet.doctor.patient import Patient
from ratchet.orchestration.deployments import Deployments
from ratchet.orchestration.slots import leaked_slots, release

NAME = "concurrency slots"


def check(patient: Patient) -> Finding:
    """A slot that nobody holds keeps every later run waiting, or cancels it."""
    leaks = leaked_slots(Deployments(patient.api), patient.deployments)
    if not leaks:
        taken = sum(one.slots_taken for one in patient.deployments)
        return ok(NAME, f"{taken} taken, each by a run under way.")
    said = "; ".join(
        f"{leak.deployment.full_name}: {leak.deployment.slots_taken} of {leak.deployment.slots} "
        f"taken, {leak.holding} by a run"
        for leak in leaks
    )
    return error(
        NAME,
        f"Slots are held by runs that are not running. {said}.",
        "Release them with `ratchet doctor --fix`.",
        _release(patient),
    )


def _release(patient: Patient) -> Remedy:
    def carry_out() -> str:
        deployments = Deployments(patient.api)
        leaks = leaked_slots(deployments, deployments.list())  # what is true now
        for leak in leaks:
            release(patient.api, leak)
        names = ", ".join(leak.deployment.full_name for leak in leaks) or "nothing any more"
        return f"Released: {names}."

    return Remedy(what="release the slots that no run holds", carry_out=carry_out)
