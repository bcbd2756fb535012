"""Five signatures side by side against one after another, at a model of 200 ms latency.

Each signature bootstraps demonstrations and is then evaluated, under its own DSPy context.
The model is a server on loopback in a process of its own that answers with the offline
engine; waiting, not computing, is what a remote model costs. Both orders run against fresh
connections without a cache, and have to come to the same scores.

    python -m benchmarks.side_by_side [--latency-ms 200] [--examples 12] [--rounds 3]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from statistics import median
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import dspy  # the setting above has to come first
from dspy import lm15

from ratchet import signatures
from ratchet.collect import templates
from ratchet.optimize.meter import Meter
from ratchet.optimize.models import connect
from ratchet.optimize.offline import InContextEngine
from ratchet.signatures.dspy_class import build, to_dspy_example
from tests.openai_server import model_server

NAMES = tuple(signatures.registry.BUILT_IN)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def serve(latency_seconds: float) -> None:
    """Answer requests until standard input ends; the first line out is the address."""
    engine = InContextEngine()

    def answer(body: dict[str, Any]) -> str:
        roles = {"user": lm15.Message.user, "assistant": lm15.Message.assistant}
        system = "".join(m["content"] for m in body["messages"] if m["role"] == "system")
        said = tuple(roles[m["role"]](m["content"]) for m in body["messages"] if m["role"] in roles)
        request = lm15.Request(model=body["model"], system=system or None, messages=said)
        return engine.complete(request).text or ""

    with model_server(answer=answer, latency_seconds=latency_seconds) as server:
        print(server.openai_address, flush=True)
        sys.stdin.read()


def examples_of(name: str, count: int) -> list[dspy.Example]:
    """Generated examples: the first half teaches, the second half scores."""
    found = templates.generate(name, 2 * count, seed=1, now=NOW).examples
    return [to_dspy_example(signatures.get(name), example) for example in found]


def improve(name: str, data: list[dspy.Example], address: str, meter: Meter) -> float:
    """Bootstrap a signature's demonstrations and score it: one call at a time, as DSPy does."""
    spec, examples = signatures.get(name), len(data) // 2

    def metric(gold: dspy.Example, predicted: dspy.Prediction, _: object = None) -> float:
        outputs = {name: predicted[name] for name in spec.output_names}
        return float(spec.metric(gold.inputs().toDict(), gold.toDict(), outputs).value)

    lm = connect("openai/local", api_base=address, meter=meter.child(name), environ={})
    with dspy.context(lm=lm):
        optimizer = dspy.BootstrapFewShot(metric=metric, metric_threshold=1.1)
        program = optimizer.compile(dspy.Predict(build(spec)), trainset=data[:examples])
        # Without its bar, DSPy's evaluator fails when another one starts in another thread.
        evaluate = dspy.Evaluate(
            devset=data[examples:], metric=metric, num_threads=1, display_progress=True
        )
        return float(evaluate(program).score)


def timed(
    address: str, data: dict[str, list[dspy.Example]], *, threads: int
) -> tuple[float, list[float], int]:
    """Seconds, scores and calls of all signatures with so many of them at once."""
    meter = Meter()
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        work = [pool.submit(improve, name, data[name], address, meter) for name in NAMES]
        scores = [one.result() for one in work]
    return time.perf_counter() - started, scores, meter.snapshot().calls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--latency-ms", type=float, default=200.0)
    parser.add_argument("--examples", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.latency_ms / 1000)
        return
    logging.disable(logging.WARNING)
    command = [sys.executable, "-m", "benchmarks.side_by_side", "--serve"]
    command += ["--latency-ms", str(options.latency_ms)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        address = server.stdout.readline().strip()
        compare(address, examples=options.examples, rounds=options.rounds)
        server.stdin.close()


def compare(address: str, *, examples: int, rounds: int) -> None:
    """Run both orders in turn and print the medians."""
    data = {name: examples_of(name, examples) for name in NAMES}
    alone, together = [], []
    for _ in range(rounds):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            one_by_one = timed(address, data, threads=1)
            at_once = timed(address, data, threads=len(NAMES))
        assert one_by_one[1:] == at_once[1:], "the order changed the scores or the calls"
        alone.append(one_by_one[0])
        together.append(at_once[0])
    gain = median(a / b for a, b in zip(alone, together, strict=True))
    print(f"calls {one_by_one[2]}, scores {one_by_one[1]}")
    print(f"one after another {median(alone):.1f} s, side by side {median(together):.1f} s")
    print(f"{gain:.2f} times faster (rounds: {rounds})")


if __name__ == "__main__":
    main()
