"""The sample ratio: do the arms hold the share of the units that the stage gave them?

A mismatch means that records of one arm are lost or that apps do not route as they are told;
then no comparison of the arms can be trusted. Units are distinct assignment keys, because
the requests of one key all fall on one side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PRIOR_UNITS = 20.0  # concentration of the beta mixture around the stage's share


@dataclass(slots=True)
class SampleRatio:
    """Distinct keys under one share, counted by arm at their first request in a stage."""

    candidate: int = 0
    baseline: int = 0

    def add(self, *, from_candidate: bool) -> None:
        if from_candidate:
            self.candidate += 1
        else:
            self.baseline += 1

    def log_e_value(self, share: float) -> float:
        """Evidence against `share` (0..1): a beta-binomial mixture against the binomial.

        A martingale when every unit falls on the candidate with probability `share` (Lindon
        and Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022), so
        an e-value of 1,000 comes by chance at most once in 1,000 stages. Without two arms
        (a share of 0 or 1) there is nothing to compare: 0.

        >>> SampleRatio(candidate=10, baseline=90).log_e_value(0.1) < 0
        True
        >>> SampleRatio(candidate=0, baseline=150).log_e_value(0.1) > math.log(1000)
        True
        """
        if not 0.0 < share < 1.0:
            return 0.0
        a, b = PRIOR_UNITS * share, PRIOR_UNITS * (1.0 - share)
        mixture = _log_beta(a + self.candidate, b + self.baseline) - _log_beta(a, b)
        return mixture - self.candidate * math.log(share) - self.baseline * math.log1p(-share)

    def copy(self) -> SampleRatio:
        return SampleRatio(candidate=self.candidate, baseline=self.baseline)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
