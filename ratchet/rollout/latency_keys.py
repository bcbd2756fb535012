"""What requests of one key have in common: the part of a latency's variance that they share.

A user whose requests are slow by habit is one observation more than a few. With x the latency
of a request, the variance of a difference of means is the sum over keys of the squared sum of
their residuals (Liang and Zeger, Biometrika 73, 1986; for experiments randomised by cluster
Abadie, Athey, Imbens and Wooldridge, QJE 138, 2023). That is the variance of independent
requests plus twice the products of residuals over all pairs of requests of one key; this
module keeps the pairs' part, the excess, in sums that cost the same whatever the history.

A request that is its own key has no pairs and is never seen here. The rollout compares period
by period (see `stage_statistics`). Within one a key stands on one side; it may come back in
another, on either: what it did in closed periods is carried as one number a window.

A variance from few keys is itself uncertain, so bounds are widened as Student's t is wider
than the normal distribution (Imbens and Kolesar, Review of Economics and Statistics 98, 2016,
for few clusters). Its degrees of freedom come from the effective number of keys of each arm,
n^2 / sum of squared counts (Kish 1965), by Satterthwaite's rule with keys that vary alike.

At most `KEYS` keys an arm are followed in a period. The excess of the rest is taken to be in
proportion; those followed are the first that came, so the busiest ones, and the proportion
errs on the side of a wider interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from heapq import nlargest

from ratchet.rollout.latency_evidence import Moments
from ratchet.rollout.stage_statistics import PeriodStatistics

KEYS = 20_000


@dataclass(slots=True)
class ArmKeys:
    """The keys of one arm in the open period; latencies are taken relative to `center`.

    `sums` holds the count and the sum of each key. Over all pairs (i, j) of requests of one
    key: `pairs` is their number, `pair_sums` the sum of y_i + y_j, `pair_products` that of
    y_i y_j. `carried` holds, a window, the sums of T y and of T over the requests, T being
    what their key carried into the period.
    """

    center: float | None = None
    untracked: int = 0
    sums: dict[int, tuple[int, float]] = field(default_factory=dict)
    pairs: int = 0
    pair_sums: float = 0.0
    pair_products: float = 0.0
    carried: list[tuple[float, float]] = field(default_factory=lambda: [(0.0, 0.0)] * 2)

    def add(self, key: int, latency_ms: float, carried: Iterable[float]) -> None:
        if self.center is None:
            self.center = latency_ms
        count, total = self.sums.get(key, (0, 0.0))
        if not count and len(self.sums) >= KEYS:
            self.untracked += 1
            return
        value = latency_ms - self.center
        self.sums[key] = (count + 1, total + value)
        if count:
            self.pairs += count
            self.pair_sums += count * value + total
            self.pair_products += value * total
        self.carried = [
            (products + before * value, totals + before)
            for (products, totals), before in zip(self.carried, carried, strict=True)
        ]

    def excess(self, window: int, weight: float, moments: Moments) -> float:
        """Twice the products of the arm's residuals times `weight`, over pairs and with T."""
        offset = moments.mean - (self.center or 0.0)
        within = self.pair_products - offset * (self.pair_sums - offset * self.pairs)
        products, totals = self.carried[window]
        found = 2.0 * weight * (weight * within + products - offset * totals)
        followed = moments.count - self.untracked
        return max(found, found * moments.count / followed) if followed > 0 else found

    def effective_keys(self, moments: Moments) -> float:
        """How many keys with equal counts would tell as much; own keys count as one each."""
        followed = moments.count - self.untracked
        return followed * followed / (followed + 2.0 * self.pairs) if followed > 0 else 0.0

    def residuals(self, weight: float, moments: Moments) -> Iterator[tuple[int, float]]:
        """The sum of the residuals of each key times `weight`."""
        offset = moments.mean - (self.center or 0.0)
        for key, (count, total) in self.sums.items():
            yield key, weight * (total - offset * count)

    def copy(self) -> ArmKeys:
        return ArmKeys(
            center=self.center,
            untracked=self.untracked,
            sums=dict(self.sums),
            pairs=self.pairs,
            pair_sums=self.pair_sums,
            pair_products=self.pair_products,
            carried=list(self.carried),
        )


@dataclass(slots=True)
class Carried:
    """What closed periods leave to a window: the residuals of each key, and their excess.

    `freedom` are the degrees of freedom of the best of them.
    """

    residuals: dict[int, float] = field(default_factory=dict)
    excess: float = 0.0
    freedom: float = 0.0

    def copy(self) -> Carried:
        return Carried(residuals=dict(self.residuals), excess=self.excess, freedom=self.freedom)


@dataclass(slots=True)
class LatencyKeys:
    """The keys of the open period, and what the stage and the rollout carried into it."""

    candidate: ArmKeys = field(default_factory=ArmKeys)
    baseline: ArmKeys = field(default_factory=ArmKeys)
    stage: Carried = field(default_factory=Carried)
    rollout: Carried = field(default_factory=Carried)

    def add(self, key: int, latency_ms: float, *, from_candidate: bool) -> None:
        """Count a latency of a key (a fingerprint) in the open period."""
        arm = self.candidate if from_candidate else self.baseline
        stage, rollout = self.stage.residuals, self.rollout.residuals
        arm.add(key, latency_ms, (stage.get(key, 0.0), rollout.get(key, 0.0)))

    def stage_excess(self, period: PeriodStatistics) -> float:
        """The excess of the stage's sum of weight times difference; `period` is the open one."""
        return self.stage.excess + self._open_excess(0, period)

    def rollout_excess(self, period: PeriodStatistics) -> float:
        """The excess of the rollout's sum of weight times difference."""
        return self.rollout.excess + self._open_excess(1, period)

    def stage_freedom(self, period: PeriodStatistics) -> float:
        """Degrees of freedom of the stage's variance; infinite when requests share no key."""
        return self._freedom(self.stage, period)

    def rollout_freedom(self, period: PeriodStatistics) -> float:
        """Degrees of freedom of the rollout's variance."""
        return self._freedom(self.rollout, period)

    def close(self, period: PeriodStatistics, *, ends_stage: bool) -> None:
        """End the open `period`; a new stage begins with an empty window of its own."""
        self.stage.excess = self.stage_excess(period)
        self.rollout.excess = self.rollout_excess(period)
        freedom = self._open_freedom(period)
        self.stage.freedom = max(self.stage.freedom, freedom)
        self.rollout.freedom = max(self.rollout.freedom, freedom)
        for arm, weight, moments in self._arms(period):
            for key, residual in arm.residuals(weight, moments):
                for carried in (self.stage.residuals, self.rollout.residuals):
                    carried[key] = carried.get(key, 0.0) + residual
        self.candidate, self.baseline = ArmKeys(), ArmKeys()
        self.stage = Carried() if ends_stage else _trimmed(self.stage)
        self.rollout = _trimmed(self.rollout)

    def copy(self) -> LatencyKeys:
        return LatencyKeys(
            candidate=self.candidate.copy(),
            baseline=self.baseline.copy(),
            stage=self.stage.copy(),
            rollout=self.rollout.copy(),
        )

    def _open_excess(self, window: int, period: PeriodStatistics) -> float:
        return sum(
            arm.excess(window, weight, moments) for arm, weight, moments in self._arms(period)
        )

    def _freedom(self, window: Carried, period: PeriodStatistics) -> float:
        """Of the window's best period: the keys of one are mostly those of the others."""
        is_keyed = window.residuals or self.candidate.pairs or self.baseline.pairs
        return max(window.freedom, self._open_freedom(period)) if is_keyed else math.inf

    def _open_freedom(self, period: PeriodStatistics) -> float:
        ours = self.candidate.effective_keys(period.candidate.latency)
        theirs = self.baseline.effective_keys(period.baseline.latency)
        if min(ours, theirs) <= 1.0:
            return 0.0
        parts = ((1.0 / ours, ours - 1.0), (1.0 / theirs, theirs - 1.0))
        total = sum(variance for variance, _ in parts)
        return total * total / sum(variance**2 / freedom for variance, freedom in parts)

    def _arms(self, period: PeriodStatistics) -> Iterator[tuple[ArmKeys, float, Moments]]:
        """Each arm with the weight of a request in (n_c n_b / n) times the difference."""
        ours, theirs = period.candidate.latency, period.baseline.latency
        if ours.count and theirs.count:
            total = ours.count + theirs.count
            yield self.candidate, theirs.count / total, ours
            yield self.baseline, -ours.count / total, theirs


def _trimmed(carried: Carried) -> Carried:
    """The largest residuals, if there are too many to carry."""
    if len(carried.residuals) <= KEYS:
        return carried
    largest = nlargest(KEYS, carried.residuals.items(), key=lambda item: (abs(item[1]), item[0]))
    return replace(carried, residuals=dict(largest))
