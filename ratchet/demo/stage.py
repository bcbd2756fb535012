"""The stage of the demonstration: its folder, its programs, its rollouts and its clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import dspy

from ratchet import signatures
from ratchet.control import Controller, SimulatedClock
from ratchet.demo.app import DemoApp
from ratchet.demo.provider import SimulatedProvider, SimulatedTime
from ratchet.demo.story import POLICY, Candidate, candidates
from ratchet.errors import StoreError
from ratchet.programs import program_state, publish_program
from ratchet.serving import Router, TelemetryOptions
from ratchet.settings import Settings
from ratchet.signatures.dspy_class import build
from ratchet.store import Store

ACTOR = "demonstration"
MINUTE = timedelta(minutes=1)
LONGEST_MINUTES = 24 * 60

Follow = Callable[[datetime], None]
"""Called after each simulated minute; returns when every rollout has been looked at."""


@dataclass(frozen=True, kw_only=True)
class DemoRollout:
    """A rollout of the demonstration and the candidate in it."""

    experiment_id: str
    candidate: Candidate


@dataclass(kw_only=True)
class Demonstration:
    """Publishes the programs, begins the rollouts, and lets traffic and time go on."""

    settings: Settings
    store: Store
    start: datetime
    seed: int

    def __post_init__(self) -> None:
        self.clock = SimulatedClock(self.settings.home.absolute() / "clock")
        self.clock.set(self.start)
        self.controller = Controller(
            store=self.store,
            programs=self.settings.programs_folder,
            routing=self.settings.routing_file,
        )
        self._time = SimulatedTime(self.start.timestamp())

    def begin(self) -> tuple[DemoRollout, ...]:
        """Publish baseline and candidate of each signature, and begin their rollouts."""
        return tuple(self._begin(candidate) for candidate in candidates())

    def play(self, rollouts: Sequence[DemoRollout], *, follow: Follow) -> int:
        """Serve minute after minute until every rollout has ended; the number of requests.

        Raises:
            StoreError: a rollout was still under way after a simulated day.
        """
        app = self._app(rollouts)
        moment = self.start
        for _ in range(LONGEST_MINUTES):
            active = {found.signature for found in self.store.rollouts.list(only_active=True)}
            if not active:
                app.router.close()
                return app.served
            app.serve_minute(moment, sorted(active))
            moment += MINUTE
            self.clock.set(moment)
            follow(moment)
        raise StoreError("The demonstration did not come to its end within a simulated day.")

    def _begin(self, candidate: Candidate) -> DemoRollout:
        baseline = self._publish(candidate.signature, "")
        chosen = self._publish(candidate.signature, candidate.instructions)
        record = self.controller.begin(
            signature=candidate.signature,
            candidate=chosen,
            baseline=baseline,
            policy=POLICY,
            actor=ACTOR,
            now=self.start,
            salt=f"{ACTOR}-{self.seed}",  # so that the same seed tells the same story
        )
        return DemoRollout(experiment_id=record.experiment_id, candidate=candidate)

    def _publish(self, signature: str, instructions: str) -> str:
        contract = build(signatures.get(signature))
        added = f"{contract.instructions}\n{instructions}".strip()
        program = dspy.Predict(contract.with_instructions(added))
        published = publish_program(
            self.settings.programs_folder,
            signature=signature,
            state=program_state(program),
            created=self.start,
            optimizer=ACTOR,
            model="simulated",
        )
        return published.version

    def _app(self, rollouts: Sequence[DemoRollout]) -> DemoApp:
        habits = {found.candidate.instructions: found.candidate.habit for found in rollouts}
        provider = SimulatedProvider(habits, time=self._time, seed=self.seed)
        return DemoApp(
            router=Router(
                self.settings.routing_file,
                telemetry=TelemetryOptions(
                    spool=self.settings.telemetry_folder,
                    pseudonym_key=self.settings.home.absolute(),
                ),
                clock=self._time,
                now=self._time,
                timer=self._time,
            ),
            model=dspy.LM("demo/simulated", engine=provider, num_retries=0, cache=False),
            time=self._time,
            candidates=[found.candidate for found in rollouts],
            seed=self.seed,
        )
