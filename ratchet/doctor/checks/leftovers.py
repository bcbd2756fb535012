"""Whether killed commands have left files behind."""

from __future__ import annotations

from datetime import datetime

from ratchet.doctor.finding import Finding, Remedy, ok, warning
from ratchet.doctor.patient import Patient
from ratchet.store import open_store
from ratchet.upkeep.cleaning import carry_out, keepers_of, plan_cleaning
from ratchet.upkeep.plan import Kind, megabytes

NAME = "leftovers"
ONLY = (Kind.TEMPORARY,)


def check(patient: Patient) -> Finding:
    """Drafts and scratch folders that are old enough to belong to nobody."""
    with patient.store() as store:
        plan = plan_cleaning(keepers_of(patient.settings, store), now=patient.now, only=ONLY)
    if not plan.items:
        return ok(NAME, "Nothing is left of commands that were killed.")
    return warning(
        NAME,
        f"{len(plan.items)} files and folders ({megabytes(plan.size_bytes)}) are left of commands "
        f"that were killed: {plan.items[0].name}, ...",
        "Sweep them with `ratchet clean-up --only temporary`; the weekly clean-up does, too.",
        _sweep(patient, patient.now),
    )


def _sweep(patient: Patient, now: datetime) -> Remedy:
    def sweep() -> str:
        with open_store(patient.settings.store_url) as store:
            keepers = keepers_of(patient.settings, store)
            report = carry_out(plan_cleaning(keepers, now=now, only=ONLY), keepers)
        return f"{report.headline}."

    return Remedy(what="remove what killed commands left", carry_out=sweep)
