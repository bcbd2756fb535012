"""A child process that kills itself at a moment of its own choosing."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

MOST_CALLS = 500


def killed(work: Callable[[], object], prepare: Callable[[], object]) -> bool:
    """Do the work in a child that `prepare` lets kill itself; whether it was killed."""
    child = os.fork()
    if not child:
        prepare()
        work()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def at_call(counts: Callable[[str], bool], number: int) -> Callable[[], None]:
    """Kill this process before its `number`-th audit event, from 1, of those that count."""
    left = number

    def count(event: str, _: object) -> None:
        nonlocal left
        if counts(event):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    return lambda: sys.addaudithook(count)


def kill_at_every_call(killed_at: Callable[[int], bool]) -> int:
    """Kill at call 1, 2, 3 and so on, until the work comes through; the number of that one."""
    call = 1
    while killed_at(call) and call < MOST_CALLS:
        call += 1
    return call
