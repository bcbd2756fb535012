"""Operations of algebra and analysis, worked out by SymPy."""

from __future__ import annotations

from typing import Any

import sympy

from ratchet.collect.problems.algebra.tokens import Unreadable
from ratchet.collect.problems.algebra.values import NoAnswer, only_in, variable, whole

MAX_DEGREE = 12
NUMERIC_DIGITS = 25
ONE = sympy.Integer(1)


def value(expression: Any) -> Any:
    """A number worked out."""
    found = only_in(expression)
    if found.has(sympy.zoo, sympy.nan, sympy.oo):
        raise NoAnswer(f"{expression} is not finite")
    return sympy.nsimplify(found) if found.is_Rational else sympy.expand_complex(found)


def expression(found: Any) -> Any:
    """An expression as it is; compared by value, not by form."""
    if not isinstance(found, sympy.Expr):
        raise Unreadable(f"{found} is no expression")
    return found


def roots(equation: Any, x: Any) -> Any:
    """All real solutions of an equation, or zeros of an expression."""
    x = variable(x)
    zero = equation.lhs - equation.rhs if isinstance(equation, sympy.Eq) else equation
    only_in(zero, x)
    if not zero.has(x):
        raise NoAnswer(f"{zero} = 0 does not depend on {x}")
    if zero.is_polynomial(x):
        polynomial = sympy.Poly(zero, x)
        if polynomial.degree() > MAX_DEGREE:
            raise Unreadable(f"a degree of {polynomial.degree()}; {MAX_DEGREE} is the most")
        found = sympy.FiniteSet(*sympy.real_roots(polynomial))
    else:
        found = sympy.solveset(zero, x, sympy.S.Reals)
    if found is sympy.S.EmptySet:
        raise NoAnswer(f"{zero} = 0 has no real solution")
    if not isinstance(found, sympy.FiniteSet):
        raise Unreadable(f"the solutions of {zero} = 0 could not be listed")
    return found


def roots_between(equation: Any, x: Any, low: Any, high: Any) -> Any:
    """The real solutions from `low` up to, but without, `high`."""
    x = variable(x)
    zero = equation.lhs - equation.rhs if isinstance(equation, sympy.Eq) else equation
    found = sympy.solveset(only_in(zero, x), x, sympy.Interval.Ropen(low, high))
    if found is sympy.S.EmptySet:
        raise NoAnswer(f"{zero} = 0 has no solution from {low} to {high}")
    if not isinstance(found, sympy.FiniteSet):
        raise Unreadable(f"the solutions of {zero} = 0 could not be listed")
    return found


def system(equations: Any, unknowns: Any) -> Any:
    """The one solution of a system of linear equations, in the order of the unknowns."""
    if not isinstance(equations, sympy.Tuple) or not isinstance(unknowns, sympy.Tuple):
        raise Unreadable("a system is a list of equations and a list of unknowns")
    found = sympy.linsolve(list(equations), *unknowns)
    if found is sympy.S.EmptySet:
        raise NoAnswer("the equations contradict each other")
    (solution,) = found
    if solution.free_symbols:
        raise NoAnswer("the system has more than one solution")
    return solution


def remainder(dividend: Any, divisor: Any, x: Any) -> Any:
    """The remainder of polynomial division."""
    x = variable(x)
    if not dividend.has(x) or not divisor.has(x):
        raise Unreadable(f"{dividend} and {divisor} are no polynomials in {x}")
    degrees = [sympy.degree(only_in(each, x), x) for each in (dividend, divisor)]
    if max(degrees) > 4 * MAX_DEGREE:
        raise Unreadable(f"a degree of {max(degrees)}; {4 * MAX_DEGREE} is the most")
    return sympy.rem(dividend, divisor, x)


def derivative(found: Any, x: Any, order: Any = ONE) -> Any:
    """The derivative of that order."""
    return sympy.diff(expression(found), variable(x), whole(order, "the order", low=1, high=6))


def derivative_at(found: Any, x: Any, place: Any, order: Any = ONE) -> Any:
    """The derivative at a place."""
    return value(derivative(only_in(found, x), x, order).subs(x, place))


def integral(found: Any, x: Any, low: Any, high: Any) -> Any:
    """A definite integral, also an improper one."""
    integrated = sympy.integrate(only_in(found, variable(x)), (x, low, high))
    return _finite(integrated, f"the integral of {found} from {low} to {high}")


def double_integral(found: Any, x: Any, y: Any, x_high: Any, y_high: Any) -> Any:
    """The integral over 0 <= x <= x_high and 0 <= y <= y_high, which may depend on x."""
    inner = sympy.integrate(only_in(found, variable(x), variable(y)), (y, 0, y_high))
    return _finite(sympy.integrate(inner, (x, 0, x_high)), f"the integral of {found}")


def limit(found: Any, x: Any, place: Any) -> Any:
    """The two-sided limit."""
    return _finite(
        sympy.limit(only_in(found, variable(x)), x, place, "+-")
        if place.is_finite
        else sympy.limit(only_in(found, variable(x)), x, place),
        f"the limit of {found} at {place}",
    )


def maximum(found: Any, x: Any) -> Any:
    """The greatest value on the whole real line."""
    return _extremum(only_in(found, variable(x)), x, "maximum")


def minimum(found: Any, x: Any) -> Any:
    """The least value on the whole real line."""
    return _extremum(only_in(found, variable(x)), x, "minimum")


def greatest_on(found: Any, x: Any, low: Any, high: Any) -> Any:
    """The greatest value of a polynomial on a closed interval."""
    if not only_in(found, variable(x)).is_polynomial(x):
        raise Unreadable(f"{found} is no polynomial")
    critical = [c for c in sympy.real_roots(sympy.Poly(sympy.diff(found, x), x)) if low < c < high]
    return sympy.Max(*(found.subs(x, place) for place in (low, high, *critical)))


def taylor_coefficient(found: Any, x: Any, order: Any) -> Any:
    """The coefficient of x^order in the Taylor series at 0."""
    n = whole(order, "the order", high=8)
    return sympy.diff(only_in(found, variable(x)), x, n).subs(x, 0) / sympy.factorial(n)


def total(term: Any, k: Any, low: Any, high: Any) -> Any:
    """The sum of the terms from `low` to `high`, which may be infinite."""
    return _finite(
        sympy.summation(only_in(term, variable(k)), (k, low, high)), f"the sum of {term}"
    )


def residue(found: Any, z: Any, place: Any) -> Any:
    """The residue at a pole."""
    return sympy.residue(only_in(found, variable(z)), z, place)


def second_order(p: Any, q: Any, start: Any, slope: Any, place: Any) -> Any:
    """y(place) where y'' + p y' + q y = 0, y(0) = start and y'(0) = slope."""
    root = sympy.sqrt(p**2 - 4 * q)
    first, second = (-p + root) / 2, (-p - root) / 2
    if first == second:
        found = (start + (slope - first * start) * place) * sympy.exp(first * place)
    else:
        weight = (slope - second * start) / (first - second)
        found = weight * sympy.exp(first * place) + (start - weight) * sympy.exp(second * place)
    return sympy.simplify(found)


def _finite(found: Any, what: str) -> Any:
    if found.has(sympy.Integral, sympy.Sum) and not found.free_symbols:
        found = found.evalf(NUMERIC_DIGITS)  # no closed form: a numeric check has to do
    if found.has(sympy.Integral, sympy.Sum, sympy.Limit, sympy.AccumBounds):
        raise Unreadable(f"{what} could not be worked out")
    if found.has(sympy.oo, sympy.zoo, sympy.nan):
        raise NoAnswer(f"{what} does not exist or is infinite")
    return found


def _extremum(found: Any, x: Any, kind: str) -> Any:
    """An extremum over the reals; the message of a failure says where the other kind lies."""
    if not found.is_polynomial(x):
        raise Unreadable(f"the {kind} of {found} could not be worked out")
    better = sympy.Max if kind == "maximum" else sympy.Min
    unbounded = sympy.oo if kind == "maximum" else -sympy.oo
    other = "minimum" if kind == "maximum" else "maximum"
    ends = [sympy.limit(found, x, sympy.oo), sympy.limit(found, x, -sympy.oo)]
    places = sympy.real_roots(sympy.Poly(sympy.diff(found, x), x)) if found.has(x) else []
    if unbounded in ends:
        way = "above" if kind == "maximum" else "below"
        reason = f"{found} has no {kind}: it is not bounded {way}"
        if len(places) == 1:
            least = found.subs(x, places[0])
            reason += f" ({least} at {x} = {places[0]} is its {other})"
        raise NoAnswer(reason)
    return better(*(found.subs(x, place) for place in places))
