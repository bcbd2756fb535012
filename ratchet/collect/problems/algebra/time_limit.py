"""A limit on the time that one piece of mathematics may take, in whatever thread.

Sizes are bounded by the parser, but a short text can ask for an integral, a limit or a set of
roots over which computer algebra broods for hours. A second thread raises `_TimeIsUp` in the
first when its time is over. Signals would do this in the main thread alone; a process for each
piece would cost more than the piece. What is raised is no `Exception`, because SymPy catches
those and goes on; it is raised again until it gets through. It reaches Python code only, which
is nearly all of SymPy: a single step in C is bounded by the sizes.

Time is processor time of the thread where the system tells it, so that a busy machine gives the
same answers as a quiet one.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from ratchet.collect.problems.algebra.tokens import Unreadable

LIMIT_SECONDS = 20.0  # what people ask is worked out in milliseconds, the hardest in some seconds
AGAIN_SECONDS = 0.1  # after which it is looked at, and raised, again

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_inside = threading.local()


class _TimeIsUp(BaseException):
    """Raised in a thread by its watch."""


def limited(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Let `function` raise `Unreadable` when it takes longer than `LIMIT_SECONDS`.

    One limited function within another shares the time of the outer one.
    """

    @wraps(function)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        if getattr(_inside, "is_watched", False):
            return function(*args, **kwargs)
        watch = _Watch(threading.get_ident(), LIMIT_SECONDS)
        try:
            try:
                watch.start()
                return function(*args, **kwargs)
            finally:
                watch.end()
        except _TimeIsUp:
            watch.end()  # again: it may have arrived in the middle of the first
            raise Unreadable(f"it takes longer than {LIMIT_SECONDS:g} s to work out") from None

    return run


class _Watch:
    """Raises `_TimeIsUp` in a thread when the time is over, until it is ended."""

    def __init__(self, thread_id: int, seconds: float) -> None:
        self._thread_id, self._spent = ctypes.c_ulong(thread_id), _clock_of(thread_id)
        self._seconds, self._until = seconds, self._spent() + seconds
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to count; called in the thread that is watched."""
        _inside.is_watched = True
        threading.Thread(target=self._run, name="algebra-watch", daemon=True).start()

    def end(self) -> None:
        """Stop, and take back what was raised and has not arrived."""
        _inside.is_watched = False
        with self._lock:
            self._ended.set()
            ctypes.pythonapi.PyThreadState_SetAsyncExc(self._thread_id, None)

    def _run(self) -> None:
        left = self._seconds
        while not self._ended.wait(max(left, AGAIN_SECONDS)):
            with self._lock:
                if self._ended.is_set():
                    return
                left = self._until - self._spent()
                if left <= 0:
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        self._thread_id, ctypes.py_object(_TimeIsUp)
                    )


def _clock_of(thread_id: int) -> Callable[[], float]:
    """The processor time of a thread that is alive; where that is not told, the time of day."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.monotonic
    clock = time.pthread_getcpuclockid(thread_id)
    return lambda: time.clock_gettime(clock)
