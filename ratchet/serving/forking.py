"""What a forked child must not share with its parent: locks that may be held, threads, files."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class ForkAware(Protocol):
    """Something that starts afresh in a forked child."""

    def after_fork(self) -> None: ...


_alive: WeakSet[ForkAware] = WeakSet()


def watch_forks(owner: ForkAware) -> None:
    """Have `owner.after_fork` called in every child forked while `owner` lives."""
    _alive.add(owner)


def _in_child() -> None:
    for owner in list(_alive):
        owner.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
