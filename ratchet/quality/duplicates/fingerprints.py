"""The quick search: texts that share rare fingerprints are candidates for being duplicates.

A fingerprint is the hash of 8 characters in a row. Which of a text's fingerprints are kept
depends on the hash alone (those divisible by a power of two; Manber 1994), with the power
chosen so that 64 to 128 are left of a text of any length. Because the choices are nested, what
two near texts of different length keep in common is what the sparser of both keeps.

Scattered edits hurt a lot of fingerprints (at a ratio of 0.85, one character in seven
substituted, about 27 % stay whole), but hardly all, and most that they create occur in no other
text. So each text looks up its rarest fingerprints among all of those of all other texts, and
every pair is tried from both sides.

The search is not blind to its own limits. A text that is too short to have many fingerprints,
or whose fingerprints are mostly too common to be looked up (shared boilerplate, templates), is
named in `unsure`; the caller holds it against every other text with the exact bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ratchet.quality.duplicates.characters import Hashes, TextBlock, read_blocks
from ratchet.quality.duplicates.report import Indices
from ratchet.quality.duplicates.scan import Candidates

GRAM_DOUBLINGS = 3  # of one character: 8
LEAST_KEPT = 64  # fingerprints kept of a text without repetition, at least
LEAST_FOUND = 24  # with fewer distinct ones a text is unsure
LOOKED_UP = 32  # rarest fingerprints of a text that are looked up, if there are so many
SHARED_SHARE = 0.15  # of those, found in the other text
LEAST_SHARED = 2
POSTINGS_A_TEXT = 64_000  # places in the index that one text may visit
LOST_PER_DISTANCE = 3.1  # see `_least_covered`
COVER_MARGIN = 0.15
POSTINGS_AT_ONCE = 2_000_000
TEXTS_AT_ONCE = 10_000
_ID_BITS = np.uint64(32)
_ID_MASK = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, kw_only=True)
class Index:
    """An inverted index: `members` lists the texts of fingerprint g from `starts[g]` on.

    Fingerprints of one text alone are left out; `kept` (n) counts each text's distinct ones
    with those included. `members` ascends within a fingerprint.
    """

    members: NDArray[np.int32]
    starts: Indices
    kept: Indices


@dataclass(frozen=True, kw_only=True)
class Lookups:
    """Which text looks up which fingerprint, ordered by text; and the texts left unsure."""

    texts: Indices
    fingerprints: Indices
    unsure: NDArray[np.bool_]


def build_index(texts: Sequence[str]) -> Index:
    """Index the fingerprints of `texts`."""
    nothing = np.zeros(0, dtype=np.uint64)
    keys = np.concatenate([nothing, *map(fingerprints_of, read_blocks(texts))])
    keys.sort()
    keys = keys[_starts_of_runs(keys)]
    members = (keys & _ID_MASK).astype(np.int32)
    kept = np.bincount(members, minlength=len(texts))
    keys >>= _ID_BITS
    starts = np.flatnonzero(_starts_of_runs(keys))
    sizes = np.diff(starts, append=len(keys))
    members = members[np.repeat(sizes > 1, sizes)]
    sizes = sizes[sizes > 1]
    return Index(members=members, starts=np.concatenate(([0], np.cumsum(sizes))), kept=kept)


def choose_lookups(index: Index, *, threshold: float) -> Lookups:
    """Choose the rarest fingerprints of each text, as many as it takes, if it can afford them."""
    sizes, count = np.diff(index.starts), len(index.kept)
    by_rarity = np.argsort(sizes, kind="stable")
    entries = _entries(index, sizes, by_rarity)
    found = np.bincount(index.members, minlength=count)
    alone = index.kept - found
    enough = np.ceil(_least_covered(threshold) * index.kept).astype(np.int64)
    unsure = index.kept < LEAST_FOUND
    ends = np.concatenate(([0], np.cumsum(found)))
    chosen = [np.zeros((2, 0), dtype=np.int64)]
    for start in range(0, count, TEXTS_AT_ONCE):
        part = slice(start, min(start + TEXTS_AT_ONCE, count))
        keys = entries[ends[part.start] : ends[part.stop]]
        fingerprints = by_rarity[(keys & _ID_MASK).astype(np.int64)]
        wanted = _affordable(sizes[fingerprints], found[part], enough[part] - alone[part])
        owners = np.repeat(np.arange(part.start, part.stop), found[part])
        covered = alone[part] + np.bincount(owners[wanted] - start, minlength=part.stop - start)
        unsure[part] |= covered < enough[part]
        wanted &= ~unsure[owners]
        chosen.append(np.stack((owners[wanted], fingerprints[wanted])))
    texts, fingerprints = np.concatenate(chosen, axis=1)
    return Lookups(texts=texts, fingerprints=fingerprints, unsure=unsure)


def find_candidates(index: Index, lookups: Lookups, *, stored_count: int) -> Iterator[Candidates]:
    """Pairs in which one text finds enough of its rarest fingerprints in the other.

    A pair found from both sides comes twice, pairs of two stored texts (numbers below
    `stored_count`) do not come.
    """
    starts = index.starts[lookups.fingerprints]
    ends = index.starts[lookups.fingerprints + 1]
    batch_starts = index.starts[:-1] + _stored_members(index, stored_count)
    from_stored = lookups.texts < stored_count
    starts = np.where(from_stored, batch_starts[lookups.fingerprints], starts)
    visits = np.cumsum(ends - starts)
    for low, high in _whole_texts(lookups.texts, visits):
        part = slice(low, high)
        yield _shared(index, lookups.texts[part], starts[part], (ends - starts)[part])


def _stored_members(index: Index, stored_count: int) -> Indices:
    """How many of each fingerprint's texts are stored ones; these come first in `members`."""
    stored = np.concatenate(([0], np.cumsum(index.members < stored_count)))
    return np.diff(stored[index.starts])


def _least_covered(threshold: float) -> float:
    """The share of a text's fingerprints that must be rare enough to be looked up.

    A word of 7 characters replaced by another costs about 65 % of its characters in distance
    and hurts 7 + 8 - 1 fingerprints: a share (1 - t) / 0.65 * 14 / 7 = 3.1 (1 - t) at the
    ratio t. If all edits were in the rare part of a text, this must not be all of it.
    """
    return min(1.0, LOST_PER_DISTANCE * (1 - threshold) + COVER_MARGIN)


def sparseness(lengths: Indices) -> Indices:
    """Of how many fingerprints of a text of each length one is kept: a power of two."""
    every: Indices = 1 << np.log2(np.maximum(lengths / LEAST_KEPT, 1)).astype(np.int64)
    return every


def fingerprints_of(block: TextBlock, *, doublings: int = GRAM_DOUBLINGS) -> Hashes:
    """The kept fingerprints of a block, 32 bits of hash above 32 bits of text number.

    A fingerprint is of 2**doublings characters.
    """
    hashes = block.hash_grams(doublings)
    masks = np.repeat(
        (sparseness(block.lengths) - 1).astype(np.uint64) << np.uint64(8), block.lengths
    )
    kept = np.flatnonzero(hashes & masks[: len(hashes)] == 0)
    ends = np.cumsum(block.lengths)
    owners = np.searchsorted(ends, kept, "right")
    inside = kept + (1 << doublings) <= ends[owners]
    kept, owners = kept[inside], owners[inside] + block.start
    keys: Hashes = (hashes[kept] & ~_ID_MASK) | owners.astype(np.uint64)
    return keys


def _starts_of_runs(values: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.bool_]:
    starts = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=starts[1:])
    return starts


def _entries(index: Index, sizes: Indices, by_rarity: Indices) -> Hashes:
    """All entries of the index by text, and in a text the rarest first.

    The text number is in the upper 32 bits, the fingerprint's rank of rarity in the lower.
    """
    rarity = np.empty(len(sizes), dtype=np.uint64)
    rarity[by_rarity] = np.arange(len(sizes))
    entries: Hashes = index.members.astype(np.uint64)
    entries <<= _ID_BITS
    entries |= np.repeat(rarity, sizes)
    entries.sort()
    return entries


def _affordable(visits: Indices, found: Indices, needed: Indices) -> NDArray[np.bool_]:
    """Which entries to look up: the first `LOOKED_UP` of each text, more if it needs more.

    `visits` is how many texts share each entry's fingerprint, in the order of `_entries`.
    """
    first = np.repeat(np.cumsum(found) - found, found)
    rank = np.arange(len(visits)) - first
    total = np.cumsum(visits)
    total -= (total - visits)[first]
    wanted: NDArray[np.bool_] = rank < np.maximum(LOOKED_UP, np.repeat(needed, found))
    return wanted & (total <= POSTINGS_A_TEXT)


def _whole_texts(owners: Indices, visits: Indices) -> Iterator[tuple[int, int]]:
    """Ranges of lookups of about `POSTINGS_AT_ONCE` visits that cut no text in two."""
    low = 0
    while low < len(owners):
        reached = visits[low - 1] if low else 0
        high = int(np.searchsorted(visits, reached + POSTINGS_AT_ONCE, "left"))
        last = owners[min(high, len(owners) - 1)]
        high = int(np.searchsorted(owners, last, "right"))
        yield low, high
        low = high


def _shared(index: Index, owners: Indices, starts: Indices, counts: Indices) -> Candidates:
    """Count what each of `owners` shares with every text it meets in the index.

    The postings become numbers owner * n + other, whose runs, once sorted, are the counts.
    """
    base, width = owners[0], len(index.kept)
    kind = np.uint32 if (owners[-1] - base + 1) * width < 1 << 32 else np.uint64  # sorts quicker
    offsets = np.cumsum(counts) - counts
    places = np.repeat(starts - offsets, counts)
    places += np.arange(len(places))
    keys = np.repeat(((owners - base) * width).astype(kind), counts)
    keys += index.members[places].astype(kind)
    keys.sort()
    runs = np.flatnonzero(_starts_of_runs(keys))
    shared = np.diff(runs, append=len(keys))
    several = shared >= LEAST_SHARED
    first, second = np.divmod(keys[runs[several]].astype(np.int64), width)
    looked_up = np.bincount(owners - base)
    enough = (shared[several] >= SHARED_SHARE * looked_up[first]) & (first + base != second)
    return Candidates(first=first[enough] + base, second=second[enough])
