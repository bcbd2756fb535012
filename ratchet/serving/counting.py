"""What went wrong on Ratchet's side: counted always, said in the log once for each cause."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_SUBJECTS = 1_000  # an app that makes up names must not fill the memory with them

_log = logging.getLogger("ratchet.serving")


@dataclass(frozen=True, kw_only=True)
class RouterCounters:
    """How often the app's baseline had to stand in, by cause, since the process started."""

    fallbacks: Mapping[str, int] = field(default_factory=dict)


class Troubles:
    """Counts causes and logs each cause once for its subject, until it is cleared."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start again; a forked child counts its own."""
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._said: set[tuple[str, str]] = set()

    def note(self, cause: str, subject: str, explanation: object) -> None:
        """Count `cause`, and log it when it is new for `subject`."""
        with self._lock:
            self._counts[cause] = self._counts.get(cause, 0) + 1
            is_new = (cause, subject) not in self._said and len(self._said) < MAX_SUBJECTS
            if is_new:
                self._said.add((cause, subject))
        if is_new:
            _log.warning("%s (%s): %s", cause, subject, explanation)

    def clear(self, cause: str, subject: str) -> None:
        """Say that a trouble is over; it is logged again when it comes back."""
        with self._lock:
            was_known = (cause, subject) in self._said
            self._said.discard((cause, subject))
        if was_known:
            _log.info("%s (%s): it is in order again", cause, subject)

    def counters(self) -> RouterCounters:
        """The counts so far."""
        with self._lock:
            return RouterCounters(fallbacks=dict(self._counts))
