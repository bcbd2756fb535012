"""Whether somebody has held a lock for a suspiciously long time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from ratchet.doctor.finding import Finding, ok, warning
from ratchet.doctor.patient import Patient
from ratchet.upkeep.cleaning import backup_folder
from ratchet.upkeep.places import changed_at

NAME = "locks"
LOCK = ".lock"
LONG = timedelta(hours=6)  # nothing that takes these locks works for so long


def check(patient: Patient) -> Finding:
    """The system frees a lock when its holder dies, so the file alone says nothing.

    A lock that is held, on a file that was made hours ago and in a folder where nothing has
    changed since, belongs to a process that hangs.
    """
    found = sorted(set(_locks(patient)))
    held = [path for path in found if _is_held(path)]
    hanging = [path for path in held if patient.now - changed_at(path.parent) > LONG]
    if hanging:
        return warning(
            NAME,
            f"Held, and nothing happens there for hours: {', '.join(map(str, hanging))}.",
            "See who holds it (`fuser FILE` or `lsof FILE`) and end that process; never delete "
            "the file, for two writers would then not see each other.",
        )
    return ok(NAME, f"{len(held)} of {len(found)} lock files are held, none for long.")


def _locks(patient: Patient) -> Iterator[Path]:
    settings = patient.settings
    for folder in (settings.datasets_folder, settings.programs_folder, backup_folder(settings)):
        yield from (path for path in folder.glob(f"**/{LOCK}") if path.is_file())


def _is_held(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
