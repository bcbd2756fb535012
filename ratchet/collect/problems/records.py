"""The records of the pipeline: an order, a draft, what was found of it, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ratchet.errors import ConfigurationError
from ratchet.examples import Difficulty, Example

SIGNATURE = "generate_problem"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be written. `seed` and `attempt` make the same order give the same draft."""

    subject: str
    topic: str
    difficulty: Difficulty
    seed_prompt: str = ""
    seed: int = 0
    attempt: int = 0

    @property
    def inputs(self) -> dict[str, str]:
        """The inputs of the signature."""
        return {
            "subject": self.subject,
            "topic": self.topic,
            "difficulty_level": self.difficulty.value,
            "seed_prompt": self.seed_prompt,
        }


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What an engineer wrote. `group` names what its siblings share; `facts` are its own."""

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    group: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What a checker says: whether the problem is sound, a score 0..1, and why."""

    is_valid: bool
    score: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verification:
    """Whether the answer is right. `is_refuted` says that another one is; neither may hold."""

    is_verified: bool
    is_refuted: bool
    method: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Trial:
    """How a target fared: so many attempts, so many right. `slips` names its known mistakes."""

    attempts: int
    right: int
    slips: tuple[str, ...] = ()

    @property
    def failure_rate(self) -> float:
        """The share of wrong attempts, 0..1."""
        return 1 - self.right / self.attempts


class Verdict(StrEnum):
    """What becomes of a draft; the words are those in which such pipelines report."""

    ACCEPTED = "accepted"
    DISCARDED = "discarded"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The end of one attempt: the verdict, its reason in a word or two, and in a sentence.

    `example` is there when accepted; `draft` whenever something was written.
    """

    verdict: Verdict
    order: Order
    reason: str
    explanation: str
    draft: Draft | None = None
    example: Example | None = None
    checker_score: float | None = None
    failure_rate: float | None = None


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """What a problem must reach.

    `attempts` are those of the target, of which some must fail and at most
    `max_failure_rate` may. `min_checker_score` and `near_duplicate` (a ratio of the texts)
    are 0..1, `min_quality` is 0..100. `quorum` of `solvers` independent answers must agree
    where computer algebra can not read the problem.

    Raises:
        ConfigurationError: a value is out of range.
    """

    attempts: int = 5
    max_failure_rate: float = 0.8
    min_checker_score: float = 0.7
    min_quality: float = 70.0
    near_duplicate: float = 0.90
    solvers: int = 3
    quorum: int = 2

    def __post_init__(self) -> None:
        shares = (self.max_failure_rate, self.min_checker_score, self.near_duplicate)
        if not all(0 < share <= 1 for share in shares) or not 0 <= self.min_quality <= 100:
            raise ConfigurationError(
                f"{self}: shares must be above 0 and at most 1, min_quality 0..100."
            )
        if self.attempts < 1 or not 1 <= self.quorum <= self.solvers:
            raise ConfigurationError(
                f"{self.attempts} attempts, {self.quorum} of {self.solvers} solvers: there must "
                "be an attempt, and no more in the quorum than there are solvers."
            )

    def relaxed(self) -> Thresholds:
        """The thresholds of a second round: what is a matter of taste, never of truth.

        A wrong answer, an answer given away and a broken contract stay reasons to refuse, and
        so does a problem that the target never fails, or always.
        """
        return Thresholds(
            attempts=2 * self.attempts,
            max_failure_rate=max(self.max_failure_rate, 0.9),
            min_checker_score=max(0.5, self.min_checker_score - 0.15),
            min_quality=max(60.0, self.min_quality - 10),
            near_duplicate=max(self.near_duplicate, 0.95),
            solvers=self.solvers,
            quorum=self.quorum,
        )
