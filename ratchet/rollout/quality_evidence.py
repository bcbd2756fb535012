"""Evidence that the candidate's quality is below its limit: a bet on every label.

If the mean quality is at least the limit, each factor 1 + rate * (limit - quality) has mean
at most 1, so the product is a supermartingale and its mean over betting rates is an e-value
(Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B
2024). The order of the labels does not matter: late ones simply multiply in, and a corrected
one replaces its factor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ratchet.rollout.error_evidence import log_mean_exp

# Betting rates as parts of the largest that keeps every factor positive, 1 / (1 - limit);
# at the limit 0.70 they are .15, .35, .7, 1.1, 1.6, 2.2, 2.8 and 3.2.
RATE_PARTS = (0.045, 0.105, 0.21, 0.33, 0.48, 0.66, 0.84, 0.96)


@dataclass(frozen=True, slots=True)
class Bets:
    """What one label pays: a step of the log product for each rate."""

    quality: float
    steps: tuple[float, ...]


def bets_on(quality: float, limit: float) -> Bets:
    """The logarithms of 1 + rate * (limit - quality), for a quality in 0..1.

    >>> round(math.exp(bets_on(0.0, 0.7).steps[-1]), 9)
    3.24
    """
    shortfall = (limit - quality) / (1.0 - limit)
    return Bets(quality, tuple([math.log1p(part * shortfall) for part in RATE_PARTS]))


@dataclass(slots=True)
class QualityEvidence:
    """The labels of the candidate in one window; `logs` are the log products, one a rate."""

    logs: list[float] = field(default_factory=lambda: [0.0] * len(RATE_PARTS))
    count: int = 0
    total: float = 0.0

    def add(self, label: Bets) -> None:
        self.count += 1
        self.total += label.quality
        self.logs = [log + step for log, step in zip(self.logs, label.steps, strict=True)]

    def remove(self, label: Bets) -> None:
        """Take back a label that was corrected."""
        self.count -= 1
        self.total -= label.quality
        self.logs = [log - step for log, step in zip(self.logs, label.steps, strict=True)]

    def mean(self) -> float | None:
        """The mean quality, or None without labels."""
        return self.total / self.count if self.count else None

    def log_e_value(self) -> float:
        return log_mean_exp(self.logs)

    def copy(self) -> QualityEvidence:
        return QualityEvidence(logs=list(self.logs), count=self.count, total=self.total)
