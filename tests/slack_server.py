"""A loopback server in Slack's wire format: incoming webhooks and chat.postMessage, with failures.

It also takes the posts of any webhook, for that channel.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

WEBHOOK_PATH = "/services/T0000/B0000/XXXXXXXXXXXXXXXXXXXXXXXX"
POST_MESSAGE = "/api/chat.postMessage"
LIMITS = {"header": 150, "section": 3_000}


@dataclass(frozen=True, kw_only=True)
class Post:
    """One request as it arrived; `document` is its JSON, of a form too."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        if "json" in self.headers.get("content-type", ""):
            found: dict[str, Any] = json.loads(self.body)
            return found
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}

    @property
    def text(self) -> str:
        return str(self.document["text"])

    @property
    def blocks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.document["attachments"][0]["blocks"]
        return found


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What is answered instead: a status with a body, nothing for long, or half an answer.

    An echo repeats the path and the headers of the request, secrets and all.
    """

    status: int = 500
    body: str = "rollup_error"
    headers: Mapping[str, str] = field(default_factory=dict)
    is_silent: bool = False
    is_cut: bool = False
    is_echo: bool = False


RATE_LIMITED = Failure(status=429, body="rate_limited", headers={"Retry-After": "90"})
BROKEN = Failure(status=500)
GONE = Failure(status=404, body="no_service")
SILENT = Failure(is_silent=True)
CUT = Failure(is_cut=True)


class SlackServer:
    """Remembers what was posted; `failure` is what it does instead of taking a message."""

    def __init__(self, *, token: str = "") -> None:
        self.posts: list[Post] = []
        self.attempts = 0
        self.failure: Failure | None = None
        self.token = token
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.answer(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    @property
    def webhook_url(self) -> str:
        return self.url + WEBHOOK_PATH

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    @property
    def texts(self) -> list[str]:
        return [post.text for post in self.posts]

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in request.headers.items()}
        post = Post(path=request.path, headers=headers, body=body)
        with self._lock:
            self.attempts += 1
        if self.failure is not None:
            self._fail(request, self.failure)
        elif post.path == POST_MESSAGE:
            self._answer_api(request, post)
        elif self._is_malformed(post):
            _send(request, 400, "invalid_blocks")
        else:
            self._take(post)
            _send(request, 200, "ok")

    def _answer_api(self, request: BaseHTTPRequestHandler, post: Post) -> None:
        if post.headers.get("authorization") != f"Bearer {self.token}":
            said = {"ok": False, "error": "invalid_auth"}
        elif self._is_malformed(post):
            said = {"ok": False, "error": "invalid_blocks"}
        else:
            self._take(post)
            said = {"ok": True, "channel": "C1", "ts": f"{len(self.posts)}.0"}
        _send(request, 200, json.dumps(said), kind="application/json")

    def _take(self, post: Post) -> None:
        with self._lock:
            self.posts.append(post)

    def _is_malformed(self, post: Post) -> bool:
        """Slack's own limits, for what goes to Slack."""
        if not post.path.startswith(("/services/", "/api/")):
            return False
        for block in post.blocks:
            if len(block.get("text", {}).get("text", "")) > LIMITS.get(block["type"], 10_000):
                return True
            if len(block.get("fields", ())) > 10:
                return True
        return False

    def _fail(self, request: BaseHTTPRequestHandler, failure: Failure) -> None:
        if failure.is_silent:
            self.stopped.wait()
            return
        if failure.is_cut:
            request.send_response(200)
            request.send_header("Content-Length", "1000")
            request.end_headers()
            request.wfile.write(b"o")
            request.wfile.flush()
            with suppress(OSError):
                request.connection.shutdown(socket.SHUT_RDWR)
            return
        body = f"{request.path} {dict(request.headers)}" if failure.is_echo else failure.body
        _send(request, failure.status, body, headers=failure.headers)

    def start(self) -> None:
        threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def stop(self) -> None:
        self.stopped.set()
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def slack_server(*, token: str = "") -> Iterator[SlackServer]:
    """A server that takes everything, until its `failure` is set."""
    server = SlackServer(token=token)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _send(
    request: BaseHTTPRequestHandler,
    status: int,
    body: str,
    *,
    kind: str = "text/html",
    headers: Mapping[str, str] | None = None,
) -> None:
    content = body.encode()
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(content)))
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(content)
