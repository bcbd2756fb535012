"""The patterns in which recording is timed, and what is kept of the times."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from json.decoder import py_scanstring  # type: ignore[attr-defined]  # typeshed leaves it out
from json.scanner import py_make_scanner  # type: ignore[attr-defined]  # the same
from statistics import median, quantiles

from benchmarks.recording_peers import INPUTS, OUTPUTS, PAYLOAD, Peer, Values

READER = json.JSONDecoder()  # of Python code, with which DSPy's adapters read an answer too
READER.parse_string = py_scanstring  # type: ignore[attr-defined]  # the same
READER.scan_once = py_make_scanner(READER)  # type: ignore[attr-defined]  # the same
CLOCKS: tuple[Callable[[], int], ...] = (time.perf_counter_ns, time.thread_time_ns)


@dataclass(frozen=True, kw_only=True)
class Times:
    """Microseconds of one turn: on the wall, and of the calling thread's CPU."""

    median: float
    p99: float
    cpu_median: float
    cpu_p99: float


def burst(peer: Peer, *, records: int, times: int) -> Times:
    """Some bursts, each drained afterwards."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for number in range(records):
            _take(peer, number, INPUTS, OUTPUTS, taken)
        peer.drain()
    return _summed(taken)


def stream(peer: Peer, *, per_second: int, seconds: int, reads: bool = True) -> Times:
    """A steady stream; the thread sleeps between two records, writers do what they do.

    An app that wakes up has something to record only after it has read an answer; with
    `reads`, Python code reads the payload first, untimed. Without, recording is what the thread
    wakes up for.
    """
    taken: tuple[list[float], list[float]] = ([], [])
    inputs, outputs = INPUTS, OUTPUTS
    began = time.perf_counter()
    for number in range(per_second * seconds):
        time.sleep(max(0.0, began + number / per_second - time.perf_counter()))
        if reads:
            inputs, outputs = READER.decode(PAYLOAD)
        _take(peer, number, inputs, outputs, taken)
    peer.drain()
    return _summed(taken)


def _take(
    peer: Peer,
    number: int,
    inputs: Values,
    outputs: Values,
    taken: tuple[list[float], list[float]],
) -> None:
    """Time one record by one of the clocks: reading the other would disturb it."""
    clock = CLOCKS[number % 2]
    started = clock()
    peer.record(number, inputs, outputs)
    taken[number % 2].append((clock() - started) / 1_000)


def _summed(taken: tuple[list[float], list[float]]) -> Times:
    wall, cpu = taken
    return Times(
        median=median(wall),
        p99=quantiles(wall, n=100)[-1],
        cpu_median=median(cpu),
        cpu_p99=quantiles(cpu, n=100)[-1],
    )
