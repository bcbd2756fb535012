"""The services of docker-compose.yml, each by its own command, all on one PostgreSQL."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml

from deployments.declared import read_declared
from deployments.processes import ManagedProcess
from ratchet.store import open_store
from tests.image_postgres import image_server
from tests.local_system import free_port, wait_for

pytestmark = [pytest.mark.xdist_group("local-system"), pytest.mark.timeout(900)]

CHECKOUT = Path(__file__).parents[2]
START_SECONDS = 300
PREFECT_DATABASE = "PREFECT_API_DATABASE_CONNECTION_URL"
SERVICES: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())["services"]


@dataclass(frozen=True, kw_only=True)
class Host:
    """What stands for the containers: one folder, one environment, one port for each server."""

    folder: Path
    environment: dict[str, str]
    api: str
    port: int

    def command(self, service: str) -> list[str]:
        """The command of a service, by this Python, with the server on a port of its own."""
        words = [
            str(self.port) if word == "4200" else word for word in SERVICES[service]["command"]
        ]
        programs = {
            "python": sys.executable,
            "ratchet": str(Path(sys.executable).parent / "ratchet"),
        }
        return [programs.get(words[0], words[0]), *words[1:]]

    def start(self, service: str) -> ManagedProcess:
        """Start a service."""
        process = ManagedProcess(
            name=service, state=self.folder / "pids", logs=self.folder / "logs"
        )
        process.start(self.command(service), self.environment, cwd=CHECKOUT)
        return process


def answers(address: str) -> bool:
    """Whether a health address says that all is well."""
    try:
        return httpx.get(address, timeout=5).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """The `database` of the compose file, and its environment for this machine."""
    port, health = free_port(), free_port()
    api = f"http://127.0.0.1:{port}/api"
    password, prefect_password = secrets.token_hex(8), secrets.token_hex(8)
    with image_server(password=password, prefect_password=prefect_password) as address:
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "RATCHET_"))},
            "RATCHET_DATABASE_URL": f"postgresql://ratchet:{password}@{address}/ratchet",
            "RATCHET_HOME": str(tmp_path / "state"),
            "RATCHET_CHECKOUT": str(CHECKOUT),
            "PREFECT_HOME": str(tmp_path / "prefect"),
            "PREFECT_API_URL": api,
            PREFECT_DATABASE: (
                f"postgresql+asyncpg://prefect:{prefect_password}@{address}/prefect"
            ),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_WORKER_WEBSERVER_PORT": str(health),
            "DO_NOT_TRACK": "1",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }
        yield Host(folder=tmp_path, environment=environment, api=api, port=port)


def test_the_services_come_up_in_their_order(host: Host) -> None:
    """Server, deployer to its end, worker and ingester until they are stopped."""
    started = [host.start("server")]
    try:
        wait_for(
            lambda: answers(f"{host.api}/health") or not started[0].is_running,
            seconds=START_SECONDS,
            saying="the server did not come up",
        )
        assert started[0].is_running, started[0].last_lines(20)

        deployer = host.start("deployer")
        wait_for(lambda: not deployer.is_running, seconds=START_SECONDS, saying="it did not end")
        assert "are as declared" in deployer.last_lines(1)[0], deployer.last_lines(20)
        with psycopg.connect(host.environment[PREFECT_DATABASE].replace("+asyncpg", "")) as rows:
            found = rows.execute("SELECT count(*) FROM deployment").fetchone()
        assert found == (len(read_declared().deployments),)

        started += [host.start("worker"), host.start("ingester")]
        health = f"http://127.0.0.1:{host.environment['PREFECT_WORKER_WEBSERVER_PORT']}/health"
        wait_for(lambda: answers(health), seconds=START_SECONDS, saying="the worker is not well")
        with open_store(host.environment["RATCHET_DATABASE_URL"]) as store:
            assert store.telemetry.last_arrival() == 0
        assert all(process.is_running for process in started)
    finally:
        for process in reversed(started):
            process.stop()
