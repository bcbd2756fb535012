"""Keeps DSPy's optimisers quiet: they print, draw bars and log from where no one reads."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

NOISY_LOGGERS = (
    "dspy.teleprompt",
    "dspy.evaluate",
    "dspy.propose",
    "dspy.utils.parallelizer",
    "dspy.clients.lm",
    "dspy.predict",
    "dspy.adapters",
)

_quiet_threads: set[int] = set()
_lock = threading.Lock()
_depth = 0
_levels: dict[str, int] = {}


@contextmanager
def silence() -> Iterator[None]:
    """Drop what the present thread prints and what DSPy's optimisers log.

    Only this thread's printing is dropped, so that other work keeps its output; several
    threads may be silent at once. What matters of a run is in its records.
    """
    thread = threading.get_ident()
    _enter(thread)
    try:
        yield
    finally:
        _leave(thread)


class _QuietStream:
    """Passes writes on, unless a silent thread makes them."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        if threading.get_ident() in _quiet_threads:
            return len(text)
        return self.stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def _enter(thread: int) -> None:
    global _depth  # noqa: PLW0603 - standard output is the process's, so is its count
    with _lock:
        _quiet_threads.add(thread)
        _depth += 1
        if _depth > 1:
            return
        sys.stdout, sys.stderr = _QuietStream(sys.stdout), _QuietStream(sys.stderr)
        for name in NOISY_LOGGERS:
            _levels[name] = logging.getLogger(name).level
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        _quieten_libraries()


def _leave(thread: int) -> None:
    global _depth  # noqa: PLW0603 - as above
    with _lock:
        _quiet_threads.discard(thread)
        _depth -= 1
        if _depth:
            return
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if isinstance(stream, _QuietStream):
                setattr(sys, name, stream.stream)
        for name, level in _levels.items():
            logging.getLogger(name).setLevel(level)


def _quieten_libraries() -> None:
    """Optuna warns of its own sampler; tqdm redraws from a thread of its own."""
    import tqdm  # type: ignore[import-untyped]  # it ships no types

    # By its words, not its class: importing Optuna costs a second, and MIPROv2 alone needs it.
    warnings.filterwarnings("ignore", message=r"Argument ``\w+`` is an experimental feature")
    tqdm.tqdm.monitor_interval = 0
