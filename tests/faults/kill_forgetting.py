"""Forgets an example again and again, each time killed one system call later.

Run as `python -m tests.faults.kill_forgetting FOLDER`: FOLDER/1, FOLDER/2 ... are left behind,
each as it was at that kill. Prints how many there are; the last of them was not killed. A
process of its own, because it forks.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from ratchet.lineage.forgetting import Places, forget, plan_forgetting
from ratchet.lineage.selector import Selector
from ratchet.optimize.cached_work import CachedWork
from ratchet.store import Store, open_store
from tests.builders import NOON
from tests.dataset_builders import example_set
from tests.faults.killing import at_call, kill_at_every_call, killed
from tests.lineage_builders import SPEC, Stock

CALLS = ("open", "os.", "sqlite3.")
GONE, *OTHERS = example_set(6)


def prepare(root: Path) -> None:
    """An example in the store, in a version, and with answers cached from it."""
    with store_in(root) as store:
        store.examples.add([GONE, *OTHERS])
        version = Stock(store=store, root=root).publish([GONE, *OTHERS])
    work = CachedWork(
        signature=SPEC.name, content_sha256=version.content_sha256, programs=(), model="m"
    )
    with work.open(root / "cache") as calls:
        calls.answer("question", dict)


def forget_it(root: Path) -> None:
    """What is killed."""
    with store_in(root) as store:
        stock = Stock(store=store, root=root)
        places = Places(
            datasets=stock.folder,
            programs=stock.programs,
            cache=root / "cache",
            runs=root / "runs",
        )
        plan = plan_forgetting(store, places, Selector.parse(GONE.example_id))
        forget(store, places, plan, reason="asked", actor="ada", now=NOON)


def store_in(root: Path) -> Store:
    """The store of one kill."""
    return open_store(f"sqlite:///{root / 'ratchet.db'}")


def killed_at(call: int, folder: Path) -> bool:
    """Forget in a child that kills itself before its `call`-th system call."""
    root = folder / str(call)
    shutil.copytree(folder / "template", root, symlinks=True)
    return killed(lambda: forget_it(root), at_call(lambda event: event.startswith(CALLS), call))


def main(folder: Path) -> int:
    """Kill at every call until one comes through."""
    prepare(folder / "template")
    shutil.copytree(folder / "template", folder / "warm", symlinks=True)
    forget_it(folder / "warm")  # so that no child is killed while it imports
    return kill_at_every_call(lambda call: killed_at(call, folder))


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))  # noqa: T201 - read by the test
