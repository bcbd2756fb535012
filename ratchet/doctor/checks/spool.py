"""Whether the telemetry of this machine's apps is being taken in."""

from __future__ import annotations

from datetime import timedelta

from ratchet.doctor.finding import Finding, ok, skipped, warning
from ratchet.doctor.patient import Patient
from ratchet.serving.spool import spool_files
from ratchet.upkeep.places import changed_at

NAME = "telemetry spool"
LATE = timedelta(minutes=30)  # it is taken in every five minutes


def check(patient: Patient) -> Finding:
    """A finished file that nobody has taken away for half an hour says that nobody does."""
    folder = patient.settings.telemetry_folder
    if not folder.is_dir():
        return skipped(NAME, f"No app has recorded anything in {folder}.")
    now = patient.now
    waiting = [file.path for file in spool_files(folder) if file.is_finished]
    late = [path for path in waiting if now - changed_at(path) > LATE]
    if not late:
        return ok(NAME, f"{len(waiting)} finished files wait in {folder}, none for long.")
    size = sum(path.stat().st_size for path in late if path.exists()) / 1e6
    oldest = min(map(changed_at, late))
    return warning(
        NAME,
        f"{len(late)} finished files ({size:.1f} MB) wait in {folder}, the oldest since "
        f"{oldest:%Y-%m-%d %H:%M} UTC.",
        "Take them in with `ratchet telemetry ingest`; see whether ingest-telemetry is scheduled "
        "and runs (`ratchet schedules list`).",
    )
