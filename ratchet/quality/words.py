"""The words of a text as the quality features see them: content words, by stem."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache, wraps
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
_UNIT_APART = re.compile(r"\d\s[%mskg]")
_ASCII_WORDS = bytes(code if chr(code).isalpha() else 32 for code in range(128)) + b" " * 128
REMEMBERED_TEXTS = 4_096  # the words of a text take ten times its room
REMEMBERED_WORDS = 65_536
LONGEST_TEXT, LONGEST_WORD = 8_192, 64  # characters; what is longer is not remembered

Answer = TypeVar("Answer")


def remembered(function: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """Remember what `function` says of the latest texts; huge ones would fill the memory."""
    known = lru_cache(maxsize=REMEMBERED_TEXTS)(function)

    @wraps(function)
    def ask(text: str) -> Answer:
        return known(text) if len(text) <= LONGEST_TEXT else function(text)

    return ask


def remembered_word(
    function: Callable[[str], Answer],
) -> Callable[[Collection[str]], Iterator[Answer]]:
    """Ask `function` of many words, most of which come again and again."""
    known = lru_cache(maxsize=REMEMBERED_WORDS)(function)

    def ask(found: Collection[str]) -> Iterator[Answer]:
        is_short = max(map(len, found), default=0) <= LONGEST_WORD
        return map(known if is_short else function, found)

    return ask


@remembered
def words(text: str) -> tuple[str, ...]:
    """The words of `text` in lower case; identifiers and paths fall into their parts.

    >>> words("parse_config() in src/userStore.py")
    ('parse', 'config', 'in', 'src', 'user', 'store', 'py')
    """
    if text.isascii():  # letters alone are left: several times as quick as an expression
        found = text.encode().translate(_ASCII_WORDS).decode().split()
    else:
        found = _WORD.findall(text)
    return tuple(chain.from_iterable(_parts(found)))


@remembered_word
def _parts(word: str) -> tuple[str, ...]:
    return tuple(_CAMEL.sub(" ", word).lower().split(" ")) if not word.islower() else (word,)


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
    numbers = (re.sub(r"\D", "", number) for number in _NUMBER.findall(text))
    return frozenset((*_content_stems(set(words(text))), *numbers)) - _NO_CONTENT


_NO_CONTENT = frozenset([""])


@remembered_word
def _content_stems(word: str) -> str:
    """The stem of a word with content; empty for another."""
    if len(word) > 1 and word not in FUNCTION_WORDS and word not in GENERIC_WORDS:
        return stem(word)
    return ""


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
        return frozenset((*quoted, *_UNQUOTED.findall(rest)))
    return frozenset(quoted).union(*_specifics_of_pieces(set(rest.split())))


@remembered_word
def _specifics_of_pieces(piece: str) -> frozenset[str]:
    """Those of a text without white space, in which most pieces come again and again."""
    return frozenset(_UNQUOTED.findall(piece))


def without_specifics(text: str) -> str:
    """The text with what can be looked up blanked out: the prose that is left.

    >>> without_specifics("Cap retries in `client.py`").split()
    ['Cap', 'retries', 'in']
    """
    return _SPECIFIC.sub(" ", text)
