"""What a claim comes to: a number or expression, a set, a tuple, or a reason why there is none."""

from __future__ import annotations

from typing import Any

import sympy

from ratchet.collect.problems.algebra.tokens import Unreadable


class NoAnswer(ValueError):  # noqa: N818 - it is the answer: there is none
    """The question is well put and has no answer; the message says why."""


def whole(value: Any, what: str, *, low: int = 0, high: int = 10**30) -> int:
    """`value` as an int within bounds.

    Raises:
        Unreadable: it is none.
    """
    if not getattr(value, "is_Integer", False) or not low <= int(value) <= high:
        raise Unreadable(f"{what} is {value}; a whole number from {low} to {high} is needed")
    return int(value)


def numbers(value: Any, what: str, *, at_most: int = 40) -> list[Any]:
    """The items of a list of numbers.

    Raises:
        Unreadable: it is none, or too long.
    """
    if not isinstance(value, sympy.Tuple) or not 0 < len(value) <= at_most:
        raise Unreadable(f"{what} must be a list of up to {at_most} numbers")
    if not all(getattr(item, "is_number", False) for item in value):
        raise Unreadable(f"{what} holds something that is no number")
    return list(value)


def matrix(value: Any, *, at_most: int = 6) -> Any:
    """A matrix from a list of rows.

    Raises:
        Unreadable: the rows are no numbers or differ in length.
    """
    if not isinstance(value, sympy.Tuple):
        raise Unreadable("a matrix is written as a list of rows")
    rows = [numbers(row, "a row", at_most=at_most) for row in value]
    if len(rows) > at_most or len({len(row) for row in rows}) != 1:
        raise Unreadable(f"the rows of a matrix have one length, {at_most} at most")
    return sympy.Matrix(rows)


def variable(value: Any) -> Any:
    """A symbol.

    Raises:
        Unreadable: it is something else.
    """
    if not getattr(value, "is_Symbol", False):
        raise Unreadable(f"{value} stands where a variable should")
    return value


def only_in(expression: Any, *variables: Any) -> Any:
    """The expression, if it has no other variable.

    Raises:
        Unreadable: it has, or is a list or an equation.
    """
    if not isinstance(expression, sympy.Expr):
        raise Unreadable(f"{expression} is no expression")
    if others := expression.free_symbols - set(variables):
        raise Unreadable(f"{expression} has {', '.join(sorted(map(str, others)))} beside")
    return expression
