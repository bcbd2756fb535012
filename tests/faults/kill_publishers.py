"""Publishes the same version again and again, each time killed one system call later.

Run as `python -m tests.faults.kill_publishers FOLDER`: FOLDER/1, FOLDER/2 ... are left behind,
each as a publisher killed at that call left it. Prints how many there are; the last of them
was not killed. A process of its own, because it forks.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from ratchet.datasets import DatasetFolder
from ratchet.signatures import get
from tests.builders import NOON
from tests.dataset_builders import example_set

SPEC = get("validate_completeness")
CALLS = ("open", "os.", "fcntl.", "shutil.", "tempfile.")
MOST_CALLS = 500


def publish_second(root: Path) -> None:
    """The publication that is killed."""
    DatasetFolder(root).add(SPEC, example_set(4, start=4), now=NOON + timedelta(hours=1))


def killed_at(call: int, root: Path) -> bool:
    """Publish in a child that kills itself before its `call`-th system call."""
    DatasetFolder(root).publish(SPEC, example_set(4), now=NOON)
    child = os.fork()
    if not child:
        _kill_self_at(call)
        publish_second(root)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _kill_self_at(call: int) -> None:
    left = call

    def count(event: str, _: object) -> None:
        nonlocal left
        if event.startswith(CALLS):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def main(folder: Path) -> int:
    """Kill at every call until one publication comes through."""
    call = 1
    while killed_at(call, folder / str(call)) and call < MOST_CALLS:
        call += 1
    return call


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))  # noqa: T201 - read by the test
