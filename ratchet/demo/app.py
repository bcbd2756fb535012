"""The app of the demonstration: serves requests through the router, as any app would."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import dspy
from dspy.utils.exceptions import LMError

from ratchet.collect.templates.generation import generate
from ratchet.demo.provider import SimulatedTime
from ratchet.demo.story import BASELINE_HABIT, REQUESTS_PER_HOUR, Candidate
from ratchet.rollout import CANDIDATE
from ratchet.serving import Router

USERS = 2_000
QUESTIONS = 12  # different inputs for each signature
QUALITY_SD = 0.12


@dataclass(kw_only=True)
class DemoApp:
    """Users, what they ask, and what they say of the answers; all drawn from one seed."""

    router: Router
    model: dspy.LM
    time: SimulatedTime
    candidates: Sequence[Candidate]
    seed: int
    served: int = 0
    _questions: Mapping[str, Sequence[Mapping[str, Any]]] = field(init=False)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        self._questions = {
            found.signature: [
                example.inputs
                for example in generate(
                    found.signature, QUESTIONS, seed=self.seed, now=datetime.now().astimezone()
                ).examples
            ]
            for found in self.candidates
        }

    def serve_minute(self, start: datetime, signatures: Sequence[str]) -> None:
        """Answer the requests of one minute, and write their telemetry."""
        with dspy.context(lm=self.model):
            for candidate in self.candidates:
                if candidate.signature in signatures:
                    self._serve(candidate, start)
        self.router.flush()

    def _serve(self, candidate: Candidate, start: datetime) -> None:
        expected = REQUESTS_PER_HOUR / 60
        count = int(expected) + (self._rng.random() < expected % 1)
        for second in sorted(self._rng.uniform(0, 60) for _ in range(count)):
            self.time.seconds = start.timestamp() + second
            self._answer(candidate)

    def _answer(self, candidate: Candidate) -> None:
        user = f"user-{self._rng.randrange(USERS)}"
        question = self._rng.choice(self._questions[candidate.signature])
        self.served += 1
        with (
            suppress(LMError),
            self.router.request(candidate.signature, key=user) as request,
        ):
            request.program(**question)
            request.feedback(quality=self._opinion(candidate, request.variant))

    def _opinion(self, candidate: Candidate, variant: str) -> float:
        """What the user says of the answer, 0..1."""
        habit = candidate.habit if variant == CANDIDATE else BASELINE_HABIT
        return min(1.0, max(0.0, self._rng.gauss(habit.quality, QUALITY_SD)))
