"""A recursive-descent parser from written mathematics to SymPy, which evaluates no text.

    equation   = sum ["=" sum]
    sum        = product {("+" | "-") product}
    product    = signed {("*" | "/" | nothing) signed}
    signed     = ("+" | "-") signed | power
    power      = atom {"!"} ["^" signed]
    atom       = number | name | function "(" equation {"," equation} ")"
               | "(" equation ")" | "|" sum "|" | "[" equation {"," equation} "]"

Numbers are exact: 0.25 is a quarter. Sizes are bounded, so that no text asks for a number
that fills the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import sympy

from ratchet.collect.problems.algebra.time_limit import limited
from ratchet.collect.problems.algebra.tokens import END, Kind, Token, Unreadable, tokenize

MAX_DEPTH = 40
MAX_EXPONENT = 64
MAX_POWER_DIGITS = 2_000
MAX_FACTORIAL = 60
MAX_OPERATIONS = 200

GREEK = frozenset({"alpha", "beta", "gamma", "delta", "theta", "lambda", "mu", "sigma", "phi"})
FUNCTION_LETTERS = frozenset({"f", "g", "h"})  # f(x) is a name of something, not f times x
CONSTANTS: dict[str, Any] = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "oo": sympy.oo}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "exp": sympy.exp,
    "ln": sympy.log,
    "log": sympy.log,
    "sqrt": sympy.sqrt,
    "abs": sympy.Abs,
    "max": sympy.Max,
    "min": sympy.Min,
}


@lru_cache(maxsize=4_096)
@limited
def parse(text: str) -> Any:
    """Read an expression, an equation (`sympy.Eq`) or a list (`sympy.Tuple`).

    >>> parse("2x^2 - 3x + 1"), parse("x(x + 1)/2"), parse("0.25")
    (2*x**2 - 3*x + 1, x*(x + 1)/2, 1/4)
    >>> parse("[1, 2]"), parse("2x = 6")
    ((1, 2), Eq(2*x, 6))

    Raises:
        Unreadable: the grammar does not know it, or it is too large, or takes too long.
    """
    try:
        return _Parser(tokenize(text)).whole()
    except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"{text[:40]!r} can not be built: {error}") from error


def symbol(name: str) -> Any:
    """The symbol of that name, as the parser makes it; variables are real."""
    return sympy.Symbol(name, real=True)


class _Parser:
    """One text; `_place` is the token that is read next."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._tokens, self._place, self._depth = tokens, 0, 0

    def whole(self) -> Any:
        found = self._equation()
        if self._next is not END:
            raise Unreadable(f"{self._next.text!r} stands where nothing can")
        _require_modest(found)
        return found

    @property
    def _next(self) -> Token:
        return self._tokens[self._place] if self._place < len(self._tokens) else END

    def _take(self, *signs: str) -> str | None:
        token = self._next
        if token.kind is Kind.SIGN and token.text in signs:
            self._place += 1
            return token.text
        return None

    def _demand(self, sign: str) -> None:
        if not self._take(sign):
            raise Unreadable(f"{sign!r} is missing before {self._next.text!r}")

    def _equation(self) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable(f"brackets are nested more than {MAX_DEPTH} deep")
        left = self._sum()
        if self._take("="):
            left = sympy.Eq(left, self._sum(), evaluate=False)
        self._depth -= 1
        return left

    def _sum(self) -> Any:
        found = self._product()
        while sign := self._take("+", "-"):
            right = self._product()
            found = found + right if sign == "+" else found - right
        return found

    def _product(self) -> Any:
        found = self._signed()
        while True:
            if self._take("*"):
                found *= self._signed()
            elif self._take("/"):
                divisor = self._signed()
                if divisor == 0:
                    raise Unreadable("it divides by zero")
                found /= divisor
            elif self._next.kind is Kind.NAME or self._next.text in {"(", "["}:
                found *= self._power()  # written side by side
            else:
                return found

    def _signed(self) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable(f"signs are nested more than {MAX_DEPTH} deep")
        sign = self._take("+", "-")
        found = self._power() if sign is None else self._signed()
        self._depth -= 1
        return -found if sign == "-" else found

    def _power(self) -> Any:
        base = self._atom()
        while self._take("!"):
            base = _factorial(base)
        return _power(base, self._signed()) if self._take("^") else base

    def _atom(self) -> Any:
        token = self._next
        self._place += 1
        if token.kind is Kind.NUMBER:
            return sympy.Rational(token.text)
        if token.kind is Kind.NAME:
            return self._named(token.text)
        if token.text == "(":
            found = self._equation()
            self._demand(")")
            return found
        if token.text == "|":
            found = sympy.Abs(self._sum())
            self._demand("|")
            return found
        if token.text == "[":
            return sympy.Tuple(*self._items("]"))
        raise Unreadable(f"{token.text!r} stands where a value should")

    def _items(self, closing: str) -> list[Any]:
        items = [self._equation()]
        while self._take(","):
            items.append(self._equation())
        self._demand(closing)
        return items

    def _named(self, name: str) -> Any:
        is_call = self._next.text == "("
        if is_call and name in FUNCTIONS:
            self._demand("(")
            return FUNCTIONS[name](*self._items(")"))
        if is_call and name in {"factorial", "binomial"}:
            self._demand("(")
            return _counted(name, self._items(")"))
        if name in CONSTANTS:
            return CONSTANTS[name]
        if is_call and name in FUNCTION_LETTERS:
            raise Unreadable(f"{name}(...) names a function that is not defined here")
        if len(name) == 1 or name in GREEK:
            return symbol(name)
        if len(name) == 2 and not is_call and name not in {"is", "or", "at", "to", "of", "in"}:
            return self._named(name[0]) * self._named(name[1])
        raise Unreadable(f"{name!r} is no mathematics")


def _power(base: Any, exponent: Any) -> Any:
    if base.is_number and exponent.is_number:
        size = abs(float(sympy.log(abs(base), 10).evalf(5))) if base != 0 else 0.0
        if abs(float(sympy.re(exponent).evalf(5))) * max(size, 0.1) > MAX_POWER_DIGITS:
            raise Unreadable(f"a power of more than {MAX_POWER_DIGITS} digits")
        if base == 0 and exponent.is_negative:
            raise Unreadable("it divides by zero")
    return base**exponent


def _factorial(value: Any) -> Any:
    if not (value.is_Integer and 0 <= value <= MAX_FACTORIAL):
        raise Unreadable(f"a factorial of {value}; whole numbers up to {MAX_FACTORIAL} have one")
    return sympy.factorial(value)


def _counted(name: str, arguments: list[Any]) -> Any:
    if name == "factorial" and len(arguments) == 1:
        return _factorial(arguments[0])
    is_pair = len(arguments) == 2 and all(a.is_Integer for a in arguments)
    if name == "binomial" and is_pair and 0 <= arguments[0] <= 10 * MAX_FACTORIAL:
        return sympy.binomial(*arguments)
    raise Unreadable(f"{name} of {arguments} is not known")


def _require_modest(found: Any) -> None:
    for node in sympy.preorder_traversal(found):
        is_high = node.is_Pow and node.exp.is_Integer and abs(node.exp) > MAX_EXPONENT
        if is_high and not node.base.is_number:
            raise Unreadable(f"an exponent of {node.exp}; {MAX_EXPONENT} is the most")
    if not isinstance(found, sympy.Tuple) and sympy.count_ops(found) > MAX_OPERATIONS:
        raise Unreadable(f"more than {MAX_OPERATIONS} operations")
