"""How the offline model compares texts: stems, sentences, overlap."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

Stems = frozenset[str]

STEM_LENGTH = 5  # "validates", "validation" and "valid" are one word
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_STOP = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be been but by can for from has have in into is it its of on or our "
        "shall should so than that the their then there these this to was we were when which will "
        "with you must need needs each every all any",
    )
)
_BULLET = re.compile(r"^\s*(?:[-*•+]|\d+[.)])\s+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'`(])|\n+")
_DEFECT = re.compile(
    r"\b(?:not|no|never|without|missing|lacks?|todo|fixme|fails?|failed|failing|bug|broken|wrong|"
    r"error|crash\w*|incorrect|unsafe|leaks?|skipped|later|pending|stub\w*|instead|only|ignor\w*)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=20_000)
def stems(text: str) -> Stems:
    """The words that carry meaning, cut to their stems.

    >>> sorted(stems("Validates the userName"))
    ['name', 'user', 'valid']
    """
    words = (word.lower() for word in _WORD.findall(text))
    return frozenset(word[:STEM_LENGTH] for word in words if word not in _STOP and len(word) > 1)


def likeness(left: Stems, right: Stems) -> float:
    """Dice's coefficient of two sets of stems, 0..1."""
    total = len(left) + len(right)
    return 2 * len(left & right) / total if total else 0.0


def share_of(part: Stems, whole: Stems) -> float:
    """The share of `part` that is in `whole`, 0..1."""
    return len(part & whole) / len(part) if part else 0.0


@lru_cache(maxsize=5_000)
def lines(text: str) -> tuple[str, ...]:
    """The lines and sentences of a text, bullets kept."""
    return tuple(part.strip() for part in _SENTENCE.split(text) if part and stems(part))


def is_bullet(line: str) -> bool:
    """Whether a line is an item of a list."""
    return _BULLET.match(line) is not None


def without_bullet(line: str) -> str:
    """A line as a statement: no bullet, no full stop.

    >>> without_bullet("- Add a cache.")
    'Add a cache'
    """
    return _BULLET.sub("", line).strip().rstrip(".;,").strip()


def defect_words(text: str) -> int:
    """How many words of a text speak of something wrong or absent."""
    return len(_DEFECT.findall(text))


def frequent(texts: Iterable[str], *, limit: int) -> list[str]:
    """The words of four letters or more that occur most often; ties by first occurrence."""
    counts: dict[str, int] = {}
    for text in texts:
        for word in re.findall(r"[a-z]{4,}", text.lower()):
            if word not in _STOP:
                counts[word] = counts.get(word, 0) + 1
    return sorted(counts, key=lambda word: -counts[word])[:limit]
