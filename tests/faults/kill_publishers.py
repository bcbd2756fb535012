"""Publishes the same version again and again, each time killed one system call later.

Run as `python -m tests.faults.kill_publishers FOLDER`: FOLDER/1, FOLDER/2 ... are left behind,
each as a publisher killed at that call left it. Prints how many there are; the last of them
was not killed. A process of its own, because it forks.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from ratchet.datasets import DatasetFolder
from ratchet.signatures import get
from tests.builders import NOON
from tests.dataset_builders import example_set
from tests.faults.killing import at_call, kill_at_every_call, killed

SPEC = get("validate_completeness")
CALLS = ("open", "os.", "fcntl.", "shutil.", "tempfile.")


def publish_second(root: Path) -> None:
    """The publication that is killed."""
    DatasetFolder(root).add(SPEC, example_set(4, start=4), now=NOON + timedelta(hours=1))


def killed_at(call: int, root: Path) -> bool:
    """Publish in a child that kills itself before its `call`-th system call."""
    DatasetFolder(root).publish(SPEC, example_set(4), now=NOON)
    return killed(
        lambda: publish_second(root), at_call(lambda event: event.startswith(CALLS), call)
    )


def main(folder: Path) -> int:
    """Kill at every call until one publication comes through."""
    return kill_at_every_call(lambda call: killed_at(call, folder / str(call)))


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))  # noqa: T201 - read by the test
