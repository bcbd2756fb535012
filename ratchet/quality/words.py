"""The words of a text as the quality features see them: content words, by stem."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

STEM_LETTERS = 5  # "validate", "validation" and "validator" become one

_FUNCTION_WORDS = (
    "a about above after again all also although an and any are as at be because been before "
    "being below between both but by can could did do does doing done down during each either "
    "else even every few for from further had has have having he her here him his how i if in "
    "into is it its itself just let may me might more most much must my neither no nor not "
    "now of off on once only or other our out over own per same shall she should since so "
    "some still such than that the their them then there these they this those though through "
    "to too under until up upon us very was we were what when where which while who whom "
    "whose why will with within without would yet you your "
)
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())

_GENERIC_WORDS = (
    "add added adding anything appropriate aspect bad best better change changed changes "
    "check clean clear code correct correctly etc everything fix fixed fixes full fully "
    "general good great handle handled help implement implementation implemented improve "
    "improved improvement issue issues item items keep level look make makes making needed "
    "new nice number ok okay one part possible problem problems project proper properly "
    "quality requirement requirements required right several something step steps stuff sure "
    "task thing things three two update updated use used user users using various way ways "
    "well work working works wrong yes "
)
GENERIC_WORDS = frozenset(_GENERIC_WORDS.split())
"""Words of any software task; sharing them says nothing about the topic."""

_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d[\d_,.]*\d")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPECIFIC = re.compile(
    r"`[^`]+`|[\w-]+(?:[/.][\w-]+)+|\w+\(\)|\b[a-z]+(?:_[a-z0-9]+)+\b|\b[a-z]+[A-Z]\w+\b"
    r"|\b\d+(?:\.\d+)?(?:\s?(?:%|ms|s|kb|mb|gb)\b)?|\b[A-Z]{2,}[0-9]*\b"
)


@lru_cache(maxsize=65_536)
def words(text: str) -> tuple[str, ...]:
    """The words of `text` in lower case; identifiers and paths fall into their parts.

    >>> words("parse_config() in src/userStore.py")
    ('parse', 'config', 'in', 'src', 'user', 'store', 'py')
    """
    return tuple(word.lower() for word in _WORD.findall(_CAMEL.sub(" ", text)))


def stem(word: str) -> str:
    """A crude stem: plural dropped, cut to the first letters.

    >>> stem("retries") == stem("retry") and stem("validation") == stem("validates")
    True
    """
    if len(word) > 3 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word[:STEM_LETTERS]


@lru_cache(maxsize=65_536)
def content_stems(text: str) -> frozenset[str]:
    """The stems of the words that say what `text` is about, and its numbers of two digits up.

    >>> sorted(content_stems("Fix the retries of the upload properly after 30,000 ms"))
    ['30000', 'ms', 'retry', 'uploa']
    """
    numbers = frozenset(re.sub(r"\D", "", number) for number in _NUMBER.findall(text))
    return numbers | frozenset(
        stem(word)
        for word in words(text)
        if len(word) > 1 and word not in FUNCTION_WORDS and word not in GENERIC_WORDS
    )


def stems_of(texts: Iterable[str]) -> frozenset[str]:
    """The content stems of several texts together."""
    return frozenset().union(*map(content_stems, texts))


def specifics(text: str) -> frozenset[str]:
    """What can be looked up: identifiers, paths, quoted code, numbers, acronyms.

    >>> sorted(specifics("Cap retries at 5 in `client.py`, see HTTP docs"))
    ['5', 'HTTP', '`client.py`']
    """
    return frozenset(_SPECIFIC.findall(text))


def without_specifics(text: str) -> str:
    """The text with what can be looked up blanked out: the prose that is left.

    >>> without_specifics("Cap retries in `client.py`").split()
    ['Cap', 'retries', 'in']
    """
    return _SPECIFIC.sub(" ", text)
