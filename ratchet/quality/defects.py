"""Defects of one text that need no context: placeholders, gibberish, markup, a cut-off end."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ratchet.quality.words import (
    distinct_words,
    remembered,
    remembered_word,
    without_specifics,
    words,
)

FATAL, SERIOUS, SLIGHT = 0.10, 0.50, 0.85
"""What is left of a clarity of 1 after a defect of each weight; several multiply."""


@dataclass(frozen=True, kw_only=True)
class Defect:
    """One thing wrong with a text: the factor its clarity keeps, and the reason in words."""

    factor: float
    reason: str


_PLACEHOLDER_WHOLE = re.compile(
    r"(?:todo|tbd|tba|fixme|n/?a|null|none|nil|undefined|placeholder|string|text|test|testing|foo|"
    r"bar|baz|foo ?bar|(?:blah\W*)+|asdf\w*|qwerty\w*|xxx+|\?+|\.{2,}|-+|example|sample|"
    r"(?:your|some|insert|enter|sample|example|dummy)[ _](?:\w+[ _]?){0,3}(?:here)?)\W*",
    re.IGNORECASE,
)
_PLACEHOLDER_PART = re.compile(
    r"<\s*(?:insert|your|enter|describe|placeholder|todo)[^>]*>|"
    r"\[\s*(?:insert|your|enter|describe|placeholder|todo|tbd|explanation|requirement)[^\]]*\](?!\()|"
    r"(?<!\$)\{\{.*?\}\}|\b(?:insert|describe|put) \w+(?: \w+){0,3} here\b|"
    r"\b(?:todo|tbd):? (?:write|fill|describe|later)|"
    r"\bas an ai (?:language )?model\b|\bXXX+\b|\bfoo bar baz\b",
    re.IGNORECASE,
)
_LOREM = re.compile(r"\blorem ipsum\b|\bdolor sit amet\b|\bconsectetur adipiscing\b", re.IGNORECASE)
_SECRET_PATTERNS = {  # by a sign of each; in lower case, and the sign first, which is found quickly
    "akia": r"akia(?<=\bakia)[0-9a-z]{16}\b",
    "gh": r"gh(?<=\bgh)[pousr]_[a-z0-9]{30,}",
    "sk-": r"sk-(?<=\bsk-)[a-z0-9_-]{20,}",
    "xox": r"xox(?<=\bxox)[abprs]-[a-z0-9-]{10,}",
    "-----begin": r"-----begin [a-z ]*private key-----",
    "eyj": r"eyj(?<=\beyj)[\w-]{10,}\.eyj[\w-]{10,}\.[\w-]{10,}",
    "aiza": r"aiza(?<=\baiza)[\w-]{35}\b",
    "://": r"://[^\s:/@]+:(?![^@\s]*(?:pass|secret|postgres|example|change|[*<${]))"
    r"(?=[^@\s]*\d)[^\s:/@]{6,}@",
}
_NAMED_VALUE = (
    r"\b(?:password|passwd|secret|api[_-]?key|token)\s*[:=]\s*[\"']"
    r"(?=[^\"']*\d)(?=[^\"']*[a-z])[^\"'\s]{16,}[\"']"
)
_SECRET = re.compile("|".join((*_SECRET_PATTERNS.values(), _NAMED_VALUE)), re.IGNORECASE)
_SECRETS = tuple((sign, re.compile(pattern)) for sign, pattern in _SECRET_PATTERNS.items())
_NAMED = re.compile(_NAMED_VALUE)
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]*(?:\s[^<>]*)?/?>|&(?:nbsp|amp|lt|gt|quot|#\d+);")
_MOJIBAKE = re.compile(
    "\ufffd|[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac|\u00ef\u00bb|\u00f0\u0178"
)
_LOREM_WORDS = ("lorem", "dolor", "consectetur")
_PART_SIGNS = ("{{", " here", "todo", "tbd", "as an ai", "xxx", "foo bar baz")
_BRACKETS = ("<", "[")
_BRACKET_WORDS = ("insert", "your", "enter", "describe", "placeholder", "expl", "requirement")
_QUOTES = ('"', "'")
_SECRET_WORDS = ("password", "passwd", "secret", "api", "token")
_ASCII_CAPITALS = string.ascii_uppercase.encode()
_ASCII_LETTERS = string.ascii_letters.encode()
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_STACKED_MARKS = re.compile("[\u0300-\u036f]{2,}")
_VOWEL = re.compile(r"[aeiouyàâäåæèéêëìíîïòóôöøùúûüœ]")
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{6,}")
_MASHED = re.compile(r"(?:asdf|sdfg|dfgh|fghj|ghjk|hjkl|qwer|zxcv|xcvb|jkl;)")
_DANGLING = re.compile(
    r"(?:\b(?:a|an|the|and|or|of|to|in|with|for|by|from|but|because|which|that|is|are|was|were|"
    r"when|if|as|at|than|into|every|each)|[,(\[{:/&-]|\.\.\.|…)\s*$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?](?=\s+[A-Z])")
_SENTENCE = re.compile(r"[.!?;]\s+|\n+")
_ENDS_WELL = re.compile(r"[.!?:;)\]}\"'`>…]\s*$|\d\s*$")

LONGEST_DANGLING = 16  # characters at the end of a text that tell whether it dangles
MIN_LETTER_SHARE = 0.30  # of the characters that are no white space
TAG_SHARE = 0.15  # of the characters: from here markup is the text, not its subject
SHOUTED_SHARE, SHOUTED_LETTERS = 0.70, 20
ODD_WORD_SHARE, SOME_ODD_WORDS = 0.30, 0.12  # of the words of four letters and more
READABLE_WORDS = 35  # in one sentence; plain-language guides ask for 20 to 25 on average
REPEATED_SHARE, ALL_REPEATED_SHARE, REPEATED_PHRASES = (
    0.45,
    0.75,
    8,
)  # of the three-word phrases, when there are so many


def find_defects(text: str, *, ends_sentences: bool) -> tuple[Defect, ...]:
    """Find what is wrong with `text` as a piece of writing.

    Args:
        text: Not empty; an empty text is a matter of completeness.
        ends_sentences: Whether a text that stops in mid-sentence is cut off: so for a text
            that somebody wrote as an answer, not for a list item or a piece of a diff.

    >>> [defect.reason for defect in find_defects("TODO", ends_sentences=True)]
    ['is a placeholder']
    """
    return (
        (*_defects_of_any(text), *_defects_of_prose(text))
        if ends_sentences
        else _defects_of_any(text)
    )


@remembered
def _defects_of_any(text: str) -> tuple[Defect, ...]:
    return tuple(defect for check in CHECKS if (defect := check(text)))


@remembered
def _defects_of_prose(text: str) -> tuple[Defect, ...]:
    return tuple(defect for check in (_cut_off, _rambling) if (defect := check(text)))


@remembered
def is_placeholder(text: str) -> bool:
    """Whether `text` stands for a text that nobody wrote.

    >>> is_placeholder("tbd."), is_placeholder("Lorem ipsum dolor"), is_placeholder("Add tests")
    (True, True, False)
    """
    if _PLACEHOLDER_WHOLE.fullmatch(text.strip()):
        return True
    return _may_hold(text, _LOREM_WORDS) and bool(_LOREM.search(text))


def _may_hold(text: str, signs: Sequence[str]) -> bool:
    """Whether an expression that needs one of `signs`, in any case, is worth the search.

    Beyond ASCII a letter may equal another in ways that `lower` does not tell; then it is.
    """
    if not text.isascii():
        return True
    plain = text.lower()
    for sign in signs:  # noqa: SIM110 - any() takes 1.6 times as long
        if sign in plain:
            return True
    return False


def _placeholder(text: str) -> Defect | None:
    if is_placeholder(text):
        return Defect(factor=FATAL, reason="is a placeholder")
    may = _may_hold(text, _PART_SIGNS) or (
        _may_hold(text, _BRACKETS) and _may_hold(text, _BRACKET_WORDS)
    )
    if may and _PLACEHOLDER_PART.search(text):
        return Defect(factor=0.15, reason="holds an unfilled placeholder")
    return None


def _secret(text: str) -> Defect | None:
    if _holds_secret(text):
        return Defect(factor=FATAL, reason="holds a secret")
    return None


def _holds_secret(text: str) -> bool:
    """In ASCII, each expression is tried on the lower case alone, and only where its sign is."""
    if not text.isascii():
        return bool(_SECRET.search(text))
    plain = text.lower()
    if any(sign in plain and pattern.search(plain) for sign, pattern in _SECRETS):
        return True
    may = _may_hold(text, _QUOTES) and _may_hold(text, _SECRET_WORDS)
    return may and bool(_NAMED.search(plain))


def _broken_encoding(text: str) -> Defect | None:
    if text.isascii() and not _CONTROL.search(text):
        return None
    odd = len(_CONTROL.findall(text)) + sum(map(_is_odd, _NOT_ASCII.findall(text)))
    odd += 3 * len(_MOJIBAKE.findall(text)) + sum(map(len, _STACKED_MARKS.findall(text)))
    if odd > max(2, 0.03 * len(text)):
        return Defect(factor=FATAL, reason="is broken Unicode")
    if odd:
        return Defect(factor=SERIOUS, reason="holds broken characters")
    return None


def _is_odd(character: str) -> bool:
    """Control, private, unassigned and surrogate characters."""
    return unicodedata.category(character) in {"Cc", "Co", "Cn", "Cs"}


def _few_letters(text: str) -> Defect | None:
    letters = _count_letters(text)
    if letters >= MIN_LETTER_SHARE * len(text):  # nor then of those that are no white space
        return None
    if letters < MIN_LETTER_SHARE * sum(map(len, text.split())):
        return Defect(factor=FATAL, reason="is mostly punctuation or digits")
    return None


def _count_letters(text: str) -> int:
    if text.isascii():
        return len(text) - len(text.encode().translate(None, _ASCII_LETTERS))
    return sum(map(str.isalpha, text))


def _count_capitals(text: str) -> int:
    if text.isascii():
        return len(text) - len(text.encode().translate(None, _ASCII_CAPITALS))
    return sum(map(str.isupper, text))


def _markup(text: str) -> Defect | None:
    tags = _TAG.findall(text)
    if len(tags) >= 4 and sum(map(len, tags)) >= TAG_SHARE * len(text):
        return Defect(factor=0.2, reason="is HTML rather than text")
    return None


def _shouting(text: str) -> Defect | None:
    letters, shouted = _count_letters(text), _count_capitals(text)
    if letters >= SHOUTED_LETTERS and shouted >= SHOUTED_SHARE * letters:
        return Defect(factor=0.2, reason="is written in capitals")
    return None


def _gibberish(text: str) -> Defect | None:
    if not any(
        _are_odd_words(distinct_words(text))
    ):  # nor then in the prose, which is a part of it
        return None
    prose = words(without_specifics(text))
    long_words = [word for word in prose if len(word) >= 4 and word.isascii()]
    odd = [
        word for word, is_odd in zip(long_words, _are_odd_words(long_words), strict=True) if is_odd
    ]
    if not odd or len(odd) < SOME_ODD_WORDS * len(long_words):
        return None
    if len(odd) >= ODD_WORD_SHARE * len(long_words) and (len(odd) > 1 or len(long_words) == 1):
        return Defect(factor=FATAL, reason=f"is gibberish ({odd[0]!r})")
    return Defect(factor=SERIOUS, reason=f"holds gibberish ({odd[0]!r})") if len(odd) > 1 else None


@remembered_word
def _are_odd_words(word: str) -> bool:
    """A word nobody can say: mashed keys, six consonants on end, or no vowel at all."""
    if len(word) < 4 or not word.isascii():
        return False
    if _MASHED.search(word) or _CONSONANTS.search(word):
        return True
    return len(word) >= 6 and not _VOWEL.search(word)


def _repetition(text: str) -> Defect | None:
    found = words(text)
    count = len(found) - 2
    if count < REPEATED_PHRASES or len(distinct_words(text)) - 2 > (1 - REPEATED_SHARE) * count + 1:
        return None  # all words but the last two begin a phrase: enough are different
    phrases = set(zip(found, found[1:], found[2:], strict=False))
    repeated = 1 - len(phrases) / count
    if repeated >= REPEATED_SHARE:
        factor = FATAL if repeated >= ALL_REPEATED_SHARE else 0.2
        return Defect(factor=factor, reason=f"repeats itself ({repeated:.0%} of its phrases)")
    return None


def _cut_off(text: str) -> Defect | None:
    """A dangling last word, or a last sentence without an end after ones that have it."""
    text = text.rstrip()
    if (
        _DANGLING.search(text[-LONGEST_DANGLING:])
        or text.count("```") % 2
        or text.count("(") > text.count(")")
    ):
        return Defect(factor=0.2, reason="is cut off at the end")
    last_line = text.splitlines()[-1] if text else ""
    if _SENTENCE_END.search(last_line) and not _ENDS_WELL.search(last_line):
        return Defect(factor=0.6, reason="stops in mid-sentence")
    return None


def _rambling(text: str) -> Defect | None:
    if len(text.split()) <= READABLE_WORDS:
        return None
    longest = max((len(part.split()) for part in _SENTENCE.split(text)), default=0)
    if longest <= READABLE_WORDS:
        return None
    factor = max(0.6, 1 - (longest - READABLE_WORDS) / 100)
    return Defect(factor=factor, reason=f"has a sentence of {longest} words")


CHECKS: tuple[Callable[[str], Defect | None], ...] = (
    _placeholder,
    _secret,
    _broken_encoding,
    _few_letters,
    _markup,
    _shouting,
    _gibberish,
    _repetition,
)
"""The checks that hold for every text, whatever its place."""
