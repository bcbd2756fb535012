"""What a search has found so far: the pairs, which texts hang together, which are rejected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ratchet.quality.duplicates.report import DuplicateGroup, Indices, PairTable, Ratios


class Findings:
    """Takes in verified pairs; keeps at most `pair_limit` of them, and all their consequences.

    Texts are numbered 0..text_count-1, the first `stored_count` of them stored ones.
    """

    def __init__(self, *, text_count: int, stored_count: int, pair_limit: int) -> None:
        self._stored_count = stored_count
        self._pair_limit = pair_limit
        self._kept: list[tuple[Indices, Indices, Ratios]] = []
        self._kept_count = 0
        self.labels: Indices = np.arange(text_count)
        self.rejected: NDArray[np.bool_] = np.zeros(text_count, dtype=np.bool_)
        self.overfull = False

    def add(self, earlier: Indices, later: Indices, ratios: Ratios) -> None:
        """Take in pairs with `earlier` < `later` and `later` in the batch."""
        if not len(earlier):
            return
        room = self._pair_limit - self._kept_count
        self.overfull |= len(earlier) > room
        if room > 0:
            self._kept.append((earlier[:room], later[:room], ratios[:room]))
            self._kept_count += min(room, len(earlier))
        self.rejected[later] = True
        self._connect(earlier, later)

    def is_news(self, earlier: Indices, later: Indices) -> NDArray[np.bool_]:
        """Which pairs, if duplicates, would still change the groups or the rejections.

        As long as pairs are kept, all of them.
        """
        if self._kept_count < self._pair_limit:
            return np.ones(len(earlier), dtype=np.bool_)
        connected = self.labels[earlier] == self.labels[later]
        news: NDArray[np.bool_] = ~(connected & self.rejected[later])
        return news

    def pairs(self) -> PairTable:
        """The pairs kept, each once, sorted by the later text, then by the earlier."""
        columns = [np.concatenate(column) for column in zip(*self._kept, strict=True)]
        earlier, later, ratios = columns or (np.zeros(0, int), np.zeros(0, int), np.zeros(0))
        _, order = np.unique(later << 32 | earlier, return_index=True)
        return PairTable(
            earlier=earlier[order],
            later=later[order],
            ratios=ratios[order],
            stored_count=self._stored_count,
        )

    def groups(self) -> tuple[DuplicateGroup, ...]:
        """The groups of two texts and more, in the order of their representatives."""
        sizes = np.bincount(self.labels, minlength=len(self.labels))
        grouped = np.flatnonzero(sizes[self.labels] > 1)
        ordered = grouped[np.argsort(self.labels[grouped], kind="stable")]
        ends = np.cumsum(sizes[sizes > 1])
        return tuple(self._group(places) for places in np.split(ordered, ends)[:-1])

    def rejected_places(self) -> tuple[int, ...]:
        """The places in the batch of what is rejected, ascending."""
        return tuple(np.flatnonzero(self.rejected[self._stored_count :]).tolist())

    def _group(self, places: Indices) -> DuplicateGroup:
        stored = places < self._stored_count
        first_stored = bool(stored[0])
        return DuplicateGroup(
            representative=int(places[0]) - (0 if first_stored else self._stored_count),
            representative_stored=first_stored,
            members=tuple((places[~stored] - self._stored_count).tolist()),
            stored=tuple(places[stored].tolist()),
        )

    def _connect(self, earlier: Indices, later: Indices) -> None:
        """Give connected texts the label of the first; labels always name a first text.

        Each round hooks the root of the higher label below the lower one, and then shortens
        all ways to the root (Shiloach and Vishkin 1982): O(log n) rounds.
        """
        while True:
            left, right = self.labels[earlier], self.labels[later]
            apart = left != right
            if not apart.any():
                return
            earlier, later = earlier[apart], later[apart]
            low, high = np.minimum(left, right)[apart], np.maximum(left, right)[apart]
            np.minimum.at(self.labels, high, low)
            while not np.array_equal(shorter := self.labels[self.labels], self.labels):
                self.labels = shorter
