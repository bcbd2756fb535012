"""The breaker: finds a candidate that fails every call within a handful of its requests.

A CUSUM on the candidate's requests: `score` grows by the log likelihood ratio of "nearly all
fail" (0.95) against "as the baseline does just now, with room to spare", never below 0. Two
errors among the last five baseline requests reset it: an outage that both arms share is not
the candidate's fault. Counters of consecutive errors were tried; up to 97 % of shared
outages fired them.

At 100 % there is no baseline to tell an outage of the provider from a broken candidate, so
there an outage fires it too: the users are served by what is known to work, and a person
decides whether to start again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

FAILING = 0.95  # error rate of a candidate that fails every call, but for luck
LIMIT = math.log(1e4)
RECENT = 5  # baseline requests that tell the baseline's error rate just now
REMEMBERED = 20  # baseline requests that tell whether the baseline is healthy at all
SHARED_ERRORS = 2  # among the recent ones: an outage that both arms share


@dataclass(slots=True)
class Breaker:
    """The run of the CUSUM, and the last baseline requests (1 is an error, newest last).

    `control` counts the baseline requests since the score last stood at 0.
    """

    score: float = 0.0
    control: int = 0
    fired: bool = False
    baseline: list[int] = field(default_factory=list)

    def add_baseline(self, *, failed: bool) -> None:
        self.baseline.append(int(failed))
        if len(self.baseline) > REMEMBERED:
            del self.baseline[0]
        if sum(self.baseline[-RECENT:]) >= SHARED_ERRORS:
            self.reset()
        elif self.score > 0.0:
            self.control += 1
            self._check(is_controlled=True)

    def add_candidate(self, *, failed: bool, is_controlled: bool) -> None:
        """Count a request of the candidate.

        `is_controlled` says that the stage has a baseline beside it. At 100 % there is none;
        then the last baseline requests before that stage stand for it.
        """
        normal = baseline_error_rate(sum(self.baseline[-RECENT:]))
        ratio = FAILING / normal if failed else (1.0 - FAILING) / (1.0 - normal)
        self.score = max(0.0, self.score + math.log(ratio))
        if self.score == 0.0:
            self.control = 0
        self._check(is_controlled=is_controlled)

    def reset(self) -> None:
        """Begin a new run; what the baseline did is kept."""
        self.score, self.control = 0.0, 0

    def baseline_error_share(self) -> float:
        """The share of errors among the remembered baseline requests; 0 without five."""
        if len(self.baseline) < RECENT:
            return 0.0
        return sum(self.baseline) / len(self.baseline)

    def copy(self) -> Breaker:
        return Breaker(
            score=self.score,
            control=self.control,
            fired=self.fired,
            baseline=list(self.baseline),
        )

    def _check(self, *, is_controlled: bool) -> None:
        if self.score >= LIMIT and (self.control >= RECENT or not is_controlled):
            self.fired = True


def baseline_error_rate(recent_errors: int) -> float:
    """What the candidate would err at if it were as the baseline is just now, with room.

    >>> round(baseline_error_rate(0), 4), round(baseline_error_rate(1), 4)
    (0.2333, 0.4)
    """
    return min(max((recent_errors + 0.5) / (RECENT + 1) + 0.15, 0.2), 0.85)
