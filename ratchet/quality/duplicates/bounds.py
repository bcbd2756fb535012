r"""Cheap conditions that two texts must meet to reach a ratio, each with its proof.

Write |a| for the length of a text and d for the indel distance of two texts: the least number
of single characters to insert or delete that turns one into the other. The ratio is
1 - d / (|a| + |b|), so that ratio >= t exactly when d <= D, with D = (1 - t)(|a| + |b|).

Length. An insertion or deletion changes the length by 1. Hence ||a| - |b|| <= d <= D.

Character bag. Let A(c) be how often c occurs in a. One operation changes one A(c) by 1, so
L1(A, B) = sum |A(c) - B(c)| <= d <= D. Putting characters together in buckets, and cutting
counts off at a ceiling, never makes the sum larger: |x + y| <= |x| + |y|, and cutting off
brings no two numbers further apart.

Split. Cut a at h into a1 a2. The fewest operations that turn a into b turn a1 into some
beginning of b, say b[:s], and a2 into the rest, so d = d(a1, b[:s]) + d(a2, b[s:]), and by the
character bag d >= f(s) = L1(A1, B[:s]) + L1(A2, B[s:]) for that s. We do not know s, but:

- d(a1, b[:s]) >= |s - h| and d(a2, b[s:]) >= |(|b| - s) - (|a| - h)|. With |a| <= |b|,
  e = |b| - |a| and u = s - h this is d >= |u| + |e - u|, so -r <= u <= e + r for
  r = (D - e) / 2: a stretch of D characters of b in which s must lie.
- f changes by at most 2 when s moves by 1, since one character goes from one side to the
  other. Between two places p < q where f is known, f(s) >= f(p) - 2 (s - p) and
  f(s) >= f(q) - 2 (q - s); adding both, f(s) >= (f(p) + f(q)) / 2 - (q - p).

So some interval of the stretch has f(p) + f(q) - 2 (q - p) <= 2 D. The counts of the
beginnings of each text are known at `GRID` even steps, and h is the middle step of a. With X =
B[:s] - A1 and E = B - A, f is the sum over the buckets of |X| + |E - X| = max(|E|, |2 X - E|).

Each condition is necessary: dropping the pairs that fail one drops no duplicate. D is taken
`SLACK` too large, far more than the rounding of floating point at any length that fits in memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ratchet.quality.duplicates.report import Indices

SLACK = 1e-6
GRID = 24  # steps of a text: more bring the split bound nearer to f, and cost memory
COUNT_CEILING = 8_000  # twice the difference of two counts, less another, fits in 16 bits
LONGEST_SPLIT = COUNT_CEILING  # the split bound lets longer texts pass: their counts may be cut
PAIRS_AT_ONCE = 2_048  # a few megabytes of counts, which stay in a core's cache


@dataclass(frozen=True, kw_only=True)
class Profiles:
    """What the bounds know of each of n texts, for any assignment of characters to k buckets.

    `lengths` (n) in characters; `bags` (n, k) counts cut off at a ceiling; `beginnings`
    (n, GRID + 1, k) counts of the first |a| * step // GRID characters, cut off too. The ceiling
    is `COUNT_CEILING`.
    """

    lengths: Indices
    bags: NDArray[np.int16]
    beginnings: NDArray[np.int16]

    def may_reach(self, first: Indices, second: Indices, threshold: float) -> NDArray[np.bool_]:
        """Which pairs of text numbers meet all conditions for a ratio of `threshold`."""
        possible = np.zeros(len(first), dtype=np.bool_)
        for start in range(0, len(first), PAIRS_AT_ONCE):
            part = slice(start, start + PAIRS_AT_ONCE)
            possible[part] = self._may_reach(first[part], second[part], threshold)
        return possible

    def have_near_lengths(
        self, first: Indices, second: Indices, threshold: float
    ) -> NDArray[np.bool_]:
        """Which pairs meet the condition on lengths."""
        apart = np.abs(self.lengths[first] - self.lengths[second])
        near: NDArray[np.bool_] = apart <= self._allowed(first, second, threshold)
        return near

    def have_near_bags(
        self, first: Indices, second: Indices, threshold: float
    ) -> NDArray[np.bool_]:
        """Which pairs meet the condition on characters."""
        difference = self.bags[first] - self.bags[second]
        distance = np.abs(difference, out=difference).sum(axis=1, dtype=np.int64)
        near: NDArray[np.bool_] = distance <= self._allowed(first, second, threshold)
        return near

    def _allowed(self, first: Indices, second: Indices, threshold: float) -> Indices:
        total = self.lengths[first] + self.lengths[second]
        allowed: Indices = np.floor((1 - threshold) * total + SLACK).astype(np.int64)
        return allowed

    def _may_reach(self, first: Indices, second: Indices, threshold: float) -> NDArray[np.bool_]:
        swap = self.lengths[first] > self.lengths[second]
        shorter, longer = np.where(swap, second, first), np.where(swap, first, second)
        left = np.flatnonzero(self.have_near_lengths(shorter, longer, threshold))
        left = left[self.have_near_bags(shorter[left], longer[left], threshold)]
        left = left[self._a_split_is_possible(shorter[left], longer[left], threshold)]
        possible = np.zeros(len(first), dtype=np.bool_)
        possible[left] = True
        return possible

    def _a_split_is_possible(
        self, shorter: Indices, longer: Indices, threshold: float
    ) -> NDArray[np.bool_]:
        """The split bound, for texts in order of length.

        The stretch is D <= 2 (1 - t) |b| long, that is 2 (1 - t) GRID steps, and may begin and
        end within a step.
        """
        allowed = self._allowed(shorter, longer, threshold)
        length, extra = self.lengths[longer], self.lengths[longer] - self.lengths[shorter]
        steps = min(GRID, int(np.ceil(2 * (1 - threshold) * GRID)) + 2)
        lowest = self.lengths[shorter] * (GRID // 2) // GRID - (allowed - extra + 1) // 2
        first_step = np.clip(lowest * GRID // np.maximum(length, 1), 0, GRID - steps)
        tried = first_step[:, None] + np.arange(steps + 1)
        places = length[:, None] * tried // GRID
        bound = self._split_distance(shorter, longer, tried)
        bound = bound[:, 1:] + bound[:, :-1] - 2 * np.diff(places, axis=1)
        possible: NDArray[np.bool_] = (bound <= 2 * allowed[:, None]).any(axis=1)
        return possible | (length > LONGEST_SPLIT)

    def _split_distance(self, shorter: Indices, longer: Indices, tried: Indices) -> Indices:
        """The f(s) of each pair at each of the tried steps of the longer text."""
        ends = self.beginnings[longer, -1] - self.beginnings[shorter, -1]
        counts = self.beginnings[longer[:, None], tried]
        counts -= self.beginnings[shorter, GRID // 2][:, None, :]
        counts *= 2
        counts -= ends[:, None, :]
        np.abs(counts, out=counts)
        np.maximum(counts, np.abs(ends)[:, None, :], out=counts)
        distance: Indices = counts.sum(axis=2, dtype=np.int32).astype(np.int64)
        return distance
