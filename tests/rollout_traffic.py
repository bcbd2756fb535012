"""A whole rollout in lock-step: traffic by the routing file, a clock in a file, minute by minute.

The traffic of a minute depends on the routing file alone, so two runs with the same decisions
see the same requests, whoever was killed in between.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ratchet.control import Controller, SimulatedClock, routing_of
from ratchet.files import write_text
from ratchet.programs import publish_program
from ratchet.rollout import CANDIDATE, RolloutPolicy, variant_of
from ratchet.serving.places import ROUTING, SPOOL, TELEMETRY
from ratchet.serving.routing_file import read_config
from ratchet.store import RolloutRecord, Store, open_store
from tests.builders import NOON

SIGNATURE = "validate_completeness"
EXPERIMENT, SALT = "the-rollout", "s"
MINUTE = timedelta(minutes=1)
WAIT_SECONDS = 60.0
POLL_SECONDS = 0.01
LONGEST_MINUTES = 200


def quick_policy(**changes: Any) -> RolloutPolicy:
    """Stages of four minutes that a hundred requests a minute can pass."""
    values = {"min_minutes": 4, "min_requests": 100, "min_per_arm": 20, "min_labels": 10}
    return RolloutPolicy.standard(**{**values, **changes})


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How the candidate does; the baseline makes an error in 50 requests."""

    error_rate: float = 0.02
    extra_latency_ms: float = 0.0
    quality: float = 0.85


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A project with two programs, a store, a clock at noon, and traffic."""

    home: Path
    store: Store
    controller: Controller
    clock: SimulatedClock
    baseline: str
    candidate: str
    behaviour: Behaviour = field(default_factory=Behaviour)
    requests_a_minute: int = 100
    experiment: str = EXPERIMENT

    @property
    def spool(self) -> Path:
        return self.home / TELEMETRY / SPOOL

    def begin(self, policy: RolloutPolicy | None = None, **changes: Any) -> RolloutRecord:
        """Begin the rollout of the candidate, under a known name and salt."""
        given: dict[str, Any] = {
            "signature": SIGNATURE,
            "candidate": self.candidate,
            "baseline": self.baseline,
            "actor": "ada",
            "now": self.clock.now(),
            "policy": policy or quick_policy(),
            "experiment_id": self.experiment,
            "salt": SALT,
        }
        return self.controller.begin(**{**given, **changes})

    def serve_minute(self, end: datetime) -> None:
        """Leave in the spool what apps record in the minute up to `end`."""
        route = read_config(self.controller.routing).routes[SIGNATURE]
        began, count = end - MINUTE, self.requests_a_minute
        lines = []
        for number in range(count):
            key = f"{began:%H%M}-{number}"
            variant = variant_of(route.salt, key, route.effective_percent)
            share = route.effective_percent / 100
            record = {
                "request_id": f"{route.experiment_id}-{key}",
                "signature": SIGNATURE,
                "experiment_id": route.experiment_id,
                "variant": variant,
                "propensity": share if variant == CANDIDATE else 1 - share,
                "key": key,
                "timestamp": (began + number * MINUTE / count).isoformat(),
                **self._answer(key, is_candidate=variant == CANDIDATE),
            }
            lines.append(json.dumps(record))
        write_text(self.spool / f"{end:%Y%m%d%H%M}.jsonl", "\n".join([*lines, ""]))

    def play(
        self,
        *,
        follow: Callable[[datetime], None],
        after: Callable[[int], None] = lambda _minute: None,
        until: Callable[[], bool] | None = None,
    ) -> int:
        """Serve minute after minute until the rollout ends, or `until`; how many there were.

        `follow` is called when a minute's traffic and its time are there, and returns when
        somebody has ticked; `after` is then called with the number of the minute.
        """
        for minute in range(1, LONGEST_MINUTES + 1):
            end = self.clock.now() + MINUTE
            self.serve_minute(end)
            self.clock.set(end)
            follow(end)
            self.wait_for_tick(end)
            after(minute)
            if (until or self.is_over)():
                return minute
        raise AssertionError("the rollout did not come to an end")

    def wait_for_tick(self, minute: datetime) -> None:
        """Return when the tick of that minute is stored and the routing has followed."""
        wait_until(lambda: self._is_ticked(minute) and self.is_routed(), f"the tick of {minute}")

    def is_over(self) -> bool:
        return not self.store.rollouts.list(signature=SIGNATURE, only_active=True)

    def is_routed(self) -> bool:
        """Whether the routing file says what SQL says."""
        beside = self.controller.routing.parent
        wanted = routing_of(
            self.store, programs=self.controller.programs, beside=beside, now=self.clock.now()
        )
        present = read_config(self.controller.routing)
        return (present.revision, present.routes) == (wanted.revision, wanted.routes)

    def _is_ticked(self, minute: datetime) -> bool:
        (found,) = self.store.rollouts.list(signature=SIGNATURE)[:1]
        return not found.is_active or (found.ticked_at is not None and found.ticked_at >= minute)

    def _answer(self, key: str, *, is_candidate: bool) -> dict[str, Any]:
        chance = [byte / 256 for byte in hashlib.sha256(key.encode()).digest()[:3]]
        behaviour = self.behaviour if is_candidate else Behaviour()
        return {
            "success": chance[0] >= behaviour.error_rate,
            "latency_ms": 800 + 400 * chance[1] + behaviour.extra_latency_ms,
            "quality_score": behaviour.quality + 0.1 * (chance[2] - 0.5),
        }


@contextmanager
def scene(home: Path, *, url: str = "", **changes: Any) -> Iterator[Scene]:
    """A project in `home`, with a store of its own or at `url`."""
    home.mkdir(parents=True, exist_ok=True)
    programs = home / "programs"
    baseline, candidate = (
        publish_program(
            programs,
            signature=SIGNATURE,
            state={"predict": {"signature": {"instructions": words}}},
            created=NOON,
            optimizer="test",
            model="offline/in-context",
        ).version
        for words in ("Be brief.", "Be thorough.")
    )
    clock = SimulatedClock(home / "clock")
    clock.set(NOON)
    with open_store(url or f"sqlite:///{home / 'ratchet.db'}") as store:
        yield Scene(
            home=home,
            store=store,
            controller=Controller(store=store, programs=programs, routing=home / ROUTING),
            clock=clock,
            baseline=baseline,
            candidate=candidate,
            **changes,
        )


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = WAIT_SECONDS) -> None:
    """Look again and again until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} seconds for {what}")
        time.sleep(POLL_SECONDS)
