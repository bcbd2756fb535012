"""One warm routing decision: bare hash and look-up, Ratchet, GrowthBook, OpenFeature in memory.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install growthbook openfeature-sdk
    /tmp/peers/bin/python -m benchmarks.routing [--rounds 15]      # from the checkout

Ratchet's decision needs nothing that is installed, so the peers stay out of its environment; a
peer that is missing is left out and named. All take turns in one process on the same keys, and
every one splits 25 : 75 by a hash of the key; the medians and the ratios of each round's times
are shown. OpenFeature's in-memory provider has no hash of its own, so it calls the bare one.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

from ratchet.serving import Route, Router, RouteStatus, RoutingConfig
from ratchet.serving.routing_file import write_config

SIGNATURE, SALT, PERCENT = "validate_intent", "salt", 25
KEYS = [f"user-{number}" for number in range(500)]
TARGET_OF_BARE, TARGET_OF_PEERS = 1.5, 15.0

Decide = Callable[[str], Any]


def bare() -> Decide:
    """What nothing can undercut: look a route up, hash, compare."""
    routes = {SIGNATURE: (SALT, PERCENT * 100, "baseline", "candidate")}

    def decide(key: str) -> str:
        salt, buckets, baseline, candidate = routes[SIGNATURE]
        digest = sha256(f"{salt}\0{key}".encode()).digest()
        below = int.from_bytes(digest[:6], "big") % 10_000 < buckets
        return candidate if below else baseline

    return decide


def ratchet(folder: Path) -> Decide:
    """A router on a routing file, looking whether it has changed as in production."""
    route = Route(
        experiment_id="e",
        signature=SIGNATURE,
        candidate_traffic_percent=PERCENT,
        status=RouteStatus.RUNNING,
        salt=SALT,
    )
    path = folder / "routing_config.json"
    write_config(
        path, RoutingConfig(revision=1, updated_at=datetime.now(UTC), routes={SIGNATURE: route})
    )
    router = Router(path)

    def decide(key: str) -> str:
        return router.decide(SIGNATURE, key).variant

    return decide


def growthbook() -> Decide:
    """Its SDK: one client, the user's attributes set for each request."""
    from growthbook import GrowthBook

    rule = {"variations": [False, True], "weights": [0.75, 0.25], "hashAttribute": "id"}
    features = {SIGNATURE: {"defaultValue": False, "rules": [rule]}}
    client = GrowthBook(features=features)

    def decide(key: str) -> Any:
        client.set_attributes({"id": key})
        return client.is_on(SIGNATURE)

    return decide


def openfeature() -> Decide:
    """Its SDK with the in-memory provider, which asks the bare hash."""
    from openfeature import api
    from openfeature.evaluation_context import EvaluationContext
    from openfeature.flag_evaluation import FlagResolutionDetails, Reason
    from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider

    hashed = bare()

    def evaluate(flag: Any, context: Any) -> Any:
        variant = hashed(context.targeting_key)
        return FlagResolutionDetails(
            value=flag.variants[variant], variant=variant, reason=Reason.SPLIT
        )

    variants = {"baseline": False, "candidate": True}
    flag = InMemoryFlag("baseline", variants, context_evaluator=evaluate)
    api.set_provider(InMemoryProvider({SIGNATURE: flag}))
    client = api.get_client()

    def decide(key: str) -> Any:
        return client.get_boolean_value(SIGNATURE, False, EvaluationContext(targeting_key=key))

    return decide


PEERS = {"growthbook": growthbook, "openfeature": openfeature}


def microseconds(decide: Decide) -> float:
    """The time of one decision, over all keys once."""
    started = time.perf_counter()
    for key in KEYS:
        decide(key)
    return (time.perf_counter() - started) / len(KEYS) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        deciders = {"bare": bare(), "ratchet": ratchet(Path(folder))}
        found = [name for name in PEERS if importlib.util.find_spec(name)]
        deciders |= {name: PEERS[name]() for name in found}
        check(deciders)
        times: dict[str, list[float]] = {name: [] for name in deciders}
        for _ in range(rounds):
            for name, decide in deciders.items():
                times[name].append(microseconds(decide))
    report(times, missing=[name for name in PEERS if name not in found])


def check(deciders: dict[str, Decide]) -> None:
    """Every one splits about 25 : 75, and Ratchet exactly as the bare hash; this warms up too."""
    for name, decide in deciders.items():
        candidates = sum(decide(key) in {True, "candidate"} for key in KEYS)
        assert 0.15 < candidates / len(KEYS) < 0.35, (name, candidates)
    assert [deciders["ratchet"](key) for key in KEYS] == [deciders["bare"](key) for key in KEYS]


def report(times: dict[str, list[float]], *, missing: list[str]) -> None:
    for name, found in times.items():
        print(f"{name:12} {median(found):7.2f} microseconds")
    of_bare = ratio(times["ratchet"], times["bare"])
    print(f"Ratchet takes {of_bare:.2f} times the bare hash and look-up (at most {TARGET_OF_BARE})")
    peers = {name: ratio(found, times["ratchet"]) for name, found in times.items() if name in PEERS}
    for name, factor in peers.items():
        print(f"{name} takes {factor:.1f} times as long as Ratchet (at least {TARGET_OF_PEERS})")
    for name in missing:
        print(f"{name} is not installed here: not measured")


def ratio(slower: list[float], faster: list[float]) -> float:
    """The median of the ratios within each round, because the machine's speed changes."""
    return median(a / b for a, b in zip(slower, faster, strict=True))


if __name__ == "__main__":
    main()
