"""The verdict: may the candidate replace the baseline, and why.

A pure decision over the records of an evaluation. The rules, in the order they are asked:

1. Too few sealed examples for any answer: refused. Too many failed calls: void.
2. A perfect baseline, or one that even a perfect program could not beat by the threshold:
   reject, nothing to gain.
3. A candidate that is no better than the baseline, or than a constant answer: reject.
4. Promote when the gain reaches the threshold, the lower bound of its interval is above 0
   and chance alone would seldom do as well (the sign-flip test at the same confidence).
5. Reject when even the upper bound stays below the threshold.
6. Otherwise inconclusive, with the number of examples that would settle it.

The threshold is relative to the baseline's mean. A baseline of 0 has no relative gain; then
`min_improvement` is read as an absolute gain.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ratchet.errors import ConfigurationError
from ratchet.optimize.interval import (
    Floats,
    Interval,
    chance_of_gain,
    examples_needed,
    mean_interval,
)
from ratchet.optimize.outcomes import PairedEvaluation, ProgramEvaluation

ROUNDING = 1e-9  # scores closer than this are equal
MIN_PAIRS = 6  # the fewest whose signs can show anything: 2^-6 < 0.025
SMALLEST_REQUEST = 0.25  # of the examples at hand; fewer would seldom change the answer


class Action(StrEnum):
    """What is to be done with the candidate."""

    PROMOTE = "promote"
    REJECT = "reject"
    INCONCLUSIVE = "inconclusive"
    VOID = "void"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class PromotionPolicy:
    """When a candidate may replace its baseline.

    `min_improvement` is relative to the baseline (0.05 asks for 5 %). `confidence` is that
    of the two-sided interval. `max_error_share` is the share of failed calls, of either
    program, up to which an evaluation counts.

    Raises:
        ConfigurationError: a value is out of range.
    """

    min_improvement: float = 0.05
    confidence: float = 0.95
    max_error_share: float = 0.02
    min_pairs: int = MIN_PAIRS
    seed: int = 20_000

    def __post_init__(self) -> None:
        if self.min_improvement < 0:
            raise ConfigurationError(f"min_improvement is {self.min_improvement}; use 0 or more.")
        if not 0.5 <= self.confidence < 1:
            raise ConfigurationError(f"confidence is {self.confidence}; use 0.5 to 0.999.")
        if not 0 <= self.max_error_share < 1:
            raise ConfigurationError(f"max_error_share is {self.max_error_share}; use 0 to 1.")
        if self.min_pairs < 2:
            raise ConfigurationError(f"min_pairs is {self.min_pairs}; use 2 or more.")


DEFAULT_POLICY = PromotionPolicy()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What to do and why; `reasons` are sentences for an operator.

    `gain` is in score points (0..1), `relative_gain` a share of the baseline's mean (None
    when that is 0). `chance` is the probability that equally good programs do as well.
    `needs_more` is about how many more examples would settle an inconclusive verdict.
    """

    action: Action
    reasons: tuple[str, ...]
    gain: Interval | None = None
    relative_gain: Interval | None = None
    chance: float | None = None
    needs_more: int | None = None

    @property
    def promotes(self) -> bool:
        """Whether the candidate may be rolled out."""
        return self.action is Action.PROMOTE


def refuse(reasons: Iterable[str]) -> Verdict:
    """The verdict when there was nothing to evaluate: a failed gate, audit or optimisation."""
    return Verdict(action=Action.REFUSED, reasons=tuple(reasons))


def decide(evaluation: PairedEvaluation, policy: PromotionPolicy = DEFAULT_POLICY) -> Verdict:
    """Judge the candidate of `evaluation`; never raises for what the scores are."""
    if invalid := _invalid(evaluation, policy):
        return invalid
    pairs = np.asarray(evaluation.pairs, dtype=np.float64)
    comparison = _compare(pairs[:, 0], pairs[:, 1], policy)
    if reason := _hopeless(evaluation, comparison):
        return comparison.verdict(Action.REJECT, reason)
    if comparison.is_shown(policy):
        return comparison.verdict(Action.PROMOTE, comparison.summary())
    if comparison.gain.upper < comparison.threshold - ROUNDING:
        return comparison.verdict(
            Action.REJECT,
            f"{comparison.summary()} Even the upper bound stays below the threshold "
            f"of {comparison.threshold:+.3f}.",
        )
    return _inconclusive(comparison, policy)


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    """The figures that the rules look at; `threshold` is in score points."""

    pairs: int
    baseline: float
    candidate: float
    deviation: float
    threshold: float
    gain: Interval
    relative_gain: Interval | None
    chance: float

    def is_shown(self, policy: PromotionPolicy) -> bool:
        reached = self.gain.estimate >= self.threshold - ROUNDING
        return reached and self.gain.lower > ROUNDING and self.chance <= (1 - policy.confidence) / 2

    def summary(self) -> str:
        relative = self.relative_gain
        share = f" ({relative.estimate:+.1%})" if relative else ""
        return (
            f"Candidate {self.candidate:.3f}, baseline {self.baseline:.3f} on {self.pairs} sealed "
            f"examples: a gain of {self.gain.estimate:+.3f}{share}, {self.gain.confidence:.0%} "
            f"interval {self.gain.lower:+.3f} to {self.gain.upper:+.3f}."
        )

    def verdict(self, action: Action, *reasons: str, needs_more: int | None = None) -> Verdict:
        return Verdict(
            action=action,
            reasons=reasons,
            gain=self.gain,
            relative_gain=self.relative_gain,
            chance=self.chance,
            needs_more=needs_more,
        )


def _compare(baseline: Floats, candidate: Floats, policy: PromotionPolicy) -> _Comparison:
    differences = candidate - baseline
    level = float(baseline.mean())
    gain = mean_interval(differences, confidence=policy.confidence, seed=policy.seed)
    return _Comparison(
        pairs=len(differences),
        baseline=level,
        candidate=float(candidate.mean()),
        deviation=float(differences.std(ddof=1)),
        threshold=policy.min_improvement * (level if level > ROUNDING else 1.0),
        gain=gain,
        relative_gain=_relative(differences, baseline, policy) if level > ROUNDING else None,
        chance=chance_of_gain(differences, seed=policy.seed),
    )


def _relative(differences: Floats, baseline: Floats, policy: PromotionPolicy) -> Interval:
    """The ratio of the means, with the interval of its linear approximation (delta method)."""
    level = float(baseline.mean())
    ratio = float(differences.mean()) / level
    influence = ratio + (differences - ratio * baseline) / level
    found = mean_interval(influence, confidence=policy.confidence, seed=policy.seed)
    return Interval(
        estimate=ratio,
        lower=min(found.lower, ratio),
        upper=max(found.upper, ratio),
        confidence=policy.confidence,
    )


def _invalid(evaluation: PairedEvaluation, policy: PromotionPolicy) -> Verdict | None:
    """Refused for want of examples, or void for failed calls."""
    count = len(evaluation.baseline.answers)
    if count < policy.min_pairs:
        return refuse(
            [f"There are {count} sealed examples; a verdict needs at least {policy.min_pairs}."]
        )
    sides = (("baseline", evaluation.baseline), ("candidate", evaluation.candidate))
    reasons = [
        _failures(name, program, policy)
        for name, program in sides
        if program.error_share > policy.max_error_share
    ]
    if reasons or len(evaluation.pairs) < policy.min_pairs:
        reasons = reasons or [f"Only {len(evaluation.pairs)} pairs were scored."]
        return Verdict(action=Action.VOID, reasons=tuple(reasons))
    return None


def _failures(name: str, program: ProgramEvaluation, policy: PromotionPolicy) -> str:
    parts = ", ".join(f"{count} {reason}" for reason, count in sorted(program.errors.items()))
    return (
        f"{sum(program.errors.values())} of {len(program.answers)} calls of the {name} failed "
        f"({parts}); above {policy.max_error_share:.0%} an evaluation says nothing."
    )


def _hopeless(evaluation: PairedEvaluation, comparison: _Comparison) -> str | None:
    """Why the candidate is rejected whatever the interval says; None when it is not."""
    headroom = 1.0 - comparison.baseline
    if headroom <= ROUNDING:
        return "The baseline scores 1.000: there is nothing to gain."
    if comparison.threshold > headroom + ROUNDING:
        return (
            f"The baseline scores {comparison.baseline:.3f}; even a perfect program would gain "
            f"{headroom:.3f}, less than the threshold of {comparison.threshold:.3f}."
        )
    if comparison.gain.estimate <= ROUNDING:
        if comparison.deviation <= ROUNDING and abs(comparison.gain.estimate) <= ROUNDING:
            return f"{comparison.summary()} The two programs score alike on every example."
        return f"{comparison.summary()} The candidate is no better."
    return _no_better_than_constant(evaluation)


def _no_better_than_constant(evaluation: PairedEvaluation) -> str | None:
    constant, mean = evaluation.best_constant, evaluation.candidate.mean
    if constant is not None and mean is not None and mean <= constant.mean + ROUNDING:
        return (
            f"The candidate scores {mean:.3f}; a constant answer ({constant.name}) scores "
            f"{constant.mean:.3f} without looking at the input."
        )
    accuracy = evaluation.candidate.balanced_accuracy
    if accuracy is not None and accuracy <= 0.5 + ROUNDING:
        return f"The candidate's balanced accuracy is {accuracy:.2f}; a constant answer has 0.50."
    return None


def _inconclusive(comparison: _Comparison, policy: PromotionPolicy) -> Verdict:
    """Ask for the examples that show the larger of gain and threshold in 80 % of cases."""
    effect = max(comparison.gain.estimate, comparison.threshold, ROUNDING)
    total = examples_needed(
        deviation=comparison.deviation, effect=effect, confidence=policy.confidence
    )
    fewest = math.ceil(comparison.pairs * SMALLEST_REQUEST)
    needs_more = max(total - comparison.pairs, fewest)
    return comparison.verdict(
        Action.INCONCLUSIVE,
        comparison.summary(),
        f"Equally good programs do as well in {comparison.chance:.1%} of cases. "
        f"It needs about {needs_more} more sealed examples.",
        needs_more=needs_more,
    )
