"""Candidates among texts of any length: two growing indexes, one for short texts, one for long.

Fingerprints of eight characters tell long texts apart. A few edits leave none of them whole in a
short text: for those there are fingerprints of four. Texts of `TINY` characters and less are in
neither; they are quick to compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ratchet.quality.duplicates.characters import Hashes
from ratchet.quality.duplicates.growing import GrowingIndex, Question, of_places
from ratchet.quality.duplicates.report import Indices

TINY = 40  # characters; too few for fingerprints
SHORT, LONG = 120, 50  # characters; texts up to SHORT and from LONG on are looked up
SHORT_INDEXED, LONG_INDEXED = 180, 30  # and those that such texts may be near to are indexed
SHORT_DOUBLINGS = 2  # fingerprints of four characters


@dataclass(frozen=True, kw_only=True)
class Fingerprints:
    """Those of some texts, of four and of eight characters, and the length of each text."""

    lengths: Indices
    short: Hashes
    long: Hashes

    def of(self, places: Indices) -> Fingerprints:
        """Those of the texts at some places, each named once, in that order."""
        count = len(self.lengths)
        return Fingerprints(
            lengths=self.lengths[places],
            short=of_places(self.short, places, count),
            long=of_places(self.long, places, count),
        )


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Pairs of a text asked about and an indexed number that may be near; the best first."""

    asked: Indices
    indexed: Indices

    def each_once(self) -> Alike:
        """Each pair of two texts once, whichever was asked about; none of one text."""
        low, high = np.minimum(self.asked, self.indexed), np.maximum(self.asked, self.indexed)
        _, chosen = np.unique(low << 32 | high, return_index=True)
        chosen = chosen[low[chosen] < high[chosen]]
        return Alike(asked=high[chosen], indexed=low[chosen])


class TextIndex:
    """Fingerprints of texts that come in batches, by the numbers that they are given."""

    def __init__(self) -> None:
        self._short, self._long = GrowingIndex(doublings=SHORT_DOUBLINGS), GrowingIndex()

    def read(self, texts: Sequence[str]) -> Fingerprints:
        """Take the fingerprints of texts, to add them or to ask about them."""
        return Fingerprints(
            lengths=np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)),
            short=self._short.read([text if len(text) <= SHORT_INDEXED else "" for text in texts]),
            long=self._long.read([text if len(text) >= LONG_INDEXED else "" for text in texts]),
        )

    def add(self, read: Fingerprints, numbers: Indices) -> None:
        """Take in texts under these numbers, which are new."""
        self._short.add(read.short, numbers, read.lengths)
        self._long.add(read.long, numbers, read.lengths)

    def find(self, read: Fingerprints, *, threshold: float, are_indexed: bool = False) -> Alike:
        """What may reach the ratio with each text; say so when these `are_indexed` themselves.

        Of each text, the one that shares most with it comes first, and is there in any case.
        """
        question = Question(threshold=threshold, lengths=read.lengths, are_indexed=are_indexed)
        is_long = read.lengths >= LONG
        is_short = (read.lengths > TINY) & (read.lengths <= SHORT)
        parts = (
            self._long.find(read.long, is_long, question),
            self._short.find(read.short, is_short, question),
        )
        return Alike(
            asked=np.concatenate([part.new for part in parts]),
            indexed=np.concatenate([part.indexed for part in parts]),
        )
