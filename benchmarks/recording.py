r"""Recording a request of 2 kB on the calling thread: Ratchet, OpenTelemetry, Langfuse, MLflow.

    python -m venv /tmp/peers
    /tmp/peers/bin/pip install opentelemetry-sdk langfuse mlflow-skinny numpy pandas \
        sqlalchemy alembic
    /tmp/peers/bin/python -m benchmarks.recording [--bursts 20]    # from the checkout

Recording needs nothing that is installed, so the peers stay out of Ratchet's environment; a
peer that is missing or fails here is left out and named. All take turns in one process, in
bursts, each with its own default batching, and drain after each burst. Everything is kept:
Ratchet samples 100 % here, not 10 %, redacts and writes JSONL. OpenTelemetry's batch processor
exports JSON lines to a file, Langfuse exports to a server on loopback, MLflow logs
asynchronously to SQLite. Ratchet's time holds the copies of inputs and outputs, the decision
about the sample and the queue; the others' start and end a span with the same payload.

MLflow without numpy tries a failing import for every span, 200 times slower than it is: such
an installation is not measured.

Bursts say little of a writer that works meanwhile. So Ratchet alone then records a steady
stream, its writer draining at the same time; nothing may be dropped. The same stream with the
writer held back is the control: what that costs too is pauses and a busy machine, not the writer.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from ratchet.serving.decision import Decision
from ratchet.serving.options import TelemetryOptions
from ratchet.serving.recorder import Recorder
from ratchet.serving.snapshot import snapshot
from ratchet.serving.telemetry_records import RequestRecord, is_sampled

BURST = 100
STEADY_PER_SECOND, STEADY_SECONDS = 1_000, 3
TARGET_MICROSECONDS = 10.0
TARGETS = {"opentelemetry": 8.0, "langfuse": 40.0, "mlflow": 40.0}
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


@dataclass(frozen=True, kw_only=True)
class Peer:
    """How something records one request, and how it is waited for."""

    record: Callable[[int], Any]
    drain: Callable[[], Any]
    report: Callable[[], str] = str


def ratchet(folder: Path, *, linger_seconds: float = 0.2) -> Peer:
    options = TelemetryOptions(
        sample_share=1.0, spool=folder / "spool", linger_seconds=linger_seconds
    )
    recorder = Recorder(options, folder=folder)
    decision = Decision("validate_intent", "candidate", 0.25, "e", "v2")
    limit = options.max_payload_chars

    def record(number: int) -> None:
        inputs = snapshot(INPUTS, max_chars=limit)
        outputs = snapshot(OUTPUTS, max_chars=limit)
        name = f"{number:028x}"
        recorder.record(
            RequestRecord(
                request_id=name,
                decision=decision,
                key="user-1",
                started_at=time.time(),
                latency_ms=12.5,
                success=True,
                sampled=is_sampled(name, 1.0),
                inputs=inputs,
                outputs=outputs,
            )
        )

    def report() -> str:
        counted = recorder.counters()
        lines = sum(path.read_bytes().count(b"\n") for path in recorder.spool.iterdir())
        assert lines == counted.written
        return f"{lines} lines written, {counted.dropped} dropped, {counted.lost} lost"

    return Peer(record=record, drain=recorder.flush, report=report)


def opentelemetry(folder: Path) -> Peer:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    stream = (folder / "opentelemetry.jsonl").open("a")

    class JsonLines(SpanExporter):
        def export(self, spans: Any) -> Any:
            stream.writelines(span.to_json(indent=None) + "\n" for span in spans)
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(JsonLines()))
    tracer = provider.get_tracer("benchmark")

    def record(_: int) -> None:
        with tracer.start_as_current_span("validate_intent") as span:
            span.set_attribute("variant", "candidate")
            span.set_attribute("program_version", "v2")
            span.set_attribute("inputs", json.dumps(INPUTS))
            span.set_attribute("outputs", json.dumps(OUTPUTS))

    return Peer(record=record, drain=provider.force_flush)


def langfuse(_: Path) -> Peer:
    from langfuse import Langfuse

    client = Langfuse(
        public_key="pk",
        secret_key="sk",  # noqa: S106 - the sink takes any
        base_url=f"http://127.0.0.1:{os.environ['SINK']}",
    )

    def record(_: int) -> None:
        span = client.start_observation(name="validate_intent", input=INPUTS, version="v2")
        span.update(output=OUTPUTS)
        span.end()

    return Peer(record=record, drain=client.flush)


def mlflow(folder: Path) -> Peer:
    os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "true"
    import mlflow as library
    import mlflow.pyfunc.context  # without numpy this fails here once, and then in every span

    library.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")

    def record(_: int) -> None:
        with library.start_span(name="validate_intent") as span:
            span.set_inputs(INPUTS)
            span.set_outputs(OUTPUTS)

    return Peer(record=record, drain=library.flush_trace_async_logging)


MAKERS = {"opentelemetry": opentelemetry, "langfuse": langfuse, "mlflow": mlflow}


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


def made(folder: Path) -> tuple[dict[str, Peer], dict[str, str]]:
    """Those that can record here, having done it once; and why the others can not."""
    peers, missing = {"ratchet": ratchet(folder)}, {}
    for name, maker in MAKERS.items():
        try:
            peer = maker(folder)
            peer.record(0)
            peer.drain()
            peers[name] = peer
        except Exception as error:  # noqa: BLE001 - whatever a peer lacks, the others go on
            missing[name] = f"{type(error).__name__}: {error}".partition("\n")[0]
    return peers, missing


def burst(peer: Peer) -> list[float]:
    """Microseconds of each record of a burst; what is left waiting is drained afterwards."""
    times = []
    for number in range(BURST):
        started = time.perf_counter()
        peer.record(number)
        times.append((time.perf_counter() - started) * 1e6)
    peer.drain()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bursts", type=int, default=20)
    parser.add_argument("--sink", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sink:
        serve_sink()
        return
    logging.disable(logging.WARNING)
    command = [sys.executable, "-m", "benchmarks.recording", "--sink"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sink,
    ):
        assert sink.stdout is not None
        os.environ["SINK"] = sink.stdout.readline().strip()
        try:
            compare(Path(folder), bursts=options.bursts)
            steady(Path(folder) / "steady")
        finally:
            sink.terminate()


def compare(folder: Path, *, bursts: int) -> None:
    """Let all take turns and print medians, the slowest hundredth, and the ratios."""
    size = len(json.dumps([INPUTS, OUTPUTS]))
    peers, missing = made(folder)
    times: dict[str, list[list[float]]] = {name: [] for name in peers}
    for _ in range(bursts):
        for name, peer in peers.items():
            times[name].append(burst(peer))
    print(f"a payload of {size} bytes, {bursts} bursts of {BURST}")
    for name, found in times.items():
        every = [one for part in found for one in part]
        slow = quantiles(every, n=100)[-1]
        print(f"{name:14} median {median(every):8.2f}  p99 {slow:8.1f} microseconds")
    ours = times["ratchet"]
    print(f"ratchet: {peers['ratchet'].report()}")
    in_bursts = median(one for part in ours for one in part)
    print(verdict(in_bursts <= TARGET_MICROSECONDS, TARGET_MICROSECONDS))
    for name in (name for name in TARGETS if name in times):
        factor = median(median(a) / median(b) for a, b in zip(times[name], ours, strict=True))
        print(f"{name} costs {factor:.1f} times as much")
        print(verdict(factor >= TARGETS[name], TARGETS[name]))
    for name, reason in missing.items():
        print(f"{name}: not measured ({reason})")


def steady(folder: Path) -> None:
    """Record at a steady rate, with the writer draining and with the writer held back."""
    for name, linger_seconds in (("writer draining", 0.2), ("control, writer held", 600.0)):
        peer = ratchet(folder / name, linger_seconds=linger_seconds)
        times = stream(peer)
        peer.drain()
        slow = quantiles(times, n=100)[-1]
        print(
            f"ratchet, {STEADY_PER_SECOND} a second, {name}: median {median(times):.2f}, "
            f"p99 {slow:.1f} microseconds; {peer.report()}"
        )
        if linger_seconds < 1:
            print(verdict(median(times) <= TARGET_MICROSECONDS, TARGET_MICROSECONDS))


def stream(peer: Peer) -> list[float]:
    """Microseconds of each record of a steady stream."""
    times, began = [], time.perf_counter()
    for number in range(STEADY_PER_SECOND * STEADY_SECONDS):
        time.sleep(max(0.0, began + number / STEADY_PER_SECOND - time.perf_counter()))
        started = time.perf_counter()
        peer.record(number)
        times.append((time.perf_counter() - started) * 1e6)
    return times


def verdict(is_reached: bool, target: float) -> str:
    return f"  target {target:g}: {'reached' if is_reached else 'MISSED'}"


if __name__ == "__main__":
    main()
