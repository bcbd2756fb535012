"""How difficult an example is, judged from its inputs alone.

Three things make a label hard to find: much to read, many items to check, and many places
to look at. Each gives 0, 1 or 2 points by the thresholds below; the mean over those that
apply decides. The item counts are those of the collection guide (3 simple, 5-7 medium, 10+
complex); the words and places are set so that a change of one or two files is easy and one
across a package is hard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain

from ratchet.examples import Difficulty
from ratchet.quality.words import count_pieces, pieces, remembered, remembered_word
from ratchet.signatures.spec import Values

WORDS = (40, 120)  # up to 40 words are little to read, over 120 much
ITEMS = (3, 7)  # list items over all inputs
PLACES = (2, 6)  # distinct files, functions and identifiers

EASY_BELOW, HARD_FROM = 2 / 3, 4 / 3  # of the mean points, 0..2
ORDER = (Difficulty.EASY, Difficulty.MEDIUM, Difficulty.HARD)

_PLACE = re.compile(  # each is tried only where a run of its characters begins
    r"(?<![\w-])[\w-]++(?:[/.][\w-]++)+|\b\w++\(\)"
    r"|(?<![a-z])[a-z]++(?:(?:_[a-z0-9]+)+|(?:[A-Z][a-z0-9]+)+)"
)


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """A difficulty with the counts it was read from; `items` is None without list inputs."""

    difficulty: Difficulty
    words: int
    places: int
    items: int | None

    @property
    def reason(self) -> str:
        """The counts in a sentence."""
        items = "" if self.items is None else f", {self.items} list items"
        return f"{self.words} words{items} and {self.places} places to look at"


def assess_difficulty(inputs: Values) -> Assessment:
    """Assess how much of `inputs` has to be understood.

    >>> assess_difficulty({"user_intent": "Add a logout button", "requirements": ["A button"]})
    Assessment(difficulty=<Difficulty.EASY: 'easy'>, words=6, places=0, items=1)
    """
    lists = [value for value in inputs.values() if isinstance(value, list)]
    texts = [value for value in inputs.values() if isinstance(value, str)]
    texts += (item for value in lists for item in value if type(item) is str)
    words, places = sum(map(count_pieces, texts)), len(frozenset().union(*map(_places, texts)))
    items = sum(map(len, lists)) if lists else None
    points = [_points(words, WORDS), _points(places, PLACES)]
    if items is not None:
        points.append(_points(items, ITEMS))
    return Assessment(
        difficulty=_difficulty(sum(points) / len(points)), words=words, places=places, items=items
    )


def differs_grossly(claimed: Difficulty, assessed: Difficulty) -> bool:
    """Whether one says easy and the other hard; neighbours are a matter of taste.

    >>> differs_grossly(Difficulty.EASY, Difficulty.HARD)
    True
    >>> differs_grossly(Difficulty.EASY, Difficulty.MEDIUM)
    False
    """
    return abs(ORDER.index(claimed) - ORDER.index(assessed)) > 1


@remembered
def _places(text: str) -> frozenset[str]:
    return frozenset(chain.from_iterable(_places_of_pieces(pieces(text))))


@remembered_word
def _places_of_pieces(piece: str) -> tuple[str, ...]:
    """Those of a text without white space."""
    return tuple(_PLACE.findall(piece))


def _points(count: int, thresholds: tuple[int, int]) -> int:
    return sum(count > threshold for threshold in thresholds)


def _difficulty(mean_points: float) -> Difficulty:
    if mean_points < EASY_BELOW:
        return Difficulty.EASY
    return Difficulty.HARD if mean_points >= HARD_FROM else Difficulty.MEDIUM
