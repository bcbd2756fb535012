"""The clock of a controller: the real one, or one that a demonstration moves on by hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from ratchet.errors import InputError
from ratchet.files import write_text

POLL_SECONDS = 0.02


class Clock(Protocol):
    """Tells the time and waits for a later one."""

    def now(self) -> datetime: ...

    def wait_until(self, moment: datetime) -> None: ...


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait_until(self, moment: datetime) -> None:
        time.sleep(max(0.0, (moment - self.now()).total_seconds()))


class SimulatedClock:
    """A time that stands in a file, for demonstrations and tests: it moves when that is written.

    Every process that is given the same file has the same time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def now(self) -> datetime:
        """The time in the file.

        Raises:
            InputError: there is none in it.
        """
        try:
            moment = datetime.fromisoformat(self.path.read_text(encoding="utf-8").strip())
        except (OSError, ValueError) as error:
            raise InputError(f"{self.path} holds no time: {error}.") from error
        if moment.tzinfo is None:
            raise InputError(f"The time {moment} in {self.path} has no time zone.")
        return moment

    def wait_until(self, moment: datetime) -> None:
        while self.now() < moment:
            time.sleep(POLL_SECONDS)

    def set(self, moment: datetime) -> None:
        """Move the time."""
        write_text(self.path, moment.isoformat())
