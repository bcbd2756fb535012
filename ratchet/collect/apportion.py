"""Dividing a whole number by shares."""

from __future__ import annotations

import math
from collections.abc import Sequence


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Divide `total` by `weights` into whole numbers (largest remainder method).

    >>> apportion(20, [0.3, 0.5, 0.2]), apportion(7, [1, 1, 1])
    ([6, 10, 4], [3, 2, 2])
    """
    quotas = [total * weight / sum(weights) for weight in weights]
    parts = [math.floor(quota + 1e-9) for quota in quotas]  # 1e-9: 0.3 * 10 is 3, not 2.99
    by_remainder = sorted(range(len(weights)), key=lambda i: (parts[i] - quotas[i], i))
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts
