"""The words of a text as the quality features see them: content words, by stem."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial, wraps
from itertools import chain
from typing import TypeVar

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
# A name is tried where a run of its characters begins, or after a unit ("5 s-foo/bar"): trying
# it in the middle of each word as well finds nothing more, and costs most of the time.
_NAMED = (
    r"(?:(?<![\w-])|(?<=[sb]))[\w-]++(?:[/.][\w-]++)+|\b\w++\(\)"
    r"|\b[a-z]++(?:_[a-z0-9]+)+\b|\b[a-z]++[A-Z]\w++"
    r"|\b\d+(?:\.\d+)?(?:\s?(?:%|ms|s|kb|mb|gb)\b)?|\b[A-Z]{2,}+[0-9]*+\b"
)
_QUOTED = re.compile(r"`[^`]+`")
_SPECIFIC = re.compile(f"`[^`]+`|{_NAMED}")
_UNQUOTED = re.compile(_NAMED)
_UNIT = r"(?:%|ms|s|kb|mb|gb)\b"
_UNIT_APART = re.compile(rf"\d\s{_UNIT}")
_APART = re.compile(rf"(?<!\d)\s+|\s+(?!{_UNIT})")  # white space that no name holds
REMEMBERED_TEXTS = 4_096  # the words of a text take ten times its room
REMEMBERED_WORDS = 65_536
LATEST_TEXTS = 64  # those of one example, whose pieces are asked for again and again
LONGEST_TEXT, LONGEST_WORD = 8_192, 64  # characters; what is longer is not remembered

Answer = TypeVar("Answer")


def remembered(function: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """Remember what `function` says of the latest texts; huge ones would fill the memory."""
    known = lru_cache(maxsize=REMEMBERED_TEXTS)(function)

    @wraps(function)
    def ask(text: str) -> Answer:
        return known(text) if len(text) <= LONGEST_TEXT else function(text)

    return ask


class _Known(dict[str, Answer]):
    """What a function says of the latest words; when there are too many, all are asked anew.

    A plain mapping answers in half of the time of `lru_cache`, and this is asked most of all.
    """

    def __init__(self, function: Callable[[str], Answer]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, word: str) -> Answer:
        answer = self._function(word)
        if len(word) <= LONGEST_WORD:
            if len(self) >= REMEMBERED_WORDS:
                self.clear()
            self[word] = answer
        return answer


def remembered_word(
    function: Callable[[str], Answer],
) -> Callable[[Iterable[str]], Iterator[Answer]]:
    """Ask `function` of many words, most of which come again and again."""
    return partial(map, _Known(function).__getitem__)


@lru_cache(maxsize=LATEST_TEXTS)
def split(text: str) -> tuple[str, ...]:
    """The pieces of `text` between white space, in order.

    A piece is what most questions are asked of: nine of ten come again in other texts.
    """
    return tuple(text.split())


@remembered
def count_pieces(text: str) -> int:
    """How many pieces `text` has; what people call its words."""
    return len(split(text))


@remembered
def pieces(text: str) -> frozenset[str]:
    """The pieces of `text` between white space, each once."""
    return frozenset(split(text))


@remembered
def words(text: str) -> tuple[str, ...]:
    """The words of `text` in lower case; identifiers and paths fall into their parts.

    >>> words("parse_config() in src/userStore.py")
    ('parse', 'config', 'in', 'src', 'user', 'store', 'py')
    """
    return tuple(chain.from_iterable(_words_of_pieces(split(text))))


@remembered
def distinct_words(text: str) -> frozenset[str]:
    """The words of `text`, each once."""
    return frozenset(words(text))


def _words_of(piece: str) -> tuple[str, ...]:
    return tuple(
        part
        for word in _WORD.findall(piece)
        for part in ((word,) if word.islower() else _CAMEL.sub(" ", word).lower().split(" "))
    )


_words_of_pieces = remembered_word(_words_of)


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


@remembered
def content_stems(text: str) -> frozenset[str]:
    """The stems of the words that say what `text` is about, and its numbers of two digits up.

    >>> sorted(content_stems("Fix the retries of the upload properly after 30,000 ms"))
    ['30000', 'ms', 'retry', 'uploa']
    """
    return frozenset(chain.from_iterable(_stems_of_pieces(pieces(text))))


@remembered_word
def _stems_of_pieces(piece: str) -> tuple[str, ...]:
    stems = (stem(word) for word in _words_of(piece) if _has_content(word))
    numbers = (re.sub(r"\D", "", number) for number in _NUMBER.findall(piece))
    return (*stems, *numbers)


def _has_content(word: str) -> bool:
    return len(word) > 1 and word not in FUNCTION_WORDS and word not in GENERIC_WORDS


def stems_of(texts: Iterable[str]) -> frozenset[str]:
    """The content stems of several texts together."""
    return frozenset().union(*map(content_stems, texts))


@remembered
def specifics(text: str) -> frozenset[str]:
    """What can be looked up: identifiers, paths, quoted code, numbers, acronyms.

    >>> sorted(specifics("Cap retries at 5 in `client.py`, see HTTP docs"))
    ['5', 'HTTP', '`client.py`']
    """
    quoted = _QUOTED.findall(text) if "`" in text else ()
    rest = _QUOTED.sub("`", text) if quoted else text
    if _UNIT_APART.search(rest):
        parts: Iterable[str] = _APART.split(rest)
    else:
        parts = rest.split() if quoted else pieces(text)
    return frozenset(chain(quoted, chain.from_iterable(_specifics_of_pieces(parts))))


@remembered_word
def _specifics_of_pieces(piece: str) -> tuple[str, ...]:
    """Those of a text without white space but before a unit."""
    return tuple(_UNQUOTED.findall(piece))


def without_specifics(text: str) -> str:
    """The text with what can be looked up blanked out: the prose that is left.

    >>> without_specifics("Cap retries in `client.py`").split()
    ['Cap', 'retries', 'in']
    """
    return _SPECIFIC.sub(" ", text)
