"""Whether a text speaks of a requirement: the rare words that both have in common."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ratchet.collect.git_history.words import STOP_WORDS, base_verb

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d{2,}")
MIN_LETTERS = 3
SUFFIXES = ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "ed", "es", "er", "s", "e")

SPOKEN_OF = 0.45  # share of a requirement's weight from which a text is evidence of it
SILENT_ON = 0.25  # share up to which a text says nothing of it


def terms_of(text: str) -> frozenset[str]:
    """The telling words of prose or code, cut to stems; names are taken apart.

    >>> sorted(terms_of("Strip ANSI codes in resolve_color_default()"))
    ['ansi', 'cod', 'color', 'default', 'resolv', 'strip']
    """
    return frozenset(
        stem(word)
        for word in (found.lower() for found in WORD.findall(text))
        if len(word) >= MIN_LETTERS and word not in STOP_WORDS
    )


def stem(word: str) -> str:
    """Cut the ending of a word, so that `parsing`, `parsed` and `parse` are one.

    >>> stem("parsing"), stem("parsed"), stem("parse"), stem("class")
    ('pars', 'pars', 'pars', 'class')
    """
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= MIN_LETTERS:
            return word if word.endswith("ss") else word[: -len(suffix)]
    return word


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """How often each word is used in a project; a word that is everywhere proves nothing."""

    documents: int
    frequency: Counter[str]

    @classmethod
    def of(cls, texts: Iterable[frozenset[str]]) -> Vocabulary:
        """Count in how many of the texts, given as terms, each word is."""
        frequency: Counter[str] = Counter()
        documents = 0
        for terms in texts:
            documents += 1
            frequency.update(terms)
        return cls(documents=documents, frequency=frequency)

    def weight(self, term: str) -> float:
        """Inverse document frequency, at least 0.1 so that no word is nothing."""
        return max(0.1, math.log((self.documents + 1) / (self.frequency[term] + 1)))

    def support(self, requirement: str, evidence: frozenset[str]) -> float:
        """The share 0..1 of the requirement's telling words, by weight, found in `evidence`.

        The verb it starts with says what to do, not with what, and does not count.
        """
        terms = terms_of(_without_verb(requirement))
        total = sum(map(self.weight, terms))
        return sum(map(self.weight, terms & evidence)) / total if total else 0.0


def _without_verb(requirement: str) -> str:
    first, _, rest = requirement.partition(" ")
    return rest if base_verb(first) else requirement
