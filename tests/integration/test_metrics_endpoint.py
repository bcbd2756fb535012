"""The endpoint on a real socket."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ratchet.errors import ConfigurationError
from ratchet.metrics.exposition import text_of
from ratchet.metrics.reading import read_snapshot
from ratchet.metrics.serving import start_server
from ratchet.store import open_store
from tests.builders import NOON
from tests.metrics_builders import furnish, sources


def test_a_scrape_gets_the_figures_and_a_second_server_is_refused(tmp_path: Path) -> None:
    """Prometheus reads over HTTP what the textfile would say; the port is taken then."""
    places = sources(tmp_path)
    with open_store(places.store_url, clock=lambda: NOON) as store:
        furnish(store, tmp_path)
    snapshot = read_snapshot(places, clock=lambda: NOON)
    server = start_server(lambda: snapshot, host="127.0.0.1", port=0, max_age_seconds=60)
    try:
        with urllib.request.urlopen(server.address) as answer:  # noqa: S310 - our own address
            content_type, told = answer.headers["Content-Type"], answer.read().decode()
        with pytest.raises(ConfigurationError, match="--port"):
            start_server(
                lambda: snapshot,
                host="127.0.0.1",
                port=server.server.server_port,
                max_age_seconds=60,
            )
    finally:
        server.close()

    assert content_type.startswith("text/plain; version=")
    assert told == text_of(snapshot)
    assert sum(1 for _ in text_string_to_metric_families(told)) > 40
