"""Candidates among texts of any length: two growing indexes, one for short texts, one for long.

Fingerprints of eight characters tell long texts apart. A few edits leave none of them whole in a
short text: for those there are fingerprints of four. Texts of `TINY` characters and less are in
neither; they are quick to compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ratchet.quality.duplicates.characters import Hashes
from ratchet.quality.duplicates.growing import GrowingIndex
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


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Pairs of a text asked about and an indexed number that may be near; the best first."""

    asked: Indices
    indexed: Indices

    def where(self, chosen: NDArray[np.bool_]) -> Alike:
        """The chosen ones."""
        return Alike(asked=self.asked[chosen], indexed=self.indexed[chosen])


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
        self._short.add(read.short, numbers)
        self._long.add(read.long, numbers)

    def find(self, read: Fingerprints, *, are_indexed: bool = False) -> Alike:
        """What may be near to each of the texts; say so when they `are_indexed` themselves."""
        is_long = read.lengths >= LONG
        is_short = (read.lengths > TINY) & (read.lengths <= SHORT)
        parts = (
            self._long.find(read.long, is_long, are_indexed=are_indexed),
            self._short.find(read.short, is_short, are_indexed=are_indexed),
        )
        return Alike(
            asked=np.concatenate([part.new for part in parts]),
            indexed=np.concatenate([part.indexed for part in parts]),
        )
