"""An index of fingerprints that grows: texts come in batches, and each meets those before it.

It holds 64 to 128 fingerprints of a text (see `ratchet.quality.duplicates.fingerprints`) and no
text, about a kilobyte each while it grows. Sorted runs of them are merged when they are of like
size, so that a text is moved a logarithmic number of times, and a look-up asks few runs.

A text that comes in looks up its rarest fingerprints among those that the index knows. What an
edit creates is mostly unknown to it and left out, so that a near text shares most of what is
looked up, whatever was edited. The texts that share most are given; in a crowd of texts that
share as much (one boilerplate, one template) a near one may be left out.

Fingerprints say nothing of a very short text: those are for the caller to compare.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ratchet.quality.duplicates.bounds import SLACK
from ratchet.quality.duplicates.characters import Hashes, read_blocks
from ratchet.quality.duplicates.fingerprints import (
    GRAM_DOUBLINGS,
    fingerprints_of,
    sparseness,
)
from ratchet.quality.duplicates.report import Indices

LOOKED_UP = 48  # rarest fingerprints of a text that are looked up
SHARED_SHARE = 0.15  # of the fingerprints looked up, found in the other text
LEAST_SHARED = 2
POSTINGS_A_TEXT = 12_000  # places in the index that one text may visit
CANDIDATES_A_TEXT = 24  # those that share most
POSTINGS_AT_ONCE = 2_000_000
_ID_BITS = np.uint64(32)
_ID_MASK = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Pairs of a new text and an indexed one, by number, that share `share` of what was asked.

    What the other, being longer, does not keep is not counted as asked.

    Ordered by the new text, and for each the most alike first.
    """

    new: Indices
    indexed: Indices
    share: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Question:
    """The ratio that is asked for, and the length of each text.

    When the texts `are_indexed` themselves, what is in no other text is not looked up, and each
    text finds itself too.
    """

    threshold: float
    lengths: Indices
    are_indexed: bool = False


class GrowingIndex:
    """Fingerprints of all texts added so far, by the numbers that they were added under.

    A fingerprint is of 2**doublings characters: eight tell long texts apart, four find short ones
    again that a few edits have changed.
    """

    def __init__(self, *, doublings: int = GRAM_DOUBLINGS) -> None:
        self._doublings = doublings
        self._runs: list[Hashes] = []
        self._lengths = np.zeros(0, dtype=np.int64)

    def read(self, texts: Sequence[str]) -> Hashes:
        """The distinct fingerprints of each text, above the place of the text, sorted."""
        nothing = np.zeros(0, dtype=np.uint64)
        blocks = read_blocks(texts)
        found = (fingerprints_of(block, doublings=self._doublings) for block in blocks)
        keys: Hashes = np.concatenate([nothing, *found])
        keys.sort()
        return keys[np.concatenate(([True], keys[1:] != keys[:-1]))] if len(keys) else keys

    def add(self, keys: Hashes, numbers: Indices, lengths: Indices) -> None:
        """Take in texts that were `read`, under `numbers` that are new, one for each place."""
        if not len(keys):
            return
        room = int(numbers.max()) + 1 - len(self._lengths)
        if room > 0:
            self._lengths = np.append(self._lengths, np.zeros(room, dtype=np.int64))
        self._lengths[numbers] = lengths
        owners = numbers[(keys & _ID_MASK).astype(np.int64)]
        keys = (keys & ~_ID_MASK) | owners.astype(np.uint64)
        keys.sort()
        self._runs.append(keys)
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            merged = np.concatenate((self._runs.pop(), self._runs.pop()))
            merged.sort(kind="stable")
            self._runs.append(merged)

    def find(self, keys: Hashes, asked: NDArray[np.bool_], question: Question) -> Shared:
        """The indexed texts that share the rare fingerprints of each text that was `read`.

        `asked` says of each place whether it is asked about. The one that shares most is there
        whatever its length; of the others, those whose length lets the ratio be reached.
        """
        keys = keys[asked[(keys & _ID_MASK).astype(np.int64)]]
        portions = self._lookups(keys, unshared=int(question.are_indexed))
        found = [self._shared(lookups, question) for lookups in portions]
        none = np.zeros(0, dtype=np.int64)
        return Shared(
            new=np.concatenate([none, *(each.new for each in found)]),
            indexed=np.concatenate([none, *(each.indexed for each in found)]),
            share=np.concatenate([none.astype(np.float64), *(each.share for each in found)]),
        )

    def _lookups(self, keys: Hashes, *, unshared: int) -> Iterator[_Lookups]:
        """The rarest known fingerprints of each text, as many as it can afford, in portions."""
        lows = [np.searchsorted(run, keys & ~_ID_MASK, "left") for run in self._runs]
        highs = [np.searchsorted(run, keys | _ID_MASK, "right") for run in self._runs]
        if not lows or not len(keys):
            return
        low, high = np.stack(lows), np.stack(highs)
        visits = (high - low).sum(axis=0)
        owners = (keys & _ID_MASK).astype(np.int64)
        order = np.lexsort((visits, owners))
        order = order[visits[order] > unshared]
        order = order[_affordable(owners[order], visits[order])]
        owners, visits, low, high = owners[order], visits[order], low[:, order], high[:, order]
        total = np.cumsum(visits)
        start = 0
        while start < len(owners):
            reached = total[start - 1] if start else 0
            end = int(np.searchsorted(total, reached + POSTINGS_AT_ONCE, "left"))
            end = int(np.searchsorted(owners, owners[min(end, len(owners) - 1)], "right"))
            yield _Lookups(owners=owners[start:end], low=low[:, start:end], high=high[:, start:end])
            start = end

    def _shared(self, lookups: _Lookups, question: Question) -> Shared:
        """Count what each text shares with every one that it meets."""
        pairs = np.concatenate(
            [
                _postings(run, lookups.owners, low, high)
                for run, low, high in zip(self._runs, lookups.low, lookups.high, strict=True)
            ]
        )
        pairs.sort()
        starts = np.flatnonzero(np.concatenate(([True], pairs[1:] != pairs[:-1])))
        shared = np.diff(starts, append=len(pairs))
        several = shared >= LEAST_SHARED
        return self._ranked(pairs[starts[several]], shared[several], lookups, question)

    def _ranked(
        self, pairs: Hashes, shared: Indices, lookups: _Lookups, question: Question
    ) -> Shared:
        """Of each text, the pairs that share most and whose lengths are near."""
        new, indexed = (pairs >> _ID_BITS).astype(np.int64), (pairs & _ID_MASK).astype(np.int64)
        first, other = question.lengths[new], self._lengths[indexed]
        kept = np.minimum(1, sparseness(first) / sparseness(other))  # a longer text keeps fewer
        share = shared / (np.bincount(lookups.owners)[new] * kept)
        order = np.lexsort((-share, new))
        order = order[share[order] >= SHARED_SHARE]
        apart, total = np.abs(first - other)[order], (first + other)[order]
        near = apart <= (1 - question.threshold) * total + SLACK
        order = order[near | (_ranks(new[order]) == 0)]
        order = order[_ranks(new[order]) < CANDIDATES_A_TEXT]
        return Shared(new=new[order], indexed=indexed[order], share=share[order])


def of_places(keys: Hashes, places: Indices, count: int) -> Hashes:
    """Of the fingerprints of `count` texts, those of the texts at `places`, each named once.

    The order of `places` is that of the texts from now on.
    """
    new = np.full(count, -1, dtype=np.int64)
    new[places] = np.arange(len(places))
    owners = new[(keys & _ID_MASK).astype(np.int64)]
    kept = owners >= 0
    found: Hashes = (keys[kept] & ~_ID_MASK) | owners[kept].astype(np.uint64)
    return found


@dataclass(frozen=True, kw_only=True)
class _Lookups:
    """Which text looks up which stretch (`low` to `high`) of each run."""

    owners: Indices
    low: Indices
    high: Indices


def _affordable(owners: Indices, visits: Indices) -> NDArray[np.bool_]:
    """The first `LOOKED_UP` of each text, while their visits are within the limit."""
    if not len(owners):
        return np.zeros(0, dtype=np.bool_)
    total = np.cumsum(visits)
    firsts = np.flatnonzero(np.concatenate(([True], owners[1:] != owners[:-1])))
    before = np.repeat((total - visits)[firsts], np.diff(firsts, append=len(owners)))
    ranks = _ranks(owners)
    within = (total - before <= POSTINGS_A_TEXT) | (ranks < LEAST_SHARED)
    wanted: NDArray[np.bool_] = (ranks < LOOKED_UP) & within
    return wanted


def _ranks(owners: Indices) -> Indices:
    """The place of each entry among those of its owner; equal owners are neighbours."""
    if not len(owners):
        return owners
    firsts = np.flatnonzero(np.concatenate(([True], owners[1:] != owners[:-1])))
    sizes = np.diff(firsts, append=len(owners))
    return np.arange(len(owners)) - np.repeat(firsts, sizes)


def _postings(run: Hashes, owners: Indices, low: Indices, high: Indices) -> Hashes:
    """Each text in the stretches of a run, below the number of the one that looks it up."""
    counts = high - low
    offsets = np.cumsum(counts) - counts
    places = np.repeat(low - offsets, counts) + np.arange(int(counts.sum()))
    pairs: Hashes = np.repeat(owners.astype(np.uint64) << _ID_BITS, counts)
    pairs |= run[places] & _ID_MASK
    return pairs
