"""Starts subflows one after another, though they run side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Turn:
    """A turn that one thread has at a time, and passes on once its subflow runs.

    Several subflows created at the same moment lock a Prefect server on SQLite, which then
    answers 503, and the client waits for seconds before it tries again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def taken(self) -> Iterator[Callable[..., None]]:
        """Wait for the turn; gives the hook that passes it on, at the latest at the end."""
        self._lock.acquire()
        passed_on = threading.Event()

        def pass_on(*_: Any) -> None:
            if not passed_on.is_set():
                passed_on.set()
                self._lock.release()

        try:
            yield pass_on
        finally:
            pass_on()
