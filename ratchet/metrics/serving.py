"""The HTTP endpoint that Prometheus scrapes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIServer

from prometheus_client import start_http_server

from ratchet.errors import ConfigurationError
from ratchet.metrics.exposition import SnapshotCollector, registry_of

if TYPE_CHECKING:
    from ratchet.metrics.reading import Snapshot

PATH = "/metrics"


@dataclass(frozen=True, kw_only=True)
class MetricsServer:
    """An endpoint that is being served by a thread."""

    host: str
    server: WSGIServer
    thread: threading.Thread

    @property
    def address(self) -> str:
        """Where Prometheus finds it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.server.server_port}{PATH}"

    def wait(self) -> None:
        """Serve until the process is asked to stop; then close the endpoint."""
        try:
            self.thread.join()
        finally:
            self.close()

    def close(self) -> None:
        """Stop listening; repeated, it does nothing more."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def start_server(
    read: Callable[[], Snapshot], *, host: str, port: int, max_age_seconds: float
) -> MetricsServer:
    """Serve what `read` gives, read again when it is older than `max_age_seconds`.

    Raises:
        ConfigurationError: the address can not be listened on.
    """
    registry = registry_of(SnapshotCollector(read, max_age_seconds=max_age_seconds))
    try:
        server, thread = start_http_server(port, addr=host, registry=registry)
    except OSError as error:
        raise ConfigurationError(
            f"{host}:{port} can not be listened on: {error.strerror or error}. Is another "
            "`ratchet metrics serve` running? Choose another --port, or --host."
        ) from error
    return MetricsServer(host=host, server=server, thread=thread)
