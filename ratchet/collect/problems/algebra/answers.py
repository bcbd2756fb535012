"""An answer as a person writes it, read and compared with what a claim comes to."""

from __future__ import annotations

import random
import re
from typing import Any

import sympy

from ratchet.collect.problems.algebra.parser import parse
from ratchet.collect.problems.algebra.time_limit import limited
from ratchet.collect.problems.algebra.tokens import Unreadable

SAMPLED_PLACES = 4  # places at which two expressions are compared
DIGITS = 30
TOLERANCE = sympy.Rational(1, 10**15)

_SAID = re.compile(r"^.*\b(?:is|are|equals|be)\b:?\s+", re.IGNORECASE)
_NAMED = re.compile(r"^[A-Za-z](?:'*\([A-Za-z0-9]\))?'*\s*=\s*")
_PLACE = re.compile(r"\s+(?:at|when|for|where|with)\s+.*$", re.IGNORECASE)
_UNIT = re.compile(
    r"\s*(?:%|percent|dollars?|euros?|degrees?|(?:square |cubic )?(?:cm|mm|km|m|kg|g|l|units?|"
    r"meters?|metres?|hours?|minutes?|seconds?|litres?|liters?)(?:\^[23])?|ways?|years?)$",
    re.IGNORECASE,
)
_PARTS = re.compile(r"\s*;\s*|\s*,\s*(?:and\s+)?|\s+(?:and|or)\s+")
_SYMPY_LETTER = re.compile(r"\b[IE]\b")
_DECIMALS = re.compile(r"-?\d+\.(\d+)")


@limited
def agrees(answer: str, value: Any) -> bool:
    """Whether a written answer is the value.

    A set may be listed in any order, a tuple not. A number written with decimals may be off
    by half a unit of the last one.

    >>> agrees("x = 3 or x = 2", sympy.FiniteSet(2, 3)), agrees("the area is 12 cm^2", sympy.S(12))
    (True, True)
    >>> agrees("0.33", sympy.Rational(1, 3)), agrees("0.3334", sympy.Rational(1, 3))
    (True, False)

    Raises:
        Unreadable: the answer is no mathematics, or takes too long.
    """
    if isinstance(value, sympy.FiniteSet):
        given = _parts(answer)
        return len(given) == len(value) and all(
            any(_is_close(each, known) for each in given) for known in value
        )
    if isinstance(value, sympy.Tuple | tuple):
        given = _parts(answer)
        return len(given) == len(value) and all(map(_is_close, given, value))
    return _is_close(_stripped(answer), value)


def same_answer(one: str, other: str) -> bool:
    """Whether two written answers mean the same, in whatever order they list values.

    >>> same_answer("x = 1/2 or x = 3", "3 and 0.5"), same_answer("1", "2")
    (True, False)
    """
    try:
        values = [parse(part) for part in _parts(other)]
        found = values[0] if len(values) == 1 else sympy.FiniteSet(*values)
        return agrees(one, found)
    except Unreadable:
        return one.strip(" .").lower() == other.strip(" .").lower()


def written(value: Any) -> str:
    """A value, or a message that holds one, as people write it.

    >>> written(sympy.FiniteSet(3, 2)), written(sympy.Symbol("x") ** 2)
    ('2 or 3', 'x^2')
    """
    if isinstance(value, sympy.FiniteSet):
        return " or ".join(written(item) for item in value)
    return _SYMPY_LETTER.sub(lambda found: found[0].lower(), str(value).replace("**", "^"))


def same_value(one: Any, other: Any) -> bool:
    """Whether two expressions agree wherever both are defined, to 15 digits at some places.

    >>> x = sympy.Symbol("x", real=True)
    >>> same_value((x + 1) ** 2, x**2 + 2 * x + 1), same_value(x, -x)
    (True, False)
    """
    difference = one - other
    if difference == 0:
        return True
    variables = sorted(difference.free_symbols, key=str)
    rng = random.Random(1)  # the same places each time
    compared = 0
    for _ in range(3 * SAMPLED_PLACES):
        place = {v: sympy.Rational(rng.randint(101, 997), 311) for v in variables}
        left, right = (sympy.N(each.subs(place), DIGITS) for each in (one, other))
        if not (left.is_number and left.is_finite and right.is_finite):
            continue
        if not _is_near(left, right, TOLERANCE * (1 + abs(right))):
            return False
        compared += 1
        if not variables or compared == SAMPLED_PLACES:
            return True
    return compared > 0


def _parts(answer: str) -> list[str]:
    text = _said(answer).strip().strip(".")
    if _is_enclosed(text):
        text = text[1:-1]
    return [_stripped(part) for part in _PARTS.split(text) if part.strip()]


def _is_enclosed(text: str) -> bool:
    """Whether the first bracket is closed by the last character: (1, 2), but not (1 + x)(1 - x)."""
    if text[:1] not in {"(", "[", "{"}:
        return False
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return place == len(text) - 1
    return False


def _said(answer: str) -> str:
    return _SAID.sub("", answer.strip())


def _stripped(answer: str) -> str:
    text = _PLACE.sub("", _said(answer)).strip().rstrip(".")
    text = _NAMED.sub("", text)
    return _UNIT.sub("", text).strip()


def _is_close(text: str, value: Any) -> bool:
    given = parse(text)
    if not isinstance(given, sympy.Expr) or not isinstance(value, sympy.Expr):
        raise Unreadable(f"{text!r} is no value")
    if decimals := _DECIMALS.fullmatch(text):
        if not value.is_number:
            return False
        half_unit = sympy.Rational(1, 2 * 10 ** len(decimals[1]))
        return _is_near(sympy.N(given, DIGITS), sympy.N(value, DIGITS), half_unit)
    return same_value(given, value)


def _is_near(one: Any, other: Any, tolerance: Any) -> bool:
    return bool(abs(one - other) <= tolerance)
