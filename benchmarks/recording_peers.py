"""How each system records one request of the benchmark: all of them the same fields."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ratchet.serving.decision import Decision
from ratchet.serving.options import TelemetryOptions
from ratchet.serving.recorder import Recorder
from ratchet.serving.router import Router
from ratchet.serving.snapshot import snapshot
from ratchet.serving.telemetry_records import Usage

SIGNATURE = "validate_intent"
INPUTS = {
    "user_intent": "Lock an account after five failed logins and tell its owner by mail. " * 3,
    "work_item": "Login hardening",
    "implementation": "def lock(account): account.locked_at = now(); notify(account.owner)\n" * 18,
    "requirements": ["Count failures per account", "Lock after the fifth", "Tell the owner"],
}
OUTPUTS = {
    "intent_satisfied": False,
    "missing_aspects": ["Failures are not counted per account"],
    "explanation": "The lock is set on any call; nothing counts to five. " * 5,
}
FACTS = {"experiment_id": "e", "variant": "candidate", "propensity": 0.25, "key": "user-1"}


Values = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Peer:
    """How something records one request, and how it is waited for."""

    record: Callable[[int, Values, Values], Any]
    drain: Callable[[], Any] = lambda: None
    report: Callable[[], str] = str


PAYLOAD = json.dumps([INPUTS, OUTPUTS])


def nothing(_: Path) -> Peer:
    """What is measured when nothing is recorded."""
    return Peer(record=lambda *_: None)


def ratchet(folder: Path, *, sample_share: float = 1.0, linger_seconds: float = 0.2) -> Peer:
    """What a request does on the calling thread for its record, and no more."""
    options = TelemetryOptions(
        sample_share=sample_share, spool=folder / "spool", linger_seconds=linger_seconds
    )
    recorder = Recorder(options, folder=folder)
    decision = Decision(SIGNATURE, "candidate", 0.25, "e", "v2")
    limit, prefix = options.max_payload_chars, os.urandom(10).hex()

    def record(number: int, inputs: Values, outputs: Values) -> None:
        kept_inputs = snapshot(inputs, max_chars=limit)
        kept_outputs = snapshot(outputs, max_chars=limit)
        recorder.record(
            (
                prefix + str(number),
                decision,
                "user-1",
                time.time(),
                12.5,
                True,
                None,
                Usage(300, 20, 0.001, "m"),
                None,
                None,
                kept_inputs,
                kept_outputs,
            )
        )

    return Peer(record=record, drain=recorder.flush, report=lambda: _written(recorder))


def whole_request(folder: Path) -> Peer:
    """The context that an app enters, around a program that takes no time."""
    options = TelemetryOptions(sample_share=1.0, spool=folder / "spool", pseudonym_key=folder)
    router = Router(folder / "routing_config.json", telemetry=options)

    def record(_: int, inputs: Values, outputs: Values) -> None:
        with router.request(SIGNATURE, key="user-1") as request:
            started = request.begin_call((), inputs)
            used = Usage(300, 20, 0.001, "m")
            request.end_call(started, answer=outputs, error=None, usage=used)

    return Peer(record=record, drain=router.flush)


def opentelemetry(folder: Path) -> Peer:
    """A span, a batch processor and an exporter to a file."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    folder.mkdir(parents=True)
    stream = (folder / "spans.jsonl").open("a")

    class JsonLines(SpanExporter):
        def export(self, spans: Any) -> Any:
            stream.writelines(span.to_json(indent=None) + "\n" for span in spans)
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(JsonLines()))
    tracer = provider.get_tracer("benchmark")

    def record(_: int, inputs: Values, outputs: Values) -> None:
        with tracer.start_as_current_span(SIGNATURE) as span:
            span.set_attributes({**FACTS, "program_version": "v2", "model": "m"})
            span.set_attribute("inputs", json.dumps(inputs))
            span.set_attribute("outputs", json.dumps(outputs))
            span.set_attributes({"tokens.input": 300, "tokens.output": 20, "cost_usd": 0.001})

    return Peer(record=record, drain=provider.force_flush)


def langfuse(_: Path) -> Peer:
    """A generation, as a context, sent to a server that takes everything."""
    from langfuse import Langfuse

    client = Langfuse(
        public_key="pk",
        secret_key="sk",  # noqa: S106 - the sink takes any
        base_url=f"http://127.0.0.1:{os.environ['SINK']}",
    )

    def record(_: int, inputs: Values, outputs: Values) -> None:
        with client.start_as_current_observation(
            as_type="generation",
            name=SIGNATURE,
            input=inputs,
            version="v2",
            model="m",
            metadata=FACTS,
        ) as generation:
            generation.update(
                output=outputs,
                usage_details={"input": 300, "output": 20},
                cost_details={"total": 0.001},
            )

    return Peer(record=record, drain=client.flush)


def mlflow(folder: Path) -> Peer:
    """A span with asynchronous logging to SQLite."""
    os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "true"
    import mlflow as library
    import mlflow.pyfunc.context  # without numpy this fails here once, and then in every span

    folder.mkdir(parents=True)
    library.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")

    def record(_: int, inputs: Values, outputs: Values) -> None:
        with library.start_span(name=SIGNATURE) as span:
            span.set_inputs(inputs)
            span.set_attributes({**FACTS, "program_version": "v2", "model": "m"})
            span.set_outputs(outputs)
            span.set_attributes({"input": 300, "output": 20, "cost_usd": 0.001})

    return Peer(record=record, drain=library.flush_trace_async_logging)


MAKERS: dict[str, Callable[[Path], Peer]] = {
    "nothing": nothing,
    "ratchet": ratchet,
    "ratchet, whole request": whole_request,
    "opentelemetry": opentelemetry,
    "langfuse": langfuse,
    "mlflow": mlflow,
}


class Sink(BaseHTTPRequestHandler):
    """Takes whatever is sent and says that all is well."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def serve_sink() -> None:
    """Be the server on loopback, in a process of its own; the first line out is the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Sink) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


def _written(recorder: Recorder) -> str:
    """What is in the spool, which must be what was counted."""
    counted = recorder.counters()
    lines = sum(path.read_bytes().count(b"\n") for path in recorder.spool.iterdir())
    assert lines == counted.written
    return f"{lines} lines written, {counted.dropped} dropped, {counted.lost} lost"
