"""Evidence that the candidate errs more often: an e-process over errors in arrival order.

Each error is a bet on which arm it came from. If the candidate is not worse, an error comes
from it with probability at most pi, its share of the requests; under that hypothesis the
product of the bets is (close to) a supermartingale whatever drift both arms share, so by
Ville's inequality it exceeds 1/alpha with probability at most alpha, however often one looks.
Time when nothing errs does not enter, and pi may change between errors, so the product may
run over stages of different shares.

Each key counts at most once in a window: users with error rates of their own break any test
that counts their requests as independent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ratchet.rollout.memory import KeySet

RATIOS = (1.3, 1.7, 2.3, 3.2, 5.0, 9.0, 20.0, 60.0)  # error rate of the candidate to baseline
PRIOR_REQUESTS = 20.0  # weight of the stage's share beside the counted requests
_LOG_RATIOS = tuple(math.log(ratio) for ratio in RATIOS)


@dataclass(slots=True)
class ErrorEvidence:
    """The e-process of one window; `logs` are the log products, one for each ratio."""

    logs: list[float] = field(default_factory=lambda: [0.0] * len(RATIOS))
    keys: KeySet = field(default_factory=KeySet)

    def add(self, key: int, share: float, *, from_candidate: bool) -> None:
        """Count an error of `key` (a fingerprint) that came when the arms stood at `share`."""
        if not self.keys.admit(key):
            return
        self.logs = [
            log + (log_ratio if from_candidate else 0.0) - math.log(share * ratio + 1.0 - share)
            for log, log_ratio, ratio in zip(self.logs, _LOG_RATIOS, RATIOS, strict=True)
        ]

    def log_e_value(self) -> float:
        """The natural logarithm of the mean product over the ratios."""
        return log_mean_exp(self.logs)

    def copy(self) -> ErrorEvidence:
        return ErrorEvidence(logs=list(self.logs), keys=self.keys.copy())


def expected_share(candidate: int, baseline: int, stage_share: float) -> float:
    """The probability that the next error is the candidate's if both arms are alike.

    `candidate` and `baseline` count the stage's requests before the error.

    >>> expected_share(0, 0, 0.1)
    0.1
    """
    total = candidate + baseline + PRIOR_REQUESTS
    return (candidate + PRIOR_REQUESTS * stage_share) / total


def log_mean_exp(logs: list[float]) -> float:
    """The logarithm of the mean of exp(log), without overflow.

    >>> log_mean_exp([1000.0, 1000.0])
    1000.0
    """
    top = max(logs)
    return top + math.log(sum(math.exp(log - top) for log in logs) / len(logs))
