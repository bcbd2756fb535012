"""A loopback server that speaks the Anthropic Messages and Batches formats, with failures."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qs

JSONL = "application/x-jsonl"
CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
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
        found: Mapping[str, Any] = (
            self.body.get("output_config", {}).get("format", {}).get("schema", {})
        )
        return found


@dataclass(frozen=True, kw_only=True)
class Text:
    """A message with one text block; a document is sent as JSON."""

    document: Any
    stop_reason: str = "end_turn"
    input_tokens: int = 1_000
    output_tokens: int = 500
    cache_usage: Mapping[str, Any] = field(default_factory=dict)

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
    cache_usage: Mapping[str, Any] = field(default_factory=dict)

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


@dataclass(frozen=True, kw_only=True)
class Cut:
    """The connection is closed in the middle of the answer."""

    sent: bytes = b'{"id": "msg_1", "content": ['


Answer = Text | ToolUse | Failure | Raw | Silence | Cut
Script = Callable[[Request], Answer]


BATCHES = "/v1/messages/batches"
BATCH_LIFE = timedelta(hours=24)
Unbilled = Literal["expired", "canceled", "overloaded_error", "invalid_request_error"]
Outcome = Callable[[Request], Answer | Unbilled]


@dataclass(kw_only=True)
class Batch:
    """A batch as the desk keeps it; `asked` counts how often its state was looked at."""

    batch_id: str
    requests: Sequence[Mapping[str, Any]]
    created_at: datetime
    asked: int = 0
    is_canceled: bool = False
    lines: list[dict[str, Any]] = field(default_factory=list)


@dataclass(kw_only=True)
class BatchDesk:
    """The Message Batches of one account, in memory.

    A batch ends when its state has been asked for `polls` times. `outcome` says what becomes
    of each of its requests. `before` may answer any call to the desk in its place (None: it
    does not); `after` may, once the desk has done what was asked, as when an answer gets lost.
    """

    outcome: Outcome
    polls: int = 1
    before: Callable[[str, Request], Answer | None] = lambda _method, _request: None
    after: Callable[[str, Request], Answer | None] = lambda _method, _request: None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    batches: dict[str, Batch] = field(default_factory=dict)

    @property
    def custom_ids(self) -> list[str]:
        """The custom id of every request that was ever accepted."""
        return [str(r["custom_id"]) for b in self.batches.values() for r in b.requests]

    def answer(self, method: str, request: Request, server: AnthropicServer) -> Answer:
        """What the endpoint says."""
        early = self.before(method, request)
        if early is not None:
            return early
        usual = self._route(method, request, server)
        return self.after(method, request) or usual

    def _route(self, method: str, request: Request, server: AnthropicServer) -> Answer:
        path, _, query = request.path.partition("?")
        parts = path.removeprefix(BATCHES).strip("/").split("/")
        if parts == [""]:
            return self._create(request, server) if method == "POST" else self._list(query, server)
        batch = self.batches.get(parts[0])
        if batch is None:
            return Failure(status=404, message=f"no batch {parts[0]}")
        if parts[1:] == ["results"]:
            return self._results(batch)
        if parts[1:] == ["cancel"]:
            batch.is_canceled = True
        else:
            batch.asked += 1
        return _json(self._document(batch, server))

    def _create(self, request: Request, server: AnthropicServer) -> Answer:
        wanted = request.body["requests"]
        names = [r["custom_id"] for r in wanted]
        if len(set(names)) < len(names) or not all(CUSTOM_ID.fullmatch(n) for n in names):
            return Failure(status=400, message="custom_id must be unique and well-formed")
        batch_id = f"msgbatch_{len(self.batches) + 1:02}"
        self.batches[batch_id] = Batch(batch_id=batch_id, requests=wanted, created_at=self.now())
        return _json(self._document(self.batches[batch_id], server))

    def _list(self, query: str, server: AnthropicServer) -> Answer:
        given = parse_qs(query)
        newest_first = list(reversed(self.batches.values()))
        if after := given.get("after_id"):
            place = [b.batch_id for b in newest_first].index(after[0])
            newest_first = newest_first[place + 1 :]
        limit = int(given.get("limit", ["20"])[0])
        page = [self._document(batch, server) for batch in newest_first[:limit]]
        return _json(
            {
                "data": page,
                "has_more": len(newest_first) > limit,
                "first_id": page[0]["id"] if page else None,
                "last_id": page[-1]["id"] if page else None,
            }
        )

    def _results(self, batch: Batch) -> Answer:
        if not self._has_ended(batch):
            return Failure(status=404, message="the batch has not ended")
        lines = [json.dumps(line) for line in reversed(self._lines(batch))]
        return Raw(content="".join(f"{line}\n" for line in lines).encode(), content_type=JSONL)

    def _lines(self, batch: Batch) -> list[dict[str, Any]]:
        """The results, made up once."""
        if not batch.lines:
            batch.lines = [
                {"custom_id": r["custom_id"], "result": self._result(batch, r)}
                for r in batch.requests
            ]
        return batch.lines

    def _result(self, batch: Batch, wanted: Mapping[str, Any]) -> dict[str, Any]:
        if batch.is_canceled:
            return {"type": "canceled"}
        asked = Request(number=0, path=BATCHES, headers={}, body=wanted["params"])
        outcome = self.outcome(asked)
        if outcome in ("expired", "canceled"):
            return {"type": outcome}
        if isinstance(outcome, str):
            error = {"type": outcome, "message": "scripted failure"}
            return {
                "type": "errored",
                "error": {"type": "error", "error": error, "request_id": "req_test"},
            }
        if isinstance(outcome, Text | ToolUse):
            name, model = str(wanted["custom_id"]), str(asked.body["model"])
            message = message_document(outcome, name=name, model=model)
            return {"type": "succeeded", "message": message}
        raise TypeError(f"{outcome} can not be the outcome of a request in a batch.")

    def _has_ended(self, batch: Batch) -> bool:
        return batch.is_canceled or batch.asked >= self.polls

    def _document(self, batch: Batch, server: AnthropicServer) -> dict[str, Any]:
        has_ended = self._has_ended(batch)
        kinds = ("succeeded", "errored", "expired", "canceled")
        counts: dict[str, int] = dict.fromkeys(("processing", *kinds), 0)
        if has_ended:
            for line in self._lines(batch):
                counts[line["result"]["type"]] += 1
        else:
            counts["processing"] = len(batch.requests)
        results = f"{server.url}{BATCHES}/{batch.batch_id}/results"
        at = batch.created_at
        return {
            "id": batch.batch_id,
            "type": "message_batch",
            "processing_status": "ended" if has_ended else "in_progress",
            "request_counts": counts,
            "created_at": at.isoformat(),
            "expires_at": (at + BATCH_LIFE).isoformat(),
            "ended_at": at.isoformat() if has_ended else None,
            "cancel_initiated_at": at.isoformat() if batch.is_canceled else None,
            "archived_at": None,
            "results_url": results if has_ended else None,
        }


def _json(document: Any) -> Raw:
    return Raw(content=json.dumps(document).encode())


class AnthropicServer:
    """Answers POST /v1/messages as `script` says and keeps every request.

    With `batches`, the endpoints below /v1/messages/batches are there too.

    >>> with AnthropicServer(lambda request: Text(document={"ok": True})) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(self, script: Script, *, batches: BatchDesk | None = None) -> None:
        self.script = script
        self.batches = batches
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
        body = json.loads(self.rfile.read(length) or b"{}")
        self._serve(body)

    def do_GET(self) -> None:
        self._serve({})

    def _serve(self, body: Mapping[str, Any]) -> None:
        request = self.owner._received(self.path, dict(self.headers), body)
        desk = self.owner.batches
        try:
            if desk is not None and self.path.startswith(BATCHES):
                answer = desk.answer(self.command, request, self.owner)
            else:
                answer = self.owner.script(request)
            self._answer(answer, request)
        finally:
            self.owner._answered()

    def _answer(self, answer: Answer, request: Request) -> None:
        if isinstance(answer, Silence):
            self.owner.stopping.wait()
            self.close_connection = True
        elif isinstance(answer, Cut):
            self._cut(answer.sent)
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

    def _cut(self, sent: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(sent) + 1_000))
        self.end_headers()
        self.wfile.write(sent)
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
        """Keep the test output quiet."""


def _error_body(failure: Failure) -> bytes:
    kind = ERROR_TYPES.get(failure.status, "api_error")
    error = {"type": "error", "error": {"type": kind, "message": failure.message}}
    return json.dumps(error).encode()


def message_document(answer: Text | ToolUse, *, name: str, model: str) -> dict[str, Any]:
    """A message as the API sends it."""
    return {
        "id": f"msg_{name}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": answer.content,
        "stop_reason": answer.stop_reason,
        "stop_sequence": None,
        "usage": {
            "input_tokens": answer.input_tokens,
            "output_tokens": answer.output_tokens,
            **answer.cache_usage,
        },
    }


def _message_body(answer: Text | ToolUse, request: Request) -> bytes:
    document = message_document(answer, name=str(request.number), model=str(request.body["model"]))
    return json.dumps(document).encode()
