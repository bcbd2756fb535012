"""The tokens of written mathematics: numbers, names and signs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

MAX_CHARACTERS = 400
MAX_DIGITS = 30
SPELLINGS = {
    "**": "^",
    "·": "*",
    "×": "*",  # noqa: RUF001 - the sign that people write
    "÷": "/",
    "−": "-",  # noqa: RUF001 - a minus sign
    "–": "-",  # noqa: RUF001 - a dash for a minus
    "π": " pi ",
    "∞": " oo ",
    "√": " sqrt",
    "²": "^2",
    "³": "^3",
    "$": "",
}

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([A-Za-z]+)|([-+*/^(),=!|]|\[|\]))")


class Unreadable(ValueError):  # noqa: N818 - it says what a text is
    """A text is no mathematics of ours; the message says where it stops being."""


class Kind(StrEnum):
    """What a token is."""

    NUMBER = "number"
    NAME = "name"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, kw_only=True)
class Token:
    """One token with its text."""

    kind: Kind
    text: str


END = Token(kind=Kind.END, text="the end")


def tokenize(text: str) -> tuple[Token, ...]:
    """Split `text` into tokens.

    >>> [token.text for token in tokenize("3x**2 - 1")]
    ['3', 'x', '^', '2', '-', '1']

    Raises:
        Unreadable: the text is too long, or holds another character.
    """
    if len(text) > MAX_CHARACTERS:
        raise Unreadable(f"{len(text)} characters are more than {MAX_CHARACTERS}")
    for spelling, sign in SPELLINGS.items():
        text = text.replace(spelling, sign)
    text = text.rstrip()
    tokens, place = [], 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise Unreadable(f"{text[place:].strip()[:20]!r} is no mathematics")
        tokens.append(_token(found))
        place = found.end()
    return tuple(tokens)


def _token(found: re.Match[str]) -> Token:
    number, name, sign = found.groups()
    if number:
        if len(number) > MAX_DIGITS:
            raise Unreadable(f"a number has {len(number)} digits, more than {MAX_DIGITS}")
        return Token(kind=Kind.NUMBER, text=number)
    return Token(kind=Kind.NAME, text=name) if name else Token(kind=Kind.SIGN, text=sign)
