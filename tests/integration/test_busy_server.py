"""A Prefect server whose SQLite file is locked answers 503, and is asked again for a while."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ratchet.orchestration.address import ServerAddress
from ratchet.orchestration.api import BusyError, PrefectApi

PAUSES = (0.0, 0.0)


@contextmanager
def server_busy_for(calls: int) -> Iterator[tuple[PrefectApi, list[str]]]:
    """A server that refuses so many calls, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = b'{"exception_message": "Service Unavailable"}' if len(asked) <= calls else b"7"
            self.send_response(503 if len(asked) <= calls else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}).start()
    address = f"http://127.0.0.1:{http.server_port}"
    try:
        yield PrefectApi(ServerAddress(api=address, ui="", source="a test"), pauses=PAUSES), asked
    finally:
        http.shutdown()
        http.server_close()


def test_a_busy_server_is_asked_again() -> None:
    """Nothing was done by the calls it refused, so they may be repeated."""
    with server_busy_for(2) as (api, asked):
        assert api.get("/count") == 7
        assert asked == ["/count"] * 3


def test_one_that_stays_busy_is_given_up() -> None:
    """After the last pause its words are told."""
    with server_busy_for(9) as (api, asked):
        with pytest.raises(BusyError, match="refused with 503"):
            api.get("/count")
        assert len(asked) == 1 + len(PAUSES)
