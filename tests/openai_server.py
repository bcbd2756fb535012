"""A model server on loopback in the wire formats of OpenAI and Anthropic, faults included."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]

CUT_OFF = "cut off"
MALFORMED = "malformed"


def say_hello(body: Body) -> str:
    """The answer of a model that nothing was asked of."""
    return "hello"


@dataclass(kw_only=True)
class ModelServer:
    """What the server does and what it saw.

    Each request takes the first of `faults`: an HTTP status, `CUT_OFF` or `MALFORMED`; when
    none is left it is answered after `latency_seconds`.
    """

    address: str = ""
    answer: Callable[[Body], str] = say_hello
    latency_seconds: float = 0.0
    faults: deque[int | str] = field(default_factory=deque)
    requests: list[Body] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def openai_address(self) -> str:
        """What OpenAI's clients call the base address."""
        return f"{self.address}/v1"


@contextmanager
def model_server(**settings: Any) -> Iterator[ModelServer]:
    """Run a server on a free port of loopback until the block ends."""
    state = ModelServer(**settings)
    http = _Server(("127.0.0.1", 0), _Handler)
    http.state = state
    state.address = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.closing.set()
        http.shutdown()
        http.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    state: ModelServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        state = self.server.state
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with state.lock:
            state.requests.append(body)
            state.keys.append(
                self.headers.get("x-api-key")
                or self.headers.get("authorization", "").removeprefix("Bearer ")
            )
            fault = state.faults.popleft() if state.faults else None
        state.closing.wait(state.latency_seconds)
        if fault is not None:
            self._fail(fault)
        elif self.path.endswith("/messages"):
            self._send(200, _anthropic(body, state.answer(body)))
        else:
            self._send(200, _openai(body, state.answer(body)))

    def _fail(self, fault: int | str) -> None:
        if fault == CUT_OFF:
            self._send(200, {"id": "x"}, length=10_000)
            self.close_connection = True
        elif fault == MALFORMED:
            self._send(200, {"surprise": True})
        else:
            reason = {"type": "error", "message": f"refused with {fault}"}
            self._send(int(fault), {"type": "error", "error": reason})

    def _send(self, status: int, document: Body, *, length: int | None = None) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(length or len(data)))
        self.send_header("retry-after", "0")
        with suppress(ConnectionError):  # the client has stopped waiting
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Tests read `requests` instead."""


def _openai(body: Body, text: str) -> Body:
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }


def _anthropic(body: Body, text: str) -> Body:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 100, "output_tokens": 10},
    }
