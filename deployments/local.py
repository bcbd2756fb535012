"""The whole system on one machine, without Docker: server, worker, deployments, automations.

`up` starts what does not run and applies what is declared, so that started twice it is the
same system; `down` stops it; `status` says what runs. All state is in the state folder.
"""

from __future__ import annotations

import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deployments.processes import ManagedProcess
from ratchet.errors import ConfigurationError, RatchetError
from ratchet.logs import prefect_logging

CHECKOUT = Path(__file__).parents[1]
HOST, PORT = "127.0.0.1", 4200
PORT_FILE = "port"  # in the folder of the process files: where the server was started
POOL, WORKER = "ratchet", "local"
START_SECONDS = 240.0  # a cold start on a slow machine with other work
LOOK_SECONDS = 0.5
LATE_AFTER_SECONDS = 300  # a flow run takes 10 to 30 seconds to begin on a small machine

Say = Callable[[str], None]


class SystemStartError(RatchetError):
    """A part of the local system did not come up."""


@dataclass(frozen=True, kw_only=True)
class SystemStatus:
    """What runs: process numbers, None where it does not; `is_healthy` is the server's word."""

    address: str
    server_pid: int | None
    worker_pid: int | None
    is_healthy: bool
    logs: Path

    @property
    def is_up(self) -> bool:
        """Whether everything runs."""
        return self.is_healthy and None not in {self.server_pid, self.worker_pid}


@dataclass(frozen=True, kw_only=True)
class LocalSystem:
    """One local system, known by its state folder; `port` is where its server listens."""

    home: Path
    port: int = PORT

    @classmethod
    def of(cls, home: Path, *, port: int | None = None) -> Self:
        """The system of a folder; without a port, where its server was started last."""
        remembered = home / "system" / PORT_FILE
        if port is None and remembered.is_file():
            text = remembered.read_text(encoding="utf-8")
            port = int(text) if text.isdecimal() else None
        return cls(home=home, port=port or PORT)

    @property
    def address(self) -> str:
        """Where the UI is."""
        return f"http://{HOST}:{self.port}"

    @property
    def api(self) -> str:
        """Where the REST API is."""
        return f"{self.address}/api"

    @property
    def server(self) -> ManagedProcess:
        """The Prefect server."""
        return self._process("server")

    @property
    def worker(self) -> ManagedProcess:
        """The worker that runs the flows."""
        return self._process("worker")

    def environment(self) -> dict[str, str]:
        """The environment of both processes; what the user has set stays."""
        chosen = {
            "PREFECT_HOME": str(self.home / "prefect"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": str(LATE_AFTER_SECONDS),
            "DO_NOT_TRACK": "1",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }
        fixed = {
            "PREFECT_API_URL": self.api,
            "PREFECT_LOGGING_EXTRA_LOGGERS": "ratchet",
            "PREFECT_UI_URL": self.address,
            "RATCHET_HOME": str(self.home),
            "RATCHET_CHECKOUT": str(CHECKOUT),
            "PYTHONUNBUFFERED": "1",
        }
        return {**chosen, **prefect_logging(), **os.environ, **fixed}

    def up(self, say: Say) -> SystemStatus:
        """Start what does not run, apply what is declared, and wait until all of it answers.

        Raises:
            ConfigurationError: somebody else listens on the port.
            SystemStartError: the server or the worker did not come up; with its last words.
        """
        self._start_server(say)
        self._apply(say)
        if self.worker.start(self._worker_command(), self.environment(), cwd=CHECKOUT):
            say("Starting the worker")
        self._wait(self.worker, self._worker_is_online)
        return self.status()

    def down(self, say: Say) -> bool:
        """Stop worker and server; whether anything ran."""
        stopped = False
        for process in (self.worker, self.server):
            if process.is_running:
                say(f"Stopping the {process.name}")
                stopped |= process.stop()
        return stopped

    def status(self) -> SystemStatus:
        """What runs now."""
        return SystemStatus(
            address=self.address,
            server_pid=self.server.pid,
            worker_pid=self.worker.pid,
            is_healthy=self.server.is_running and self._answers(),
            logs=self.server.logs,
        )

    def _process(self, name: str) -> ManagedProcess:
        return ManagedProcess(name=name, state=self.home / "system", logs=self.home / "logs")

    def _start_server(self, say: Say) -> None:
        if not self.server.is_running:
            self._refuse_taken_port()
            say("Starting the Prefect server")
        command = [*_PREFECT, "server", "start", "--host", HOST, "--port", str(self.port)]
        self.server.start(command, self.environment(), cwd=CHECKOUT)
        self._wait(self.server, self._answers)
        remembered = self.home / "system" / PORT_FILE
        remembered.write_text(str(self.port), encoding="utf-8")

    def _apply(self, say: Say) -> None:
        from prefect.client.orchestration import get_client
        from prefect.settings import PREFECT_API_URL, temporary_settings

        from deployments.apply import apply

        with (
            temporary_settings({PREFECT_API_URL: self.api}),
            get_client(sync_client=True) as client,
        ):
            plan = apply(client)
        changed = sum(change.action in {"create", "update"} for change in plan.changes)
        say(f"Deployments and automations: {changed} changed, {len(plan.changes)} declared")

    def _worker_command(self) -> list[str]:
        return [*_PREFECT, "worker", "start", "--pool", POOL, "--name", WORKER, "--type", "process"]

    def _worker_is_online(self) -> bool:
        from prefect.client.orchestration import get_client
        from prefect.settings import PREFECT_API_URL, temporary_settings

        with (
            temporary_settings({PREFECT_API_URL: self.api}),
            get_client(sync_client=True) as client,
        ):
            workers = client.read_workers_for_work_pool(POOL, limit=50, offset=0)
        return any(worker.name == WORKER and worker.status == "ONLINE" for worker in workers)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.api}/health", timeout=5) as answer:  # noqa: S310 - loopback
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _wait(self, process: ManagedProcess, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            if not process.is_running or time.monotonic() > deadline:
                said = "\n".join(process.last_lines())
                raise SystemStartError(
                    f"The {process.name} did not come up. It said last:\n{said}\n"
                    f"The whole log is {process.log}; `ratchet doctor` looks for the cause."
                )
            time.sleep(LOOK_SECONDS)

    def _refuse_taken_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self.port))
            except OSError as error:
                raise ConfigurationError(
                    f"Port {self.port} is taken by another program ({error.strerror}). Stop it, or "
                    f"choose another one: ratchet up --port {self.port + 1}."
                ) from error


_PREFECT = (sys.executable, "-m", "prefect")
