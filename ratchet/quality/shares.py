"""Arithmetic of shares within a tolerance: who is in bounds, and what is missing to get there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

STEPS_TO_TRY = 1000  # totals above the first candidate; rounding settles within a few
ROUNDING = 1e-9  # shares are quotients of whole numbers: keep 0.1 + 0.2 inside 0.3


@dataclass(frozen=True, kw_only=True)
class Band:
    """The lowest and the highest share allowed, 0..1."""

    low: float
    high: float

    def least(self, total: float) -> int:
        """The fewest that are enough among `total`."""
        return math.ceil(self.low * total - ROUNDING)

    def most(self, total: float) -> int:
        """The most that are allowed among `total`."""
        return math.floor(self.high * total + ROUNDING)

    def holds(self, count: int, total: int) -> bool:
        """Whether `count` of `total` is in the band."""
        return self.least(total) <= count <= self.most(total)


def bands(targets: Mapping[str, float], tolerance: float) -> dict[str, Band]:
    """The band around each target share.

    >>> bands({"hard": 0.2}, 0.1)["hard"].holds(3, 10)
    True
    """
    return {
        key: Band(low=max(0.0, target - tolerance), high=min(1.0, target + tolerance))
        for key, target in targets.items()
    }


def missing_counts(
    counts: Mapping[str, int], allowed: Mapping[str, Band], *, at_least: int = 0
) -> dict[str, int]:
    """How many more of each key bring every share into its band, nothing taken away.

    The total is the smallest that works, and not below `at_least`. Keys that need none are
    left out. Bands that contradict each other (all of them below their part of the whole)
    give the least of each key.

    >>> missing_counts({"easy": 9, "hard": 0}, bands({"easy": 0.8, "hard": 0.2}, 0.1))
    {'hard': 1}
    >>> missing_counts({"easy": 4}, bands({"easy": 0.3, "medium": 0.5, "hard": 0.2}, 0.1))
    {'medium': 5, 'hard': 1}
    """
    total = _smallest_total(counts, allowed, at_least)
    wanted = {key: max(0, band.least(total) - counts.get(key, 0)) for key, band in allowed.items()}
    rest = total - sum(counts.values()) - sum(wanted.values())
    for key, band in allowed.items():
        room = band.most(total) - counts.get(key, 0) - wanted[key]
        extra = max(0, min(rest, room))
        wanted[key] += extra
        rest -= extra
    return {key: count for key, count in wanted.items() if count}


def _smallest_total(counts: Mapping[str, int], allowed: Mapping[str, Band], at_least: int) -> int:
    crowded = (
        math.ceil(counts.get(key, 0) / band.high) for key, band in allowed.items() if band.high
    )
    start = max(at_least, sum(counts.values()), 1, *crowded, 1)
    reachable = (
        total
        for total in range(start, start + STEPS_TO_TRY)
        if _is_reachable(counts, allowed, total)
    )
    return next(reachable, start)


def _is_reachable(counts: Mapping[str, int], allowed: Mapping[str, Band], total: int) -> bool:
    """Whether adding examples can give `total` of them with every share in its band."""
    strangers = sum(count for key, count in counts.items() if key not in allowed)
    low = high = strangers
    for key, band in allowed.items():
        if counts.get(key, 0) > band.most(total):
            return False
        low += max(counts.get(key, 0), band.least(total))
        high += band.most(total)
    return low <= total <= high
