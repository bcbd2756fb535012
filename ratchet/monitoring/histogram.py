"""Latencies in counted classes: percentiles over any span of time, from counts that add up.

The classes grow by a twelfth of a doubling (6 %), from 1 ms to an hour. A percentile is the
geometric middle of the class that holds its nearest rank, so it is off by less than 3 %.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping

STEPS_PER_DOUBLING = 12
LAST = 262
"""The class of an hour and more; 0 is that of a millisecond and less."""
EDGES: tuple[float, ...] = tuple(2 ** (step / STEPS_PER_DOUBLING) for step in range(LAST))
"""The lower ends of the classes 1 to LAST, in milliseconds."""

Counts = Mapping[int, int]
"""How many latencies are in each class; empty classes are left out."""


def class_of(latency_ms: float) -> int:
    """The class of a latency.

    >>> class_of(0.2), class_of(2.0), class_of(1e9)
    (0, 13, 262)
    """
    return bisect_right(EDGES, latency_ms)


def middle_of(number: int) -> float:
    """The geometric middle of a class, in milliseconds; the first and the last are open."""
    if number <= 0:
        return EDGES[0]
    return EDGES[-1] if number >= LAST else math.sqrt(EDGES[number - 1] * EDGES[number])


def added(histograms: Iterable[Counts]) -> Counts:
    """All latencies together."""
    total: Counter[int] = Counter()
    for counts in histograms:
        total.update(counts)
    return total


def at_rank(counts: Counts, rank: int) -> float | None:
    """The latency with so many not above it; None without a latency.

    >>> at_rank({class_of(100): 9, class_of(1000): 1}, 9) < 103
    True
    """
    if not counts:
        return None
    numbers = sorted(counts)
    below = 0
    for number in numbers:
        below += counts[number]
        if below >= rank:
            return middle_of(number)
    return middle_of(numbers[-1])


def percentile(counts: Counts, percent: float) -> float | None:
    """A percentile by nearest rank; None without a latency."""
    return at_rank(counts, math.ceil(sum(counts.values()) * percent / 100))


def percentile_bounds(counts: Counts, percent: float, *, z: float) -> tuple[float, float] | None:
    """The interval of a percentile from its order statistics, `z` standard errors to each side.

    Whatever the distribution, the rank of the true percentile is binomial. None without a
    latency.
    """
    total, share = sum(counts.values()), percent / 100
    spread = z * math.sqrt(total * share * (1 - share))
    lower = at_rank(counts, max(1, math.floor(total * share - spread)))
    upper = at_rank(counts, min(total, math.ceil(total * share + spread) + 1))
    return None if lower is None or upper is None else (lower, upper)
