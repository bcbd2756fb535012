"""What happens in the demonstration: three candidates, and what is wrong with each."""

from __future__ import annotations

from dataclasses import dataclass

from ratchet import signatures
from ratchet.rollout import RolloutPolicy


@dataclass(frozen=True, kw_only=True)
class Habit:
    """How the simulated model behaves under one program.

    Latencies are lognormal, with a median in milliseconds; `quality` is the mean, 0..1, of
    what users say of the answers.
    """

    error_rate: float = 0.03
    latency_ms: float = 900.0
    quality: float = 0.80


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A candidate of the demonstration; its instructions tell it apart in the prompt."""

    signature: str
    title: str
    instructions: str
    habit: Habit


BASELINE_HABIT = Habit()
POLICY = RolloutPolicy.standard()
REQUESTS_PER_HOUR = 600.0


def candidates() -> tuple[Candidate, ...]:
    """One good candidate, one that fails often, one that is slower by a second."""
    good, failing, slow = signatures.names()[:3]
    return (
        Candidate(
            signature=good,
            title="better answers",
            instructions="Answer with care, and name the evidence for each item.",
            habit=Habit(quality=0.86),
        ),
        Candidate(
            signature=failing,
            title="fails often",
            instructions="Answer in a form that the provider often refuses.",
            habit=Habit(error_rate=0.30),
        ),
        Candidate(
            signature=slow,
            title="slower by a second",
            instructions="Think twice as long before every answer.",
            habit=Habit(latency_ms=1_900.0),
        ),
    )
