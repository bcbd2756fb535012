"""A claim: one question in formal words, such as `roots(x^2 - 5x + 6, x)`, and its answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import sympy

from ratchet.collect.problems.algebra import analysis, discrete
from ratchet.collect.problems.algebra.parser import parse
from ratchet.collect.problems.algebra.time_limit import limited
from ratchet.collect.problems.algebra.tokens import Unreadable

OPERATIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for module in (analysis, discrete)
    for function in vars(module).values()
    if callable(function)
    and getattr(function, "__module__", "") == module.__name__
    and not function.__name__.startswith("_")
}
"""Every question that can be asked, by name; nothing else is ever called."""

_CLAIM = re.compile(r"([a-z_]+)\((.*)\)", re.DOTALL)


@lru_cache(maxsize=4_096)
@limited
def work_out(claim: str) -> Any:
    """The answer to a claim, by computer algebra.

    >>> work_out("maximum(3 - (x - 1)^2, x)"), work_out("gcd(84, 36)")
    (3, 12)

    Raises:
        NoAnswer: the question has no answer; the message says why.
        Unreadable: the claim, or an argument of it, can not be read, is too large, or takes
            too long.
    """
    found = _CLAIM.fullmatch(claim.strip())
    if found is None or found[1] not in OPERATIONS:
        raise Unreadable(f"{claim[:60]!r} asks for nothing that is known")
    arguments = [parse(argument) for argument in _arguments(found[2])]
    try:
        return sympy.sympify(OPERATIONS[found[1]](*arguments))  # an int of Python's becomes exact
    except (TypeError, ValueError, ArithmeticError, AttributeError, NotImplementedError) as error:
        if type(error).__module__.startswith("ratchet."):
            raise
        raise Unreadable(f"{claim[:60]!r} can not be worked out: {error}") from error


def _arguments(text: str) -> Iterator[str]:
    """The arguments, parted by the commas that stand in no bracket."""
    depth, start = 0, 0
    for place, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            yield text[start:place]
            start = place + 1
    yield text[start:]
