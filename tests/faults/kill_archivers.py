"""Archives and restores a version again and again, each time killed one system call later.

Run as `python -m tests.faults.kill_archivers FOLDER archive|restore`: FOLDER/1, FOLDER/2 ...
are left behind, each as it was at that kill. Prints how many there are; the last of them was
not killed. A process of its own, because it forks.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from ratchet.datasets import DatasetFolder
from ratchet.datasets.archiving import archive_version, restore_version
from ratchet.signatures import get
from tests.builders import NOON
from tests.dataset_builders import example_set
from tests.faults.killing import at_call, kill_at_every_call, killed

SPEC = get("validate_completeness")
VERSION = "v20260301_120000"
CALLS = ("open", "os.", "fcntl.", "shutil.", "tempfile.")
WORK = {"archive": archive_version, "restore": restore_version}


def prepare(root: Path, work: str) -> None:
    """Two versions; the first is archived when it is to be restored."""
    folder = DatasetFolder(root)
    folder.publish(SPEC, example_set(4), now=NOON)
    folder.add(SPEC, example_set(4, start=4), now=NOON + timedelta(hours=1))
    if work == "restore":
        archive_version(folder, SPEC.name, VERSION)


def killed_at(call: int, root: Path, work: str) -> bool:
    """Work in a child that kills itself before its `call`-th system call."""
    prepare(root, work)
    return killed(
        lambda: WORK[work](DatasetFolder(root), SPEC.name, VERSION),
        at_call(lambda event: event.startswith(CALLS), call),
    )


def main(folder: Path, work: str) -> int:
    """Kill at every call until one comes through."""
    return kill_at_every_call(lambda call: killed_at(call, folder / str(call), work))


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), sys.argv[2]))  # noqa: T201 - read by the test
