"""A bound on the values of a label, so that an app that makes up names costs no memory."""

from __future__ import annotations

from collections.abc import Iterable

MAX_VALUES = 50
OTHER = "other"


def bounded(values: Iterable[str], *, at_most: int = MAX_VALUES) -> dict[str, str]:
    """Each value with the label it gets: itself, or `other` beyond the first `at_most`.

    >>> bounded(["a", "b", "a", "c"], at_most=2)
    {'a': 'a', 'b': 'b', 'c': 'other'}
    """
    distinct = list(dict.fromkeys(values))
    return {value: value if n < at_most else OTHER for n, value in enumerate(distinct)}
