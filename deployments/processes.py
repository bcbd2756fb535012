"""The processes of the local system: started once, found again, stopped, whoever started them.

A process holds a lock on a file of its own from its start to its end, so that it is known to
run without trusting a number: the system may have given the number to somebody else since.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 30.0  # a worker cancels what it runs first
LOOK_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class ManagedProcess:
    """One process by name; `state` holds its lock and number, `logs` what it prints."""

    name: str
    state: Path
    logs: Path

    @property
    def log(self) -> Path:
        """What the process has printed, from all its starts."""
        return self.logs / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """Its process number; None when it does not run."""
        if not self.is_running:
            return None
        with suppress(OSError, ValueError):
            return int(self._pid_file.read_text())
        return None

    @property
    def is_running(self) -> bool:
        """Whether the process that was started last is alive."""
        try:
            with self._lock_file.open("a") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def start(self, command: Sequence[str], environment: Mapping[str, str], *, cwd: Path) -> bool:
        """Start it unless it runs; whether it was started."""
        for folder in (self.state, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        with self._lock_file.open("a") as lock, self.log.open("ab") as log:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # it outlives the terminal, and is stopped as a whole
                pass_fds=[lock.fileno()],  # and with it the lock
            )
            self._pid_file.write_text(str(process.pid))
        return True

    def stop(self, *, seconds: float = STOP_SECONDS) -> bool:
        """Ask it to end, and end it after so many seconds; whether it ran."""
        pid = self.pid
        if pid is None:
            return False
        for number, wait in ((signal.SIGTERM, seconds), (signal.SIGKILL, seconds)):
            with suppress(ProcessLookupError):
                os.killpg(pid, number)
            if self._has_ended(within=wait):
                break
        self._pid_file.unlink(missing_ok=True)
        return True

    def last_lines(self, count: int = 5) -> list[str]:
        """The end of its log, for a message about what went wrong."""
        with suppress(OSError):
            return self.log.read_text(errors="replace").splitlines()[-count:]
        return []

    def _has_ended(self, *, within: float) -> bool:
        deadline = time.monotonic() + within
        while self.is_running:
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    @property
    def _lock_file(self) -> Path:
        return self.state / f"{self.name}.lock"

    @property
    def _pid_file(self) -> Path:
        return self.state / f"{self.name}.pid"
