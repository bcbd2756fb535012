"""The records of an evaluation: what each program answered on each sealed example.

They import no DSPy, so that verdicts and reports stay light.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from ratchet.optimize.constants import ConstantScore, balanced_accuracy


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One answer of one program: a score, or the reason why there is none.

    `score` is 0..1, or None exactly when `error` says why; an error is never scored 0.
    `decision` is the predicted value of the signature's decision, when it has one.
    """

    score: float | None
    latency_ms: float
    feedback: str = ""
    error: str | None = None
    error_detail: str = ""
    decision: bool | None = None

    def __post_init__(self) -> None:
        if (self.score is None) == (self.error is None):
            raise ValueError("An outcome has either a score or an error.")


@dataclass(frozen=True, kw_only=True)
class Answered:
    """An example with its outcome; `gold` is the labelled decision, when there is one."""

    example_id: str
    label: str
    difficulty: str
    outcome: Outcome
    gold: bool | None = None


@dataclass(frozen=True, kw_only=True)
class ProgramEvaluation:
    """What one program did on a set of examples. Means are over the scored answers."""

    answers: tuple[Answered, ...]

    @property
    def scored(self) -> tuple[Answered, ...]:
        """The answers that have a score."""
        return tuple(a for a in self.answers if a.outcome.score is not None)

    @property
    def mean(self) -> float | None:
        """The mean score, 0..1; None when nothing was scored."""
        return _mean(self.scored)

    @property
    def errors(self) -> dict[str, int]:
        """How many answers failed, by reason."""
        return dict(Counter(a.outcome.error for a in self.answers if a.outcome.error))

    @property
    def error_share(self) -> float:
        """The share of answers that failed, 0..1."""
        return sum(self.errors.values()) / len(self.answers) if self.answers else 0.0

    @property
    def balanced_accuracy(self) -> float | None:
        """Of the decision; None without one, or when the examples hold one class only."""
        decided = [
            (a.gold, a.outcome.decision)
            for a in self.scored
            if a.gold is not None and a.outcome.decision is not None
        ]
        return balanced_accuracy([g for g, _ in decided], [p for _, p in decided])

    @property
    def by_label(self) -> dict[str, float]:
        """The mean score of each label."""
        return self._means(lambda a: a.label)

    @property
    def by_difficulty(self) -> dict[str, float]:
        """The mean score of each difficulty."""
        return self._means(lambda a: a.difficulty)

    def latency_ms(self, share: float) -> float | None:
        """The latency that `share` (0..1) of the scored answers do not exceed."""
        ordered = sorted(a.outcome.latency_ms for a in self.scored)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None

    def to_json(self) -> dict[str, Any]:
        """The figures, and each answer."""
        return {
            "mean": self.mean,
            "balanced_accuracy": self.balanced_accuracy,
            "errors": self.errors,
            "by_label": self.by_label,
            "by_difficulty": self.by_difficulty,
            "latency_ms": {"p50": self.latency_ms(0.5), "p95": self.latency_ms(0.95)},
            "answers": [asdict(a) for a in self.answers],
        }

    def _means(self, key: Callable[[Answered], str]) -> dict[str, float]:
        groups: dict[str, list[Answered]] = {}
        for answer in self.scored:
            groups.setdefault(key(answer), []).append(answer)
        return {name: mean for name in sorted(groups) if (mean := _mean(groups[name])) is not None}


@dataclass(frozen=True, kw_only=True)
class PairedEvaluation:
    """Baseline and candidate on the same sealed examples, in the same order.

    Raises:
        ValueError: the two do not hold the same examples.
    """

    signature: str
    baseline: ProgramEvaluation
    candidate: ProgramEvaluation
    constants: tuple[ConstantScore, ...] = ()

    def __post_init__(self) -> None:
        ids = [[a.example_id for a in p.answers] for p in (self.baseline, self.candidate)]
        if ids[0] != ids[1]:
            raise ValueError("Baseline and candidate answered different examples.")

    @property
    def pairs(self) -> tuple[tuple[float, float], ...]:
        """The scores of baseline and candidate wherever both have one."""
        both = zip(self.baseline.answers, self.candidate.answers, strict=True)
        return tuple(
            (b.outcome.score, c.outcome.score)
            for b, c in both
            if b.outcome.score is not None and c.outcome.score is not None
        )

    @property
    def scores(self) -> dict[str, dict[str, float | None]]:
        """What each program scored on each example, by example id; None where it failed."""
        both = zip(self.baseline.answers, self.candidate.answers, strict=True)
        return {
            b.example_id: {"baseline": b.outcome.score, "candidate": c.outcome.score}
            for b, c in both
        }

    @property
    def best_constant(self) -> ConstantScore | None:
        """The strongest constant predictor on these examples."""
        return max(self.constants, key=lambda c: c.mean, default=None)

    def to_json(self) -> dict[str, Any]:
        """Everything an operator may ask for, as JSON."""
        return {
            "signature": self.signature,
            "pairs": len(self.pairs),
            "baseline": self.baseline.to_json(),
            "candidate": self.candidate.to_json(),
            "constants": [_constant_json(c) for c in self.constants],
        }


def _constant_json(constant: ConstantScore) -> Mapping[str, Any]:
    return {
        "name": constant.name,
        "mean": constant.mean,
        "balanced_accuracy": constant.balanced_accuracy,
    }


def _mean(answers: Sequence[Answered]) -> float | None:
    scores = [a.outcome.score for a in answers if a.outcome.score is not None]
    return fmean(scores) if scores else None
