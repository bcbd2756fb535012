"""Whether git is there: examples are mined from histories with it."""

from __future__ import annotations

import shutil
import subprocess

from ratchet.doctor.finding import Finding, error, ok
from ratchet.doctor.patient import Patient

NAME = "git"
SECONDS = 10


def check(patient: Patient) -> Finding:
    """Git is found on PATH and says its version."""
    found = shutil.which("git", path=patient.environ.get("PATH"))
    if found is None:
        return error(
            NAME,
            "git is not on PATH; no history can be mined.",
            "Install it (apt-get install git, brew install git), or run with --git-target 0.",
        )
    said = subprocess.run(
        [found, "--version"], capture_output=True, text=True, check=False, timeout=SECONDS
    )
    if said.returncode:
        return error(NAME, f"{found} does not run: {said.stderr.strip()}", "Install git again.")
    return ok(NAME, f"{said.stdout.strip()} ({found}).")
