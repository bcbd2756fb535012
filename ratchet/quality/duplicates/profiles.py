"""Counting the characters of texts, whole and of their beginnings, for the bounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ratchet.quality.duplicates.bounds import COUNT_CEILING, GRID, Profiles
from ratchet.quality.duplicates.characters import TextBlock, read_blocks
from ratchet.quality.duplicates.report import Indices

BUCKETS = 48
OWN_BUCKETS = 44  # one each for the most frequent characters, the other four shared
TABLE_CODES = 1 << 16  # code points from here on share the last one's bucket


def profile(texts: Sequence[str]) -> Profiles:
    """Count the characters of `texts`; 2.5 kB a text.

    Bucket k holds the k-th most frequent character of the first texts.
    """
    count = len(texts)
    beginnings = np.zeros((count, GRID + 1, BUCKETS), dtype=np.int16)
    table: Indices | None = None
    for block in read_blocks(texts):
        table = _bucket_table(block) if table is None else table
        beginnings[block.texts, 1:] = _count_steps(block, table)
    return Profiles(
        lengths=np.fromiter(map(len, texts), dtype=np.int64, count=count),
        bags=np.ascontiguousarray(beginnings[:, -1]),
        beginnings=beginnings,
    )


def _bucket_table(block: TextBlock) -> Indices:
    """A bucket for each code point. Any keeps the bounds true; this one keeps them sharp."""
    counts = np.bincount(_table_places(block), minlength=TABLE_CODES)
    table = OWN_BUCKETS + np.arange(TABLE_CODES) % (BUCKETS - OWN_BUCKETS)
    table[np.argsort(-counts, kind="stable")[:OWN_BUCKETS]] = np.arange(OWN_BUCKETS)
    return table


def _table_places(block: TextBlock) -> Indices:
    return np.minimum(block.codes, TABLE_CODES - 1)


def _count_steps(block: TextBlock, table: Indices) -> NDArray[np.int16]:
    """The counts of each text's first |a| * step // GRID characters, steps 1 to GRID."""
    count = len(block.lengths)
    places = block.lengths[:, None] * np.arange(GRID + 1) // GRID
    cells = np.repeat(np.arange(0, count * GRID * BUCKETS, BUCKETS), np.diff(places).ravel())
    cells += table[_table_places(block)]
    counts = np.bincount(cells, minlength=count * GRID * BUCKETS)
    sums = counts.reshape(count, GRID, BUCKETS).cumsum(axis=1)
    cut: NDArray[np.int16] = np.minimum(sums, COUNT_CEILING, out=sums).astype(np.int16)
    return cut
