r"""Recording a request of 2 kB on the calling thread: Ratchet, OpenTelemetry, Langfuse, MLflow.

    python -m venv /tmp/peers
    /tmp/peers/bin/pip install opentelemetry-sdk langfuse mlflow-skinny numpy pandas \
        sqlalchemy alembic
    /tmp/peers/bin/python -m benchmarks.recording [--rounds 5]    # from the checkout, 8 minutes

Recording needs nothing that is installed, so the peers stay out of Ratchet's environment; a
peer that is missing or fails here is left out and named. All take turns in one process, each
with its own default batching, and capture the same fields: payload, version, variant,
experiment, key, model, tokens and cost, as a span in the form that each documents first.
Everything is kept: Ratchet samples 100 % here, not 10 %, redacts and writes JSONL.
OpenTelemetry's batch processor exports JSON lines to a file, Langfuse exports to a server on
loopback, MLflow logs asynchronously to SQLite. OpenTelemetry has no attribute for a
structure, so its payload becomes JSON on the calling thread; the other two do that themselves.

In a burst 100 records follow each other and are drained afterwards: caches are warm, no
writer is in the way. In a steady stream the thread sleeps between two records, as an app does
that waits for a model, and all writers drain meanwhile: caches are cold, and whatever a record
waits for counts. An app that wakes up reads an answer before it has something to record; so
Python code reads the payload from JSON first, outside the time. The third pattern leaves that
out: recording itself is what the thread wakes up for, which is the worst that can be measured.
Wall time and the thread's own CPU time are taken of every second record each. `nothing` is
what the clock costs; `whole request` is Ratchet's context around a program that does nothing,
with routing, times and ids, but without DSPy's history of calls.

Then Ratchet alone, without peers in the same process: at the default share of payloads, with
all of them, and at a lower rate, at which the machine itself is colder. Nothing may be dropped.
The same with the writer held back is the control: what that costs too is pauses and a busy
machine, not the writer. MLflow can not keep up with the rate and goes on without sleeping.

MLflow without numpy tries a failing import for every span, 200 times slower than it is: such
an installation is not measured.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.recording_clock import Times, burst, stream
from benchmarks.recording_peers import INPUTS, MAKERS, OUTPUTS, PAYLOAD, Peer, ratchet, serve_sink

BURST = 100
STEADY_PER_SECOND, STEADY_SECONDS = 1_000, 1
ALONE_SECONDS = 2
ALONE: dict[str, tuple[int, dict[str, float]]] = {  # how many a second, and how
    "1000 a second, 10 % sampled": (1_000, {"sample_share": 0.1}),
    "1000 a second, all sampled": (1_000, {}),
    "1000 a second, writer held": (1_000, {"linger_seconds": 600.0}),
    "100 a second, all sampled": (100, {}),
}
TARGET_MICROSECONDS = 10.0
TARGETS = {"opentelemetry": 8.0, "langfuse": 40.0, "mlflow": 40.0}

PATTERNS: dict[str, Callable[[Peer], Times]] = {
    f"bursts of {BURST}": partial(burst, records=BURST, times=4),
    f"steady, {STEADY_PER_SECOND} a second, each after its payload was read": partial(
        stream, per_second=STEADY_PER_SECOND, seconds=STEADY_SECONDS
    ),
    f"steady, {STEADY_PER_SECOND} a second, each straight after a sleep": partial(
        stream, per_second=STEADY_PER_SECOND, seconds=STEADY_SECONDS, reads=False
    ),
}

Rounds = dict[str, list[Times]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
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
            compare(Path(folder), rounds=options.rounds)
            alone(Path(folder) / "alone", rounds=options.rounds)
        finally:
            sink.terminate()


def compare(folder: Path, *, rounds: int) -> None:
    """Let all take turns in both patterns and print times and ratios."""
    peers, missing = made(folder)
    print(f"a payload of {len(PAYLOAD)} bytes, {rounds} rounds; load {load()}")
    found: dict[str, Rounds] = {pattern: {name: [] for name in peers} for pattern in PATTERNS}
    for _ in range(rounds):
        for pattern, turn in PATTERNS.items():
            for name, peer in peers.items():
                found[pattern][name].append(turn(peer))
    for pattern, times in found.items():
        print_times(pattern, times)
    print(f"ratchet: {peers['ratchet'].report()}; load {load()}")
    for name, reason in missing.items():
        print(f"{name}: not measured ({reason})")


def alone(folder: Path, *, rounds: int) -> None:
    """Ratchet without its peers: by rate and share, and with the writer held back."""
    found: Rounds = {name: [] for name in ALONE}
    reports = dict.fromkeys(ALONE, "")
    for number in range(rounds):
        for name, (rate, changes) in ALONE.items():
            peer = ratchet(folder / f"{name} {number}", **changes)
            found[name].append(stream(peer, per_second=rate, seconds=ALONE_SECONDS))
            reports[name] = peer.report()
    print(f"\nratchet alone, writer draining unless held; load {load()}")
    for name, times in found.items():
        print_line(name, times)
        print(f"    {reports[name]} in the last round")
        if "held" not in name:
            print_verdict(median(one.median for one in times))


def made(folder: Path) -> tuple[dict[str, Peer], dict[str, str]]:
    """Those that can record here, having done it once; and why the others can not."""
    peers, missing = {}, {}
    for name, maker in MAKERS.items():
        try:
            peer = maker(folder / name.replace(" ", "_"))
            peer.record(0, INPUTS, OUTPUTS)
            peer.drain()
            peers[name] = peer
        except Exception as error:  # noqa: BLE001 - whatever a peer lacks, the others go on
            missing[name] = f"{type(error).__name__}: {error}".partition("\n")[0]
    return peers, missing


def print_times(pattern: str, found: Rounds) -> None:
    """The times of all in one pattern, and what the targets say of them."""
    print(f"\n{pattern}")
    for name, rounds in found.items():
        print_line(name, rounds)
    ours = found["ratchet"]
    print_verdict(median(one.median for one in ours))
    for name in (name for name in TARGETS if name in found):
        pairs = zip(found[name], ours, strict=True)
        factors = sorted(theirs.median / own.median for theirs, own in pairs)
        print(
            f"  {name} costs {median(factors):.1f} times as much "
            f"({factors[0]:.1f} to {factors[-1]:.1f}); "
            f"{verdict(median(factors) >= TARGETS[name], TARGETS[name])}"
        )


def print_line(name: str, rounds: Sequence[Times]) -> None:
    """The median round, and the lowest of the medians."""
    medians = [one.median for one in rounds]
    print(
        f"  {name:30} wall median {median(medians):8.2f} (lowest {min(medians):8.2f})"
        f"  p99 {median(one.p99 for one in rounds):8.1f}"
        f"  CPU median {median(one.cpu_median for one in rounds):8.2f}"
        f"  p99 {median(one.cpu_p99 for one in rounds):8.1f} microseconds"
    )


def print_verdict(microseconds: float) -> None:
    reached = verdict(microseconds <= TARGET_MICROSECONDS, TARGET_MICROSECONDS)
    print(f"  ratchet {microseconds:.2f} microseconds; {reached}")


def verdict(is_reached: bool, target: float) -> str:
    return f"target {target:g}: {'reached' if is_reached else 'MISSED'}"


def load() -> str:
    """The load average of the last minute; others may use the machine."""
    return f"{os.getloadavg()[0]:.2f}"


if __name__ == "__main__":
    main()
