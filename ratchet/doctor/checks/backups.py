"""Whether there is a fresh backup that can be read."""

from __future__ import annotations

from datetime import timedelta

from ratchet.backup.folder import list_backups
from ratchet.doctor.finding import Finding, ok, warning
from ratchet.doctor.patient import Patient
from ratchet.upkeep.cleaning import backup_folder

NAME = "backups"
OLD = timedelta(days=2)  # there is one every night
MAKE = "Make one with `ratchet backup create`; back-up/nightly makes one every night."


def check(patient: Patient) -> Finding:
    """The newest whole one is younger than two days, and none is damaged."""
    with patient.store():
        folder = backup_folder(patient.settings)
    found = list_backups(folder)
    whole = [backup.manifest.created for backup in found if backup.manifest is not None]
    damaged = [backup.name for backup in found if backup.manifest is None]
    if not whole:
        return warning(NAME, f"There is no whole backup in {folder}.", MAKE)
    age = patient.now - max(whole)
    if age > OLD:
        return warning(NAME, f"The newest backup in {folder} is {age.days} days old.", MAKE)
    if damaged:
        return warning(
            NAME,
            f"Damaged in {folder}: {', '.join(damaged)}.",
            "Look at it with `ratchet backup verify NAME`, and remove what can not be used.",
        )
    hours = age / timedelta(hours=1)
    return ok(NAME, f"{len(whole)} in {folder}, the newest {hours:.0f} hours old.")
