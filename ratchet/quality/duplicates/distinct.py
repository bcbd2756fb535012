"""The distinct texts of a search: equal texts are put together before anything is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ratchet.quality.duplicates.report import Indices


@dataclass(frozen=True, kw_only=True)
class DistinctTexts:
    """Each text once, the `stored_count` ones of `against` first, in order of appearance.

    `places` are where each was seen first, counting through `against` and then the batch.
    `copies` are the places in the batch of further occurrences, `originals` of their firsts.
    """

    texts: list[str]
    places: Indices
    stored_count: int
    copies: Indices
    originals: Indices

    @property
    def stored(self) -> Indices:
        """The numbers of the texts that occur in `against`."""
        return np.arange(self.stored_count)

    @property
    def batch(self) -> Indices:
        """The numbers of the texts that occur in the batch alone."""
        return np.arange(self.stored_count, len(self.texts))


def collect_distinct(texts: Sequence[str], against: Sequence[str]) -> DistinctTexts:
    """Put equal texts together.

    >>> distinct = collect_distinct(["b", "a", "b"], ["a"])
    >>> distinct.texts, distinct.copies.tolist(), distinct.originals.tolist()
    (['a', 'b'], [2, 3], [0, 1])
    """
    first_places: dict[str, int] = {}
    for place, text in enumerate(against):
        first_places.setdefault(text, place)
    stored_count = len(first_places)
    copies: list[int] = []
    originals: list[int] = []
    for place, text in enumerate(texts, start=len(against)):
        original = first_places.setdefault(text, place)
        if original != place:
            copies.append(place)
            originals.append(original)
    return DistinctTexts(
        texts=list(first_places),
        places=np.fromiter(first_places.values(), dtype=np.int64, count=len(first_places)),
        stored_count=stored_count,
        copies=np.array(copies, dtype=np.int64),
        originals=np.array(originals, dtype=np.int64),
    )
