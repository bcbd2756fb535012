"""The target: who is to learn from the problems. Offline it is a simulated student.

The student works every problem out by computer algebra and then slips with a known
probability, in a known way. Its failures measure nothing but that probability; they stand
for the difficulty of a problem until a language model is the target.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import sympy

from ratchet.collect.problems.algebra.answers import written
from ratchet.collect.problems.algebra.claims import work_out
from ratchet.collect.problems.algebra.values import NoAnswer
from ratchet.collect.problems.reading import read_problem
from ratchet.examples import Difficulty

STUDENT = "simulated student"
SLIP_RATES: Mapping[Difficulty, float] = {
    Difficulty.EASY: 0.30,
    Difficulty.MEDIUM: 0.40,
    Difficulty.HARD: 0.50,
}
"""How likely a slip is at an attempt; chosen, not measured."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One answer; `slip` names the mistake when it is known."""

    answer: str
    slip: str = ""


class Target(Protocol):
    """Answers a problem from its text alone; attempts differ."""

    name: str

    def attempt(self, problem: str, *, difficulty: Difficulty, number: int) -> Attempt:
        """Answer once."""


SLIPS: Mapping[str, Callable[[Any], Any]] = {
    "sign slip": lambda value: -value,
    "off by one": lambda value: value + 1,
    "factor of two": lambda value: 2 * value,
    "term dropped": lambda value: (
        value - sympy.Rational(value.as_ordered_terms()[0]) / 2
        if value.is_Rational
        else value - value.as_ordered_terms()[0]
    ),
}


class SimulatedStudent:
    """Slips at random, by seed; the same attempt at the same problem is always the same."""

    name = STUDENT

    def __init__(self, *, seed: int, slip_rates: Mapping[Difficulty, float] = SLIP_RATES) -> None:
        self._seed, self._slip_rates = seed, slip_rates

    def attempt(self, problem: str, *, difficulty: Difficulty, number: int) -> Attempt:
        """Work the problem out and slip, or not; a problem in unknown words gets no answer."""
        reading = read_problem(problem)
        if reading is None:
            return Attempt(answer="", slip="not understood")
        try:
            value = work_out(reading.claim)
        except NoAnswer:
            return Attempt(answer="there is none")
        rng = random.Random(f"{self._seed}/{number}/{problem}")
        if rng.random() >= self._slip_rates[difficulty]:
            return Attempt(answer=_said(value))
        name = rng.choice(list(SLIPS))
        return Attempt(answer=_said(_slipped(value, SLIPS[name])), slip=name)


def _slipped(value: Any, slip: Callable[[Any], Any]) -> Any:
    if isinstance(value, sympy.FiniteSet | sympy.Tuple):
        first, *rest = value
        return type(value)(_wrong(first, slip), *rest)
    return _wrong(value, slip)


def _wrong(value: Any, slip: Callable[[Any], Any]) -> Any:
    found = slip(value)
    return value + 1 if found == value else found


def _said(value: Any) -> str:
    if isinstance(value, sympy.Tuple):
        return ", ".join(map(written, value))
    return written(value)
