"""What a search for duplicates found: the pairs, the groups they form, and what to reject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Ratios = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DuplicatePair:
    """Two texts whose ratio reaches the threshold.

    `index` is a place in the batch. `earlier` is the place of the other text: in the batch
    too, and then below `index`, or in `against` when `stored` is true. `ratio` is 0..1.
    """

    index: int
    earlier: int
    stored: bool
    ratio: float


@dataclass(frozen=True, kw_only=True)
class DuplicateGroup:
    """Texts connected by pairs, directly or through one another.

    `members` are places in the batch and `stored` places in `against`, both ascending.
    `representative` is the first stored one if there is any, else the first of the batch;
    `representative_stored` says which of the two it is a place in.
    """

    representative: int
    representative_stored: bool
    members: tuple[int, ...]
    stored: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class PairTable(Sequence[DuplicatePair]):
    """Pairs in three columns, 24 bytes a pair, read as a sequence of records.

    `earlier` and `later` number `against` first and the batch after it; `stored_count` is
    where the batch starts. Sorted by `later`, then by `earlier`.
    """

    earlier: Indices
    later: Indices
    ratios: Ratios
    stored_count: int = 0

    def __len__(self) -> int:
        return len(self.ratios)

    @overload
    def __getitem__(self, place: int) -> DuplicatePair: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[DuplicatePair, ...]: ...
    def __getitem__(self, place: int | slice) -> DuplicatePair | tuple[DuplicatePair, ...]:
        if isinstance(place, slice):
            return tuple(self[each] for each in range(*place.indices(len(self))))
        earlier = int(self.earlier[place])
        stored = earlier < self.stored_count
        return DuplicatePair(
            index=int(self.later[place]) - self.stored_count,
            earlier=earlier if stored else earlier - self.stored_count,
            stored=stored,
            ratio=float(self.ratios[place]),
        )

    def __iter__(self) -> Iterator[DuplicatePair]:
        return (self[place] for place in range(len(self)))


@dataclass(frozen=True, kw_only=True)
class DuplicateReport:
    """The duplicates of a batch of `text_count` texts at `threshold`.

    `pairs` holds every pair found among texts that differ. Equal texts are compared once, as
    their first occurrence (`against` comes before the batch); each later copy in the batch
    has one pair, with that first occurrence, at ratio 1. `pairs_complete` is false when there
    were more pairs than the limit; then `pairs` is cut, and `groups` and `rejected` are not.

    `rejected` are the places in the batch, ascending, whose text is within the threshold of
    an earlier text of the batch, rejected itself or not, or of a stored one. `exact` says
    whether every pair was found for certain.
    """

    threshold: float
    text_count: int
    exact: bool
    pairs: PairTable
    pairs_complete: bool
    groups: tuple[DuplicateGroup, ...]
    rejected: tuple[int, ...] = field(default=())

    @property
    def rejection_rate(self) -> float:
        """The share of the batch that is rejected, 0..1; 0 for an empty batch."""
        return len(self.rejected) / self.text_count if self.text_count else 0.0
