"""A loopback server that speaks the Anthropic Messages format, with failures on request."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as it arrived; `number` counts from 0."""

    number: int
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def prompt(self) -> str:
        return str(self.body["messages"][-1]["content"])

    @property
    def schema(self) -> Mapping[str, Any]:
        """The schema of the structured output; empty when none was asked for."""
        found: Mapping[str, Any] = self.body.get("output_config", {}).get("format", {})
        return found.get("schema", {})


@dataclass(frozen=True, kw_only=True)
class Text:
    """A message with one text block; a document is sent as JSON."""

    document: Any
    stop_reason: str = "end_turn"
    input_tokens: int = 1_000
    output_tokens: int = 500

    @property
    def content(self) -> list[dict[str, Any]]:
        whole = self.document if isinstance(self.document, str) else json.dumps(self.document)
        return [{"type": "text", "text": whole}]


@dataclass(frozen=True, kw_only=True)
class ToolUse:
    """A message that calls a tool."""

    name: str
    arguments: Mapping[str, Any]
    stop_reason: str = "tool_use"
    input_tokens: int = 1_000
    output_tokens: int = 500

    @property
    def content(self) -> list[dict[str, Any]]:
        call = {"type": "tool_use", "id": "toolu_1", "name": self.name, "input": self.arguments}
        return [call]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An error status with the body that the API sends."""

    status: int
    message: str = "scripted failure"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Any bytes with status 200: a proxy's page, half a document."""

    content: bytes
    content_type: str = "application/json"


class Silence:
    """No answer until the server stops: the client runs into its timeout."""


class Cut:
    """The connection is closed in the middle of the answer."""


Answer = Text | ToolUse | Failure | Raw | Silence | Cut
Script = Callable[[Request], Answer]


class AnthropicServer:
    """Answers POST /v1/messages as `script` says and keeps every request.

    >>> with AnthropicServer(lambda request: Text(document={"ok": True})) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[Request] = []
        self.busy = 0
        self.most_busy = 0
        self.changed = threading.Condition()
        self.stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def wait_for_requests(self, count: int, *, timeout_s: float = 60.0) -> bool:
        """Block until `count` requests have arrived."""
        with self.changed:
            return self.changed.wait_for(lambda: len(self.requests) >= count, timeout_s)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def _received(self, path: str, headers: Mapping[str, str], body: Any) -> Request:
        with self.changed:
            request = Request(
                number=len(self.requests), path=path, headers=dict(headers), body=body
            )
            self.requests.append(request)
            self.busy += 1
            self.most_busy = max(self.most_busy, self.busy)
            self.changed.notify_all()
        return request

    def _answered(self) -> None:
        with self.changed:
            self.busy -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        return type("Handler", (_Handler,), {"owner": self})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: AnthropicServer

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        body = json.loads(self.rfile.read(length))
        request = self.owner._received(self.path, self.headers, body)
        try:
            self._answer(self.owner.script(request), request)
        finally:
            self.owner._answered()

    def _answer(self, answer: Answer, request: Request) -> None:
        if isinstance(answer, Silence):
            self.owner.stopping.wait()
            self.close_connection = True
        elif isinstance(answer, Cut):
            self._cut()
        elif isinstance(answer, Raw):
            self._send(200, answer.content, {"content-type": answer.content_type})
        elif isinstance(answer, Failure):
            self._send(answer.status, _error_body(answer), answer.headers)
        else:
            self._send(200, _message_body(answer, request), {})

    def _send(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        all_headers = {"content-type": "application/json", "request-id": "req_test", **headers}
        for name, value in all_headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _cut(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "1000")
        self.end_headers()
        self.wfile.write(b'{"id": "msg_1", "content": [')
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
        """Keep the test output quiet."""


def _error_body(failure: Failure) -> bytes:
    kind = ERROR_TYPES.get(failure.status, "api_error")
    error = {"type": "error", "error": {"type": kind, "message": failure.message}}
    return json.dumps(error).encode()


def _message_body(answer: Text | ToolUse, request: Request) -> bytes:
    message = {
        "id": f"msg_{request.number}",
        "type": "message",
        "role": "assistant",
        "model": request.body["model"],
        "content": answer.content,
        "stop_reason": answer.stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": answer.input_tokens, "output_tokens": answer.output_tokens},
    }
    return json.dumps(message).encode()
