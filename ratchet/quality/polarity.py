"""What an explanation says of a yes-or-no decision: is it spoken well of, ill of, or neither?"""

from __future__ import annotations

import re
from dataclasses import dataclass

NEGATION_REACH = 3  # words before a cue in which "not" still turns it

_POSITIVE_WORDS = (
    "complete completely correct correctly covered covers fulfilled fulfils fulfills full fully "
    "met meets satisfied satisfies satisfy sound sufficient entirely delivers delivered "
    "implemented evidenced addressed handled flawless"
)
_NEGATIVE_WORDS = (
    "absent bug bugs broken defect defects fails flaw flawed flaws gap gaps incomplete "
    "inadequate incorrect incorrectly insufficient lack lacking lacks missing omits omitted "
    "partial partially unmet unsafe unsatisfied unhandled untested vulnerable vulnerability wrong "
    "wrongly neglected ignores issue issues problem problems violates misses mend mended "
    "repair repaired"
)
_NEGATORS = (
    "not no nothing none never without neither nor cannot hardly isn aren wasn weren doesn don "
    "didn hasn haven zero nobody free"
)
POSITIVE, NEGATIVE, NEGATORS = (
    frozenset(text.split()) for text in (_POSITIVE_WORDS, _NEGATIVE_WORDS, _NEGATORS)
)

_WORD = re.compile(r"[a-z]+")
_CLAUSE = re.compile(r"[.;:!?\n]|,? but |, yet |, while |, however")
_COUNT = re.compile(r"\b(\d+)\s*(?:/|of|out of)\s*(?:the\s+)?(\d+)\b")


@dataclass(frozen=True, kw_only=True)
class Polarity:
    """How often a text speaks well and ill of its subject."""

    positive: int
    negative: int

    def contradicts(self, *, decision: bool) -> bool:
        """Whether every cue speaks against `decision`; mixed or no cues contradict nothing.

        >>> read_polarity("Nothing is missing.").contradicts(decision=False)
        True
        """
        against = self.negative if decision else self.positive
        supporting = self.positive if decision else self.negative
        return against > 0 and supporting == 0

    def doubts(self, *, decision: bool) -> bool:
        """Whether more cues speak against a yes than for it, the rest aside."""
        return decision and self.negative > self.positive


def read_polarity(text: str) -> Polarity:
    """Count the cues of `text`; a negation before a cue turns it, "2 of 3" speaks ill.

    >>> read_polarity("All is covered, nothing is missing.")
    Polarity(positive=2, negative=0)
    >>> read_polarity("2 of 3 covered; the lock is not implemented.")
    Polarity(positive=0, negative=2)
    """
    text = text.lower()
    positive = negative = 0
    for clause in _CLAUSE.split(text):
        good, bad = _clause_cues(clause)
        positive += good
        negative += bad
    return Polarity(positive=positive, negative=negative)


def _clause_cues(clause: str) -> tuple[int, int]:
    counts = [int(done) >= int(total) for done, total in _COUNT.findall(clause)]
    if counts:  # a share says more than the word beside it
        return sum(counts), len(counts) - sum(counts)
    found = _WORD.findall(clause)
    good = bad = 0
    for index, word in enumerate(found):
        if word in POSITIVE or word in NEGATIVE:
            turned = not NEGATORS.isdisjoint(found[max(0, index - NEGATION_REACH) : index])
            is_good = (word in POSITIVE) != turned
            good, bad = good + is_good, bad + (not is_good)
    return good, bad
