"""Calibration: what a judge's score means, learned from what people decided.

The threshold is chosen on all decisions. How well it does is measured on decisions that it was
not chosen on (five parts, each judged by a threshold from the other four): otherwise thirty
decisions always look well understood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ratchet.quality.judges.agreement import (
    Bounded,
    Confusion,
    area_under_curve,
    best_threshold,
    confusion_of,
    kappa_interval,
    wilson,
)
from ratchet.quality.judges.curves import Curve, fit_curve

LEAST_OF_EACH = 5  # approvals and refusals; with fewer nothing can be told apart
PARTS = 5
SEED = 20_260_301


@dataclass(frozen=True, kw_only=True)
class Decided:
    """One example that a person decided on: the judge's score 0..100 and the decision."""

    score: float
    approved: bool


@dataclass(frozen=True, kw_only=True)
class TooFew:
    """There are not enough decisions for a calibration; `message` says what is missing."""

    n: int
    approved: int
    wanted: int

    @property
    def message(self) -> str:
        """How many decisions of which kind are still to be taken."""
        more = max(0, self.wanted - self.n)
        parts = [f"{more} more decisions are needed ({self.n} of {self.wanted})"] if more else []
        for kind, have in (("approval", self.approved), ("refusal", self.n - self.approved)):
            if have < LEAST_OF_EACH:
                lack = LEAST_OF_EACH - have
                parts.append(f"{lack} more {kind}{'s' * (lack > 1)} ({have} of {LEAST_OF_EACH})")
        return "; ".join(parts)


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How a judge and people agree, and the chance of approval that its score stands for.

    `threshold` is the score 0..100 that separates best. `agreement`, `kappa` and `confusion`
    are of decisions that the threshold was not chosen on; `area` is the chance that the judge
    ranks an approved example above a rejected one.
    """

    n: int
    approved: int
    threshold: float
    curve: Curve
    agreement: Bounded
    kappa: Bounded
    area: float
    confusion: Confusion

    def chance(self, score: float) -> float:
        """The chance that a person approves an example with this score, 0..1."""
        return self.curve.chance(score)

    def to_json(self) -> dict[str, Any]:
        """Everything, as plain values."""
        return asdict(self)


def calibrate(decided: Sequence[Decided], *, min_decisions: int) -> Calibration | TooFew:
    """Learn from decisions what a score means; the same decisions give the same calibration.

    Args:
        decided: Scores with decisions, in any order.
        min_decisions: Fewer are not enough; nor are fewer than five of either kind.
    """
    ordered = sorted(decided, key=lambda one: (one.score, one.approved))
    approved = sum(one.approved for one in ordered)
    few = TooFew(n=len(ordered), approved=approved, wanted=min_decisions)
    if few.message:
        return few
    scores, decisions = [one.score for one in ordered], [one.approved for one in ordered]
    taken = _taken_unseen(scores, decisions)
    confusion = confusion_of(taken, decisions)
    return Calibration(
        n=len(ordered),
        approved=approved,
        threshold=round(best_threshold(scores, decisions), 2),
        curve=fit_curve(scores, decisions),
        agreement=wilson(confusion.agreeing, confusion.total),
        kappa=kappa_interval(taken, decisions, seed=SEED),
        area=area_under_curve(scores, decisions),
        confusion=confusion,
    )


def _taken_unseen(scores: Sequence[float], approved: Sequence[bool]) -> list[bool]:
    """What the judge takes by a threshold that was chosen without the example in question.

    Both kinds are dealt over the parts alike, in the order of a fixed shuffle.
    """
    values, yes = np.asarray(scores), np.asarray(approved)
    parts = np.empty(len(values), dtype=int)
    random = np.random.default_rng(SEED)
    for kind in (True, False):
        places = random.permutation(np.flatnonzero(yes == kind))
        parts[places] = np.arange(len(places)) % PARTS
    taken = np.empty(len(values), dtype=bool)
    for part in range(PARTS):
        others = parts != part
        threshold = best_threshold(values[others].tolist(), yes[others].tolist())
        taken[~others] = values[~others] >= threshold
    return [bool(one) for one in taken]
