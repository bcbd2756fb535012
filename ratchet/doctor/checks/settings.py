"""Whether the settings can be read as they are written."""

from __future__ import annotations

from ratchet.doctor.finding import Finding, error, ok
from ratchet.doctor.patient import Patient
from ratchet.serving.places import settings_file

NAME = "settings"


def check(patient: Patient) -> Finding:
    """Every mistake in the file and in the variables is named."""
    place = settings_file(patient.environ).path
    if patient.mistakes:
        return error(
            NAME,
            f"{'; '.join(patient.mistakes)} ({place} and RATCHET_* variables).",
            "Correct them; `ratchet config show` says what is allowed. Everything below was "
            "looked at with the defaults.",
        )
    source = str(place) if place.exists() else "the defaults"
    return ok(NAME, f"Read from {source}; the state folder is {patient.home}.")
