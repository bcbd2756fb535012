"""`ratchet monitor check-all` on a large store: 1,000,000 outcomes, 500 runs, 50 rollouts.

Run it with `python -m benchmarks.monitoring [--outcomes 1000000] [--days 60] [--rounds 5]`. It
fills a store by the raw driver, on SQLite and on a local PostgreSQL server, and times all
checks in this process, after the imports: the first look, which reads so many requests at most;
the looks that count the rest are not timed; then looks at a store that is known, and looks
after another thousand requests and fifty labels.
`--days` says over how many days the requests lie; within 37 all of them are in the windows.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg

from ratchet.configuration.monitoring import MonitoringSettings
from ratchet.monitoring.health import CHECK_FAILED, Places, look_at_health
from ratchet.monitoring.production import read_production
from ratchet.store import Store, open_store, schema
from ratchet.store.bulk import chunks, insert_new
from ratchet.store.counters import ARRIVALS, locked, set_counter
from ratchet.store.engine import Database
from tests.postgres import session_server

NOW = datetime(2026, 3, 1, 12, 34, tzinfo=UTC)
SIGNATURES = ("one", "two", "three", "four", "five", "six")
BATCH = 20_000
LABEL_SHARE = 0.05


def outcome_rows(count: int, days: float, *, start: int = 0) -> Iterator[tuple[Any, ...]]:
    """Requests evenly over the days before now, a third of them in an experiment."""
    rng = random.Random(start)
    for number in range(start, start + count):
        signature = rng.choice(SIGNATURES)
        is_candidate = number % 10 == 0
        experiment = f"x-{signature}-0" if number % 3 == 0 else None
        age = (
            timedelta(days=days * (1 - (number - start + 1) / count))
            if not start
            else timedelta(minutes=rng.uniform(0, 30))
        )
        yield (
            f"{rng.getrandbits(64):016x}{number:08x}", number + 1, signature, experiment,
            "candidate" if is_candidate else "baseline", "v1", 1_000 if experiment else None,
            f"key{rng.randrange(50_000)}", NOW - age, rng.lognormvariate(7, 0.6), 800, 70,
            0.002, "offline/in-context", rng.random() > 0.02, None, False,
        )  # fmt: skip


def fill_outcomes(database: Database, rows: Iterator[tuple[Any, ...]]) -> None:
    """Insert requests and labels of a part of them, and move the counter of arrivals."""
    rng, last = random.Random(1), 0
    for batch in chunks(rows, BATCH):
        last = max(last, batch[-1][1])
        labels = [
            (
                f"l{row[1]}",
                row[0],
                row[1],
                row[8] + timedelta(minutes=5),
                rng.betavariate(8, 2),
                None,
            )
            for row in batch
            if rng.random() < LABEL_SHARE
        ]
        with database.writing() as connection:
            insert_new(connection, schema.outcomes, batch)
            insert_new(connection, schema.labels, labels)
            locked(connection, ARRIVALS)
            set_counter(connection, ARRIVALS, last)


@contextmanager
def database(kind: str) -> Iterator[str]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'bench.db'}"
        return
    with session_server().fresh_database() as url:
        yield url


def fill(store: Store, url: str, arguments: argparse.Namespace) -> None:
    """A store as large as the figures to reach ask for."""
    fill_outcomes(store.database, outcome_rows(arguments.outcomes, arguments.days))
    with store.database.writing() as connection:
        for batch in chunks(example_rows(arguments.examples), BATCH):
            insert_new(connection, schema.examples, batch)
        insert_new(connection, schema.runs, list(run_rows(arguments.runs)))
        insert_new(connection, schema.evaluations, list(evaluation_rows(arguments.runs)))
        insert_new(connection, schema.program_versions, [program_row(name) for name in SIGNATURES])
        insert_new(connection, schema.rollouts, list(rollout_rows(arguments.rollouts)))
    if not url.startswith("sqlite"):  # what autovacuum has done on a server that lives
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


def example_rows(count: int) -> Iterator[tuple[Any, ...]]:
    statuses = ("accepted", "accepted", "approved", "rejected", "candidate")
    for number in range(count):
        at = NOW - timedelta(minutes=number)
        yield (
            f"{number:064x}", SIGNATURES[number % 6], statuses[number % 5], "git", "medium", "c",
            float(number % 100), f"g{number}", "", {"a": "text " * 20}, {"b": True}, {}, at, at,
            "bench", at,
        )  # fmt: skip


def run_rows(count: int) -> Iterator[tuple[Any, ...]]:
    """Runs a day apart with the summary of six signatures and the settings of the time."""
    part = {"cost_usd": 0.25, "lm_calls": 900, "reasons": ["The gain is 5 %."] * 3}
    summary = {"signatures": dict.fromkeys(SIGNATURES, part)}
    config = {"settings": {f"key{number}": number for number in range(200)}}
    for number in range(count):
        at = NOW - timedelta(days=number, hours=2)
        status = "failed" if number % 7 == 3 else "succeeded"
        error = "" if status == "succeeded" else "No key."
        ended = at + timedelta(hours=1)
        yield f"run_{number}", status, f"runs/run_{number}", at, ended, error, config, summary


def evaluation_rows(runs: int) -> Iterator[tuple[Any, ...]]:
    for number in range(runs):
        for name in SIGNATURES:
            verdict = "promote" if number % 3 == 0 else "reject"
            yield (
                f"e{number}-{name}", f"run_{number}", name, "v20260301_120000", "v1", "v2", "test",
                0.5, 0.55, 0.01, 0.09, 100, 0, verdict, ["r"], "m", NOW - timedelta(days=number),
                {"scores": [0.5] * 100},
            )  # fmt: skip


def program_row(signature: str) -> tuple[Any, ...]:
    return (
        signature, "v2", "candidate", "p", "0" * 64, "mipro", "v20260301_120000", None, "m", "", NOW
    )  # fmt: skip


def rollout_rows(count: int) -> Iterator[tuple[Any, ...]]:
    """One under way for each signature, and a history of those that ended."""
    policy = {"stages": [10.0, 25.0, 50.0, 75.0, 100.0]}
    for number in range(count):
        name, age = SIGNATURES[number % 6], number // 6
        started = NOW - timedelta(days=7 * age, hours=5)
        is_over = age > 0
        ended = started + timedelta(days=2) if is_over else None
        status = ("completed", "rolled_back")[number % 2] if is_over else "running"
        yield (
            f"x-{name}-{age}", name, status, 0, 10.0, "v1", "v2", "s", policy, started, "bench",
            ended, "r" if is_over else "", 1, 0, 1, NOW, None, {"evidence": ["x" * 200] * 500},
        )  # fmt: skip


def publish(folder: Path) -> None:
    """Four versions of each signature, by their metadata: no check reads more of them."""
    for name, number in itertools.product(SIGNATURES, range(1, 5)):
        path = folder / name / f"v2026020{number}_120000"
        path.mkdir(parents=True)
        statistics = {"sources": {"git": 900, "manual": 100}, "quality_scores": {"mean": 80.0}}
        metadata = {"signature": name, "example_count": 1_000 * number, "statistics": statistics}
        (path / "metadata.json").write_text(json.dumps(metadata))


@dataclass(frozen=True, kw_only=True)
class Took:
    """Milliseconds of a look by the clock, and of this process on a processor."""

    wall: float
    cpu: float


def look(places: Places, now: datetime) -> Took:
    """All checks, from the opening of the store on."""
    start, busy = time.perf_counter(), time.process_time()
    health = look_at_health(places, MonitoringSettings(), now=now)
    took = Took(wall=(time.perf_counter() - start) * 1000, cpu=(time.process_time() - busy) * 1000)
    broken = [alert.message for alert in health.alerts if alert.kind == CHECK_FAILED]
    assert not broken, broken
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=int, default=1_000_000)
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--rollouts", type=int, default=50)
    parser.add_argument("--days", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--database", nargs="*", default=["sqlite", "postgresql"])
    arguments = parser.parse_args()
    print(
        f"{arguments.outcomes:,} outcomes over {arguments.days:g} days, {arguments.examples:,} "
        f"examples, {arguments.runs} runs, {arguments.rollouts} rollouts; medians"
    )
    import_module("ratchet.increments.forecasting")  # what a check loads when it is first made
    for kind in arguments.database:
        with database(kind) as url, tempfile.TemporaryDirectory() as home:
            measure(kind, url, Path(home), arguments)


def measure(kind: str, url: str, home: Path, arguments: argparse.Namespace) -> None:
    publish(home / "training_data")
    places = Places(
        store_url=url, datasets=home / "training_data", telemetry=home / "spool", home=home
    )
    with open_store(url) as store:
        fill(store, url, arguments)
        report(kind, "first look", [look(places, NOW)])
        while (check := look_pending(places)) > 0:
            print(f"{kind:11} {check} slots are still to be counted", flush=True)
        report(kind, "later looks", [look(places, NOW) for _ in range(arguments.rounds)])
        fed = []
        for number in range(arguments.rounds):
            start = arguments.outcomes + 1_000 * number
            fill_outcomes(store.database, outcome_rows(1_000, 1, start=start))
            fed.append(look(places, NOW))
        report(kind, "after 1,000 requests", fed)


def look_pending(places: Places) -> int:
    """Another look, and how many older slots are left to the next one."""
    with open_store(places.store_url) as store:
        return read_production(store.monitoring, MonitoringSettings(), now=NOW).pending


def report(kind: str, name: str, found: Sequence[Took]) -> None:
    wall = statistics.median(took.wall for took in found)
    cpu = statistics.median(took.cpu for took in found)
    print(
        f"{kind:11} {name:21} {wall:7.0f} ms by the clock {cpu:7.0f} ms of this process on a "
        f"processor   (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)",
        flush=True,
    )


if __name__ == "__main__":
    main()
