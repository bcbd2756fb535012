"""Whether the disks that Ratchet writes to have room."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from ratchet.doctor.finding import Finding, error, ok, warning
from ratchet.doctor.patient import Patient
from ratchet.upkeep.cleaning import backup_folder

NAME = "disk"
FULL_BYTES, LOW_BYTES = 200_000_000, 2_000_000_000
FULL_NAMES = 1_000
ADVICE = (
    "Free some space: `ratchet clean-up --dry-run` says what can go, `ratchet life caches` frees "
    "cached answers."
)


def check(patient: Patient) -> Finding:
    """The fullest of them decides."""
    settings = patient.settings
    folders = {
        patient.home,
        settings.datasets_folder,
        settings.runs_folder,
        settings.programs_folder,
        backup_folder(settings),
    }
    return min(
        map(look_at, map(_existing, sorted(folders))), key=lambda room: room.free_bytes
    ).judge()


@dataclass(frozen=True, kw_only=True)
class Room:
    """What is left of the disk of a folder; `free_names` None where nobody counts them."""

    folder: Path
    free_bytes: int
    free_names: int | None

    def judge(self) -> Finding:
        """Whether that is enough."""
        said = f"{self.free_bytes / 1e9:.1f} GB free at {self.folder}"
        if self.free_bytes < FULL_BYTES:
            return error(NAME, f"The disk is full: {said}.", ADVICE)
        if self.free_names is not None and self.free_names < FULL_NAMES:
            return error(NAME, f"The disk has no room for more files: {said}.", ADVICE)
        if self.free_bytes < LOW_BYTES:
            return warning(NAME, f"Little room: {said}.", ADVICE)
        return ok(NAME, f"{said}.")


def look_at(folder: Path) -> Room:
    """The room on the disk of a folder."""
    found = os.statvfs(folder)
    return Room(
        folder=folder,
        free_bytes=shutil.disk_usage(folder).free,
        free_names=found.f_favail if found.f_files else None,
    )


def _existing(folder: Path) -> Path:
    """The folder, or the one that it will be made in."""
    return next(place for place in (folder, *folder.parents) if place.exists())
