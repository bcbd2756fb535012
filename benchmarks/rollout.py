"""How often a rollout rolls back what is fine, lets through what is not, and what it costs.

The first table asks how often an identical candidate is rolled back: by the plain rule
(error rate 5 points up, mean latency 500 ms up, or quality below 0.70) looked at in three
ways, and by ours. The second gives rollback / promote / inconclusive for six truths, plain
rule beside ours. The third is about few sticky users and shared outages, the fourth about
adaptive allocation beside a fixed one. The last one is speed.

    python benchmarks/rollout.py [--runs 300] [--processes 2]
                                 [--only false|operating|hard|allocation|speed]

Traffic: errors 5 %, latency lognormal with median 2 s and sigma 0.8, quality beta with mean
0.80 and deviation 0.15, a label for every request of the candidate. Everything is seeded.
Behind a share stands its standard error.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import TypeVar

import numpy as np

from ratchet.rollout import CANDIDATE, Outcome, RolloutPolicy, Rule, observe, start, tick
from ratchet.rollout.assignment import bucket_of, buckets_below
from ratchet.rollout.evidence import Evidence, StageStatistics
from ratchet.rollout.reading import read_windows
from ratchet.rollout.simulator import OperatingCharacteristics, SimulatedRun, simulate
from ratchet.rollout.traffic import Request, Traffic, minutes_of

SEED = 2026
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STANDARD = RolloutPolicy.standard()
PAUSING = RolloutPolicy.standard(on_deadline="pause")
EXACT = RolloutPolicy.standard(mode="exact")
THOMPSON = RolloutPolicy.standard(allocation="thompson")

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class PlainRule:
    """The plain rule, looked at every minute, once each arm has `min_per_arm` requests."""

    min_per_arm: int
    policy: RolloutPolicy = EXACT

    def simulate(self, traffic: Traffic, runs: int, seed: int) -> OperatingCharacteristics:
        streams = np.random.SeedSequence(seed).spawn(runs)
        rngs = map(np.random.default_rng, streams)
        return OperatingCharacteristics(runs=tuple(self._run(traffic, rng) for rng in rngs))

    def _run(self, traffic: Traffic, rng: np.random.Generator) -> SimulatedRun:
        minutes = enumerate(minutes_of(traffic, salt="plain", rng=rng), start=1)
        evidence = Evidence(stages=[StageStatistics.at(0.1)])
        began = stage = 0
        for minute, requests in minutes:
            _absorb(evidence, stage, self.policy, traffic, requests)
            statistics = evidence.current
            arms = (statistics.candidate.requests, statistics.baseline.requests)
            reading = read_windows(evidence, self.policy).stage
            if min(arms) >= self.min_per_arm and any(reading.breaches(self.policy)):
                return _ended("rollback", minute, stage, evidence)
            if minute - began >= 60 and statistics.requests >= 100:
                if stage == self.policy.controlled_stages - 1:
                    return _ended("promote", minute, stage, evidence)
                began, stage = minute, stage + 1
                evidence.begin_stage(self.policy.stages[stage] / 100)
        raise AssertionError("traffic never ends")


def _absorb(
    evidence: Evidence, stage: int, policy: RolloutPolicy, traffic: Traffic, batch: list[Request]
) -> None:
    threshold = buckets_below(policy.stages[stage])
    rates = traffic.rates(0, stage)
    for request in batch:
        is_candidate = request.bucket < threshold
        latency = request.latency_ms + (traffic.latency_effect_ms if is_candidate else 0.0)
        failed = request.error_draw < rates[is_candidate] * request.error_factor
        evidence.add_outcome(
            stage,
            request.key,
            min(latency, policy.client_timeout_ms),
            is_candidate=is_candidate,
            failed=failed,
            is_own_key=traffic.users is None,
        )
        if is_candidate and request.quality is not None:
            evidence.add_quality(stage, request.quality, policy.min_quality)


def _ended(end: str, minute: int, stage: int, evidence: Evidence) -> SimulatedRun:
    served = sum(each.candidate.requests for each in evidence.stages)
    return SimulatedRun(
        end=end, rule=Rule.PLAIN, reason="", minutes=minute, stage=stage, candidate_requests=served
    )


PROCEDURES: dict[str, Callable[[Traffic, int, int], OperatingCharacteristics]] = {
    "plain, every minute": PlainRule(min_per_arm=1).simulate,
    "plain, every minute, >= 30 an arm": PlainRule(min_per_arm=30).simulate,
    "plain, once at the gate (exact)": lambda t, n, s: simulate(EXACT, t, runs=n, seed=s),
    "guarded": lambda t, n, s: simulate(STANDARD, t, runs=n, seed=s),
    "guarded, pause at the deadline": lambda t, n, s: simulate(PAUSING, t, runs=n, seed=s),
}
ADAPTIVE = {"guarded, thompson": lambda t, n, s: simulate(THOMPSON, t, runs=n, seed=s)}
TRUTHS = {
    "identical": Traffic(),
    "+10 points errors": Traffic(error_effect=0.10),
    "+1000 ms": Traffic(latency_effect_ms=1_000.0),
    "quality 0.65": Traffic(quality=0.65),
    "+5 points (boundary)": Traffic(error_effect=0.05),
    "+3 points (allowed)": Traffic(error_effect=0.03),
    "fails every call": Traffic(error_effect=0.95),
}


def _outage(minute: float, _: int) -> tuple[float, float]:
    return (0.97, 0.97) if 30 <= minute % 120 < 35 else (0.05, 0.05)


def _late(_: float, stage: int) -> tuple[float, float]:
    return (0.05, 0.05 if stage < 2 else 0.15)


HARD = {
    "30 sticky users": Traffic(users=30),
    "100 sticky users": Traffic(users=100),
    "300 sticky users": Traffic(users=300),
    "1000 sticky users": Traffic(users=1_000),
    "100 sticky users, +1000 ms": Traffic(users=100, latency_effect_ms=1_000.0),
    "1000 sticky users, +1000 ms": Traffic(users=1_000, latency_effect_ms=1_000.0),
    "shared outage, 5 minutes in 120": Traffic(error_rates=_outage),
    "+10 points from 50 % on": Traffic(error_rates=_late),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--only", choices=["false", "operating", "hard", "allocation", "speed"])
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    if options.only in (None, "speed"):
        print_speed()
    with ProcessPoolExecutor(options.processes) as pool:
        measure = partial(_spread, pool, options.runs, options.processes)
        tables = {
            "false": print_false,
            "operating": print_operating,
            "hard": print_hard,
            "allocation": print_allocation,
        }
        for name, print_table in tables.items():
            if options.only in (None, name):
                print_table(measure)


Measure = Callable[[str, Traffic], OperatingCharacteristics]


def _spread(
    pool: ProcessPoolExecutor, runs: int, processes: int, procedure: str, traffic: Traffic
) -> OperatingCharacteristics:
    part = -(-runs // processes)
    parts = [
        pool.submit(_measure, procedure, traffic, part, SEED + number)
        for number in range(processes)
    ]
    return OperatingCharacteristics(runs=tuple(run for each in parts for run in each.result().runs))


def _measure(procedure: str, traffic: Traffic, runs: int, seed: int) -> OperatingCharacteristics:
    return {**PROCEDURES, **ADAPTIVE}[procedure](traffic, runs, seed)


def print_false(measure: Measure) -> None:
    print("\nAn identical candidate is rolled back\n")
    sizes = (100, 500, 2_000)
    _row("requests an hour", *(f"{size}" for size in sizes))
    for procedure in PROCEDURES:
        figures = [measure(procedure, Traffic(requests_per_hour=size)) for size in sizes]
        _row(procedure, *(_share(each, each.rollback_share) for each in figures))


def print_operating(measure: Measure) -> None:
    print("\n500 requests an hour: rollback / promote / inconclusive\n")
    _row(
        "truth", "plain, every minute", "plain, at the gate", "guarded", "", "", "users met", "min"
    )
    for truth, traffic in TRUTHS.items():
        peeking = measure("plain, every minute", traffic)
        gate = measure("plain, once at the gate (exact)", traffic)
        ours = measure("guarded", traffic)
        _row(
            truth,
            _share(peeking, peeking.rollback_share),
            _share(gate, gate.rollback_share),
            *_ends(ours),
            f"{ours.median_requests_at_rollback} / {gate.median_requests_at_rollback}",
            f"{ours.median_minutes:.0f}",
        )
    print("\nusers met: median candidate requests at rollback, guarded / plain at the gate;")
    print("min: median minutes to the end, guarded, with an hour of watch at 100 %")


def print_hard(measure: Measure) -> None:
    print("\nHard traffic, 500 requests an hour: rollback / promote / inconclusive\n")
    for truth, traffic in HARD.items():
        for procedure in ("guarded", "guarded, pause at the deadline"):
            figures = measure(procedure, traffic)
            rules = {rule.value: count for rule, count in figures.rollbacks_by_rule().items()}
            _row(f"{truth}, {procedure}", *_ends(figures), f"{rules}")


def print_allocation(measure: Measure) -> None:
    print("\nAllocation, 500 requests an hour: rollback / promote / inconclusive\n")
    _row("truth, allocation", "", "", "", "users met", "at rollback", "minutes")
    truths = {**TRUTHS, "+10 points from 50 % on": HARD["+10 points from 50 % on"]}
    for truth, traffic in truths.items():
        for name, procedure in (("fixed", "guarded"), ("thompson", "guarded, thompson")):
            figures = measure(procedure, traffic)
            met = np.mean([run.candidate_requests for run in figures.runs])
            _row(
                f"{truth}, {name}",
                *_ends(figures),
                f"{met:.0f}",
                f"{figures.median_requests_at_rollback}",
                f"{figures.median_minutes:.0f}",
            )
    print("\nusers met: mean candidate requests of all runs; at rollback: their median there")


def print_speed() -> None:
    print("\nSpeed\n")
    state = start(STANDARD, experiment_id="x", signature="any", salt="s", now=NOON)
    records = list(_records(100_000))
    for users in (1_000, 100_000):
        keyed = [replace(each, key=f"u{n * 7919 % users}") for n, each in enumerate(records)]
        seconds, sticky = _timed(partial(observe, state, keyed))
        _row(f"observe 100,000 outcomes of {users:,} keys", f"{seconds:.2f} s")
        _row("tick after that", f"{_best(partial(tick, sticky, now=NOON)) * 1e3:.2f} ms")
        _row("the document", f"{len(json.dumps(sticky.to_json())) / 1e6:.2f} MB")
    seconds, state = _timed(lambda: observe(state, records))
    _row("observe 100,000 outcomes", f"{seconds:.2f} s")
    _row("tick after that", f"{_best(lambda: tick(state, now=NOON)) * 1e3:.2f} ms")
    _row("observe 10 more", f"{_best(lambda: observe(state, records[:10])) * 1e3:.2f} ms")
    text = json.dumps(state.to_json())
    _row("the document", f"{len(text) / 1e6:.2f} MB")
    _row("write it", f"{_best(lambda: json.dumps(state.to_json())) * 1e3:.1f} ms")
    _row("read it", f"{_best(lambda: type(state).from_json(text)) * 1e3:.1f} ms")
    keys = [f"user-{number}" for number in range(50_000)]
    bare = _best(lambda: [sha256(key.encode()).digest() for key in keys]) / len(keys)
    ours = _best(lambda: [bucket_of("salt", key) for key in keys]) / len(keys)
    _row("bare sha256 a key", f"{bare * 1e6:.2f} us")
    _row("bucket of a key", f"{ours * 1e6:.2f} us ({ours / bare:.2f} times)")
    seconds, _ = _timed(lambda: simulate(STANDARD, Traffic(), runs=20, seed=1))
    _row("simulate a run of 300 minutes", f"{seconds / 20 * 1e3:.0f} ms")


def _records(count: int) -> Iterator[Outcome]:
    rng = np.random.default_rng(1)
    latencies = rng.lognormal(np.log(2_000), 0.8, count).tolist()
    failed = (rng.random(count) < 0.05).tolist()
    good = Outcome(
        request_id="", key="", variant=CANDIDATE, stage=0, success=True, latency_ms=1.0, at=NOON
    )
    for number in range(count):
        name = f"request-{number}"
        yield replace(
            good,
            request_id=name,
            key=name,
            variant=CANDIDATE if number % 10 == 0 else "baseline",
            success=not failed[number],
            latency_ms=latencies[number],
        )


def _timed(call: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    value = call()
    return time.perf_counter() - began, value


def _best(call: Callable[[], object], *, tries: int = 7) -> float:
    return min(_timed(call)[0] for _ in range(tries))


def _ends(figures: OperatingCharacteristics) -> tuple[str, str, str]:
    shares = (figures.rollback_share, figures.promote_share, figures.inconclusive_share)
    first, second, third = (_share(figures, share) for share in shares)
    return first, second, third


def _share(figures: OperatingCharacteristics, share: float) -> str:
    return f"{share:.3f} ({figures.standard_error(share):.3f})"


def _row(name: str, *cells: str) -> None:
    print(f"{name:46}" + "".join(f"{cell:>22}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
