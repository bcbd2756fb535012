r"""Cheap conditions that two texts must meet to reach a ratio, each with its proof.

Write |a| for the length of a text and d for the indel distance of two texts: the least number
of single characters to insert or delete that turns one into the other. The ratio is
1 - d / (|a| + |b|), so that ratio >= t exactly when d <= D, with D = (1 - t)(|a| + |b|).

Length. An insertion or deletion changes the length by 1. Hence ||a| - |b|| <= d <= D.

Character bag. Let A(c) be how often c occurs in a. One operation changes one A(c) by 1, so
L1(A, B) = sum |A(c) - B(c)| <= d <= D. Putting characters together in buckets, and cutting
counts off at a ceiling, never makes the sum larger: |x + y| <= |x| + |y|, and cutting off
brings no two numbers further apart. And as |x - y| = x + y - 2 min(x, y), the condition is
sum min(A, B) >= (sum A + sum B - D) / 2, which is how it is computed.

Bigram bag (the q-gram lemma, Ukkonen 1992, for insertions and deletions alone). Inserting a
character breaks the bigram across the place, at most 1, and makes those that hold the new
character, at most 2; a deletion is the reverse. So the bags of bigrams differ by at most 3 d.
The sketch keeps, for each of `SKETCH_BITS` hash values, whether its bigrams occur an odd number
of times. Two sketches differ in a bit only if the counts behind it differ, so
popcount(sketch a xor sketch b) <= L1 of the bigram bags <= 3 d <= 3 D.

Each condition is necessary: dropping the pairs that fail one drops no duplicate. D is taken
`SLACK` too large, far more than the rounding of floating point at any length that fits in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ratchet.quality.duplicates.characters import TextBlock, read_blocks
from ratchet.quality.duplicates.report import Indices

SLACK = 1e-6
BUCKETS = 32  # 28 for the most frequent characters, 4 for all others
OWN_BUCKETS = 28
BAG_CEILING = 1023  # the sum over all buckets still fits in 16 bits
SKETCH_BITS = 2048  # about four times the bigrams of a 500-character text
OPERATION_BIGRAMS = 3  # 2 q - 1 for q = 2
TABLE_CODES = 1 << 16  # code points above it go to the shared buckets
PAIRS_AT_ONCE = 1 << 15  # 512 bytes of sketch a pair


@dataclass(frozen=True, kw_only=True)
class Profiles:
    """What the bounds know of each text.

    `lengths` (n), `bags` (n, BUCKETS) of counts, `bag_sums` (n), and `sketches`
    (n, SKETCH_BITS / 64) of parity bits.
    """

    lengths: Indices
    bags: NDArray[np.int16]
    bag_sums: Indices
    sketches: NDArray[np.uint64]

    def allowed_distance(self, first: Indices, second: Indices, threshold: float) -> Indices:
        """The largest indel distance of each pair that reaches `threshold`."""
        total = self.lengths[first] + self.lengths[second]
        allowed: Indices = np.floor((1 - threshold) * total + SLACK).astype(np.int64)
        return allowed

    def may_reach(
        self, first: Indices, second: Indices, threshold: float, *, bags_known: bool = False
    ) -> NDArray[np.bool_]:
        """Which pairs meet all conditions; `bags_known` skips the one on characters."""
        possible = np.zeros(len(first), dtype=np.bool_)
        for start in range(0, len(first), PAIRS_AT_ONCE):
            a, b = first[start : start + PAIRS_AT_ONCE], second[start : start + PAIRS_AT_ONCE]
            allowed = self.allowed_distance(a, b, threshold)
            left = np.flatnonzero(np.abs(self.lengths[a] - self.lengths[b]) <= allowed)
            if not bags_known:
                left = left[self._bag_distance(a[left], b[left]) <= allowed[left]]
            left = left[self._bit_distance(a[left], b[left]) <= OPERATION_BIGRAMS * allowed[left]]
            possible[start + left] = True
        return possible

    def _bag_distance(self, first: Indices, second: Indices) -> Indices:
        difference = self.bags[first] - self.bags[second]
        distance: Indices = np.abs(difference, out=difference).sum(axis=1, dtype=np.int64)
        return distance

    def _bit_distance(self, first: Indices, second: Indices) -> Indices:
        differing = np.bitwise_count(self.sketches[first] ^ self.sketches[second])
        distance: Indices = differing.sum(axis=1, dtype=np.int64)
        return distance


def profile(texts: Sequence[str]) -> Profiles:
    """Count the characters and sketch the bigrams of `texts`."""
    count = len(texts)
    bags = np.zeros((count, BUCKETS), dtype=np.int16)
    sketches = np.zeros((count, SKETCH_BITS // 64), dtype=np.uint64)
    table: NDArray[np.int64] | None = None
    for block in read_blocks(texts):
        table = _bucket_table(block) if table is None else table
        part = slice(block.start, block.start + block.count)
        bags[part] = _count_characters(block, table)
        sketches[part] = _sketch_bigrams(block)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=count)
    bag_sums = bags.sum(axis=1, dtype=np.int64)
    return Profiles(lengths=lengths, bags=bags, bag_sums=bag_sums, sketches=sketches)


def _bucket_table(block: TextBlock) -> NDArray[np.int64]:
    """A bucket for each code point: one each for the most frequent, the rest shared.

    Any assignment keeps the bounds true; this one keeps them sharp.
    """
    low = block.codes[block.codes < TABLE_CODES].astype(np.int64)
    counts = np.bincount(low, minlength=TABLE_CODES)
    table = OWN_BUCKETS + np.arange(TABLE_CODES) % (BUCKETS - OWN_BUCKETS)
    table[np.argsort(-counts, kind="stable")[:OWN_BUCKETS]] = np.arange(OWN_BUCKETS)
    return table


def _count_characters(block: TextBlock, table: NDArray[np.int64]) -> NDArray[np.int16]:
    codes = np.minimum(block.codes, TABLE_CODES - 1).astype(np.int64)
    counts = np.bincount(
        block.owners * BUCKETS + table[codes], minlength=block.count * BUCKETS
    ).reshape(block.count, BUCKETS)
    return np.minimum(counts, BAG_CEILING).astype(np.int16)


def _sketch_bigrams(block: TextBlock) -> NDArray[np.uint64]:
    grams = block.grams(2)
    sketches = np.zeros((block.count, SKETCH_BITS // 64), dtype=np.uint64)
    bits = (grams.hashes >> np.uint64(40)).astype(np.int64) % SKETCH_BITS
    texts_at_once = 1024  # 16 MB of counters
    for start in range(0, block.count, texts_at_once):
        stop = min(start + texts_at_once, block.count)
        low, high = np.searchsorted(grams.owners, (start, stop))
        places = (grams.owners[low:high] - start) * SKETCH_BITS + bits[low:high]
        odd = (np.bincount(places, minlength=(stop - start) * SKETCH_BITS) & 1).astype(np.bool_)
        sketches[start:stop] = np.packbits(odd).view(np.uint64).reshape(stop - start, -1)
    return sketches
