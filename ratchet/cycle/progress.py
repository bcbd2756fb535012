"""Tells whoever listens in this process how far each signature has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StageProgress:
    """`done` of `total` steps of a stage; both 0 while nobody can tell."""

    signature: str
    stage: str
    done: int = 0
    total: int = 0
    message: str = ""


Listener = Callable[[StageProgress], None]

_listeners: list[Listener] = []


def announce(progress: StageProgress) -> None:
    """Tell every listener; they are called from the thread that does the work."""
    for listener in tuple(_listeners):
        listener(progress)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call `listener` for everything announced inside the block."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
