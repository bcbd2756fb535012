"""What an explanation claims: how many of how many, which verdict, which item is in what state."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ratchet.quality.polarity import NEGATORS, read_polarity
from ratchet.quality.words import content_stems, words

_COUNT = re.compile(
    r"(?:(?P<start>^)|\b)(?P<done>\d{1,3})\s*(?:/|of|out of)\s*(?:the\s+|all\s+)?"
    r"(?P<total>\d{1,3})\b"
    r"(?P<of>\s+(?:\w+\s+)?(?:aspects?|requirements?|items?|points?|issues?|wishes|criteria|steps?|"
    r"covered|met|done|satisfied|fulfilled))?",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+|, (?:but|yet|while) ")
_OPENING = re.compile(
    r"(?:(?:the|this|it)\b(?: \w+)?,? (?:is|are) )?(?P<turned>not |in|un)?"
    r"(?:correct|satisfied|complete|sound|fulfilled)\b",
    re.IGNORECASE,
)
_ADVERSE_WORDS = (
    "but yet still however only without although instead otherwise unless should needs lets loses "
    "lose lost overwrites exposes grows leaks hangs crashes crashed throws raises skips drops "
    "swallowed wait waits alone never"
)
ADVERSE = frozenset(_ADVERSE_WORDS.split()) | NEGATORS
SAME_ITEM = 2  # content words that a sentence shares with an item it speaks of


@dataclass(frozen=True, kw_only=True)
class CountClaim:
    """The claim that `done` of `total` hold, as it was written."""

    done: int
    total: int
    quoted: str


def count_claims(text: str) -> tuple[CountClaim, ...]:
    """Find claims of the form "n of m", at the start or followed by what is counted.

    >>> [claim.quoted for claim in count_claims("2/3 covered. It handles 4 of 20 pictures.")]
    ['2/3 covered']
    """
    return tuple(
        CountClaim(
            done=int(found["done"]), total=int(found["total"]), quoted=" ".join(found[0].split())
        )
        for found in _COUNT.finditer(text)
        if found["start"] is not None or found["of"]
    )


def stated_verdict(text: str) -> bool | None:
    """The yes or no with which a text opens; None when it does not open with one.

    >>> [stated_verdict(text) for text in ("Correct: it ends.", "Not complete.", "A lock.")]
    [True, False, None]
    """
    found = _OPENING.match(text.strip())
    return None if found is None else found["turned"] is None


def count_adverse(text: str) -> int:
    """How many words of a text speak of a fault, a lack or a limit."""
    return sum(word in ADVERSE for word in words(text)) + read_polarity(text).negative


def sentences(text: str) -> list[str]:
    """The sentences and adversative parts of a text.

    >>> sentences("Speed is met, but nothing logs. Fine.")
    ['Speed is met', 'nothing logs.', 'Fine.']
    """
    return [part for part in _SENTENCE.split(text) if part.strip()]


def praised(items: Sequence[str], text: str) -> Iterator[str]:
    """The items of which the text speaks well alone, in the sentence nearest to each.

    >>> list(praised(["Encrypt the backup files"], "The backup files are encrypted and covered."))
    ['Encrypt the backup files']
    """
    parts = sentences(text)
    for item in items:
        stems = content_stems(item)
        shared = [len(stems & content_stems(part)) for part in parts]
        if not shared or max(shared) < min(SAME_ITEM, len(stems)) or not max(shared):
            continue
        nearest = [part for part, hits in zip(parts, shared, strict=True) if hits == max(shared)]
        if all(_speaks_well(part) for part in nearest):
            yield item


def _speaks_well(part: str) -> bool:
    return read_polarity(part).positive > 0 and count_adverse(part) == 0
