"""The exact search: every pair of texts is held against the character bound, tile by tile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ratchet.quality.duplicates.bounds import SLACK, Profiles
from ratchet.quality.duplicates.report import Indices

SCAN_BUCKETS = 32  # each costs a pass over all pairs
SHARED_BUCKETS = 4  # of these: what is beyond the most frequent characters
SCAN_CEILING = 1023  # so that the sum over all buckets fits in 16 bits
TILE_ROWS = 128
TILE_COLUMNS = 1024  # two 16-bit tiles of this size stay in a core's cache


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Pairs of text numbers that may be duplicates."""

    first: Indices
    second: Indices

    def where(self, chosen: NDArray[np.bool_]) -> Candidates:
        """The chosen ones."""
        return Candidates(first=self.first[chosen], second=self.second[chosen])

    def each_once(self) -> Candidates:
        """Without repetition, whichever of the two texts came first."""
        low = np.minimum(self.first, self.second).astype(np.uint64)
        keys = np.unique(
            low << np.uint64(32) | np.maximum(self.first, self.second).astype(np.uint64)
        )
        return Candidates(
            first=(keys >> np.uint64(32)).astype(np.int64),
            second=(keys & np.uint64(0xFFFFFFFF)).astype(np.int64),
        )

    @classmethod
    def joined(cls, parts: Sequence[Candidates]) -> Candidates:
        """All candidates of at least one part."""
        return cls(
            first=np.concatenate([part.first for part in parts]),
            second=np.concatenate([part.second for part in parts]),
        )


def scan_within(profiles: Profiles, texts: Indices, *, threshold: float) -> Iterator[Candidates]:
    """All pairs among `texts` (distinct text numbers) that pass the character bound, once."""
    ordered = _by_length(profiles, texts)
    side = _Side.of(profiles, ordered, threshold)
    for start in range(0, len(ordered), TILE_ROWS):
        rows = slice(start, min(start + TILE_ROWS, len(ordered)))
        longest = side.lengths[rows.stop - 1]
        end = int(np.searchsorted(side.lengths, _longest_partner(longest, threshold), "right"))
        for i, j in _tiles(side, rows, side, slice(start, end)):
            once = i < j
            yield Candidates(first=ordered[i[once]], second=ordered[j[once]])


def scan_between(
    profiles: Profiles, texts: Indices, others: Indices, *, threshold: float
) -> Iterator[Candidates]:
    """All pairs of one of `texts` and one of `others` (disjoint) that pass the bound."""
    rows_by_length, columns_by_length = _by_length(profiles, texts), _by_length(profiles, others)
    row_side = _Side.of(profiles, rows_by_length, threshold)
    column_side = _Side.of(profiles, columns_by_length, threshold)
    for start in range(0, len(texts), TILE_ROWS):
        rows = slice(start, min(start + TILE_ROWS, len(texts)))
        shortest = _shortest_partner(row_side.lengths[start], threshold)
        longest = _longest_partner(row_side.lengths[rows.stop - 1], threshold)
        low = int(np.searchsorted(column_side.lengths, shortest, "left"))
        high = int(np.searchsorted(column_side.lengths, longest, "right"))
        for i, j in _tiles(row_side, rows, column_side, slice(low, high)):
            yield Candidates(first=rows_by_length[i], second=columns_by_length[j])


@dataclass(frozen=True, kw_only=True)
class _Side:
    """Texts in order of length: their bags, one bucket a row, and what they ask of a partner.

    As |x - y| = x + y - 2 min(x, y), the character bound L1(A, B) <= D reads
    sum min(A, B) >= need(a) + need(b), with need(a) = (sum A - (1 - t) |a|) / 2, rounded down.
    """

    lengths: Indices
    bags: NDArray[np.int16]
    needs: NDArray[np.int16]

    @classmethod
    def of(cls, profiles: Profiles, ordered: Indices, threshold: float) -> _Side:
        lengths = profiles.lengths[ordered]
        bags = _scan_bags(profiles.bags[ordered])
        needs = (bags.sum(axis=0, dtype=np.int64) - (1 - threshold) * lengths - SLACK) / 2
        lowest = np.iinfo(np.int16).min // 2  # a very long text: anything passes
        return cls(
            lengths=lengths,
            bags=bags,
            needs=np.floor(np.maximum(needs, lowest)).astype(np.int16),
        )


def _scan_bags(bags: NDArray[np.int16]) -> NDArray[np.int16]:
    """Fewer buckets, one a row; bags keep the most frequent characters first."""
    own = SCAN_BUCKETS - SHARED_BUCKETS
    rows = np.zeros((SCAN_BUCKETS, len(bags)), dtype=np.int16)
    rows[:own] = bags[:, :own].T
    for bucket in range(own, bags.shape[1]):
        rows[own + bucket % SHARED_BUCKETS] += bags[:, bucket]
    return np.minimum(rows, SCAN_CEILING, out=rows)


def _by_length(profiles: Profiles, texts: Indices) -> Indices:
    return texts[np.argsort(profiles.lengths[texts], kind="stable")]


def _longest_partner(length: int, threshold: float) -> float:
    """From |b| - |a| <= (1 - t)(|a| + |b|) follows |b| <= |a| (2 - t) / t."""
    return length * (2 - threshold) / threshold + 1


def _shortest_partner(length: int, threshold: float) -> float:
    return length * threshold / (2 - threshold) - 1


def _tiles(
    row_side: _Side, rows: slice, column_side: _Side, columns: slice
) -> Iterator[tuple[Indices, Indices]]:
    for start in range(columns.start, columns.stop, TILE_COLUMNS):
        part = slice(start, min(start + TILE_COLUMNS, columns.stop))
        i, j = np.nonzero(_passes(row_side, rows, column_side, part))
        if len(i):
            yield i + rows.start, j + part.start


def _passes(row_side: _Side, rows: slice, column_side: _Side, columns: slice) -> NDArray[np.bool_]:
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    shared = np.zeros(shape, dtype=np.int16)
    smaller = np.empty(shape, dtype=np.int16)
    for bucket in range(SCAN_BUCKETS):
        left, right = row_side.bags[bucket, rows, None], column_side.bags[bucket, columns]
        np.minimum(left, right, out=smaller)
        np.add(shared, smaller, out=shared)
    needed = np.add(row_side.needs[rows, None], column_side.needs[columns], out=smaller)
    passes: NDArray[np.bool_] = shared >= needed
    return passes
