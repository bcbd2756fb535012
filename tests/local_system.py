"""A local system for tests: server and worker of their own, alerts to servers on loopback."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.local import LocalSystem
from tests.slack_server import SlackServer, slack_server
from tests.smtp_server import Mailbox, smtp_server

LOOK_SECONDS = 0.25
BUSY = 503  # the answer of a server whose SQLite file is locked


@dataclass(frozen=True, kw_only=True)
class RunningSystem:
    """A system that is up, with the mailbox and the Slack channel that its alerts go to."""

    system: LocalSystem
    mailbox: Mailbox
    slack: SlackServer

    def post(self, path: str, document: Any) -> Any:
        """Ask the REST API by POST."""
        return asked("POST", f"{self.system.api}{path}", json=document).json()

    def get(self, path: str) -> Any:
        """Read from the REST API."""
        return asked("GET", f"{self.system.api}{path}").json()

    def delete(self, path: str) -> None:
        """Delete by the REST API."""
        asked("DELETE", f"{self.system.api}{path}")

    def deployment_id(self, name: str) -> str:
        """The id of a deployment, given as flow/deployment."""
        return str(self.get(f"/deployments/name/{name}")["id"])

    def start_run(self, name: str, **options: Any) -> str:
        """Start a deployment by REST; the id of its flow run."""
        path = f"/deployments/{self.deployment_id(name)}/create_flow_run"
        return str(self.post(path, options)["id"])

    def state_of(self, flow_run_id: str) -> str:
        """The type of the state that a flow run is in."""
        return str(self.get(f"/flow_runs/{flow_run_id}")["state_type"])


def asked(method: str, address: str, **given: Any) -> httpx.Response:
    """The answer of a REST API; a server that is busy says so, and is asked again."""

    def answered() -> httpx.Response | None:
        answer = httpx.request(method, address, timeout=30, **given)
        return None if answer.status_code == BUSY else answer

    saying = f"the server was too busy for {method} {address}"
    answer: httpx.Response = wait_for(answered, seconds=60, saying=saying)
    answer.raise_for_status()
    return answer


def wait_for(what: Callable[[], Any], *, seconds: float, saying: str) -> Any:
    """Ask again and again until the answer is true; what it was."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, saying
        time.sleep(LOOK_SECONDS)
    return found


@contextmanager
def running_system(home: Path) -> Iterator[RunningSystem]:
    """Bring a system up, and down again; every alert goes to both channels."""
    with smtp_server() as mailbox, slack_server() as slack, pytest.MonkeyPatch.context() as patch:
        settings = {
            "EMAIL_ENABLED": "true",
            "EMAIL_SMTP_SERVER": "127.0.0.1",
            "EMAIL_SMTP_PORT": str(mailbox.port),
            "EMAIL_SECURITY": "none",
            "EMAIL_FROM": "ratchet@example.org",
            "EMAIL_TO": "team@example.org",
            "SLACK_ENABLED": "true",
            "SLACK_WEBHOOK_URL": slack.webhook_url,
        }
        for name, value in settings.items():
            patch.setenv(f"RATCHET_ALERTS__{name}", value)
        patch.setenv("RATCHET_TRAINING_DATA", str(home / "training_data"))
        system = LocalSystem(home=home, port=free_port())
        try:
            system.up(lambda _: None)
            yield RunningSystem(system=system, mailbox=mailbox, slack=slack)
        finally:
            system.down(lambda _: None)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
