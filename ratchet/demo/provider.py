"""The simulated provider: answers by the offline model, at a simulated pace, with faults."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

from dspy import lm15

from ratchet.demo.story import BASELINE_HABIT, Habit
from ratchet.optimize.offline import InContextEngine

LATENCY_SIGMA = 0.5  # lognormal


class SimulatedTime:
    """The time of the demonstration, in seconds since 1970; it moves when it is told to."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


class ProviderError(Exception):
    """The simulated provider could not answer."""


class SimulatedProvider:
    """An engine for `dspy.LM`: knows a candidate by the instructions in its prompt."""

    def __init__(self, habits: Mapping[str, Habit], *, time: SimulatedTime, seed: int) -> None:
        self._habits = habits
        self._time = time
        self._rng = random.Random(seed)
        self._engine = InContextEngine()

    def complete(self, request: lm15.Request) -> lm15.Response:
        """Let simulated time pass, and answer or fail.

        Raises:
            ProviderError: as often as the program's habit says.
        """
        habit = self._habit(str(request.system))
        median = math.log(habit.latency_ms / 1000)
        self._time.seconds += self._rng.lognormvariate(median, LATENCY_SIGMA)
        if self._rng.random() < habit.error_rate:
            raise ProviderError("the provider answered 500")
        return self._engine.complete(request)

    def _habit(self, system: str) -> Habit:
        return next(
            (habit for text, habit in self._habits.items() if text in system), BASELINE_HABIT
        )
