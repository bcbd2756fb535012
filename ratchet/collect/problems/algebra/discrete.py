"""Operations on whole numbers, lists and matrices."""

from __future__ import annotations

import itertools
from typing import Any

import sympy
from sympy.functions.combinatorial.numbers import stirling
from sympy.ntheory import n_order
from sympy.ntheory.modular import crt as solve_congruences

from ratchet.collect.problems.algebra.parser import symbol
from ratchet.collect.problems.algebra.tokens import Unreadable
from ratchet.collect.problems.algebra.values import NoAnswer, matrix, numbers, whole

NOTHING = sympy.Integer(0)
MAX_COUNTED = 200_000  # things counted one by one


def gcd(a: Any, b: Any) -> Any:
    """The greatest common divisor."""
    return sympy.igcd(whole(a, "a"), whole(b, "b"))


def lcm(a: Any, b: Any) -> Any:
    """The least common multiple."""
    return sympy.ilcm(whole(a, "a", low=1), whole(b, "b", low=1))


def power_remainder(base: Any, exponent: Any, modulus: Any) -> Any:
    """The remainder of a power."""
    m = whole(modulus, "the modulus", low=1)
    return sympy.Integer(pow(whole(base, "the base"), whole(exponent, "the exponent"), m))


def inverse(a: Any, modulus: Any) -> Any:
    """The inverse modulo a number."""
    m = whole(modulus, "the modulus", low=2)
    if sympy.igcd(whole(a, "a"), m) != 1:
        raise NoAnswer(f"{a} has no inverse modulo {m}")
    return sympy.mod_inverse(int(a), m)


def congruences(remainders: Any, moduli: Any) -> Any:
    """The least number that leaves these remainders."""
    found = solve_congruences(
        [whole(m, "a modulus", low=1) for m in numbers(moduli, "the moduli")],
        [whole(r, "a remainder") for r in numbers(remainders, "the remainders")],
    )
    if found is None:
        raise NoAnswer("the congruences contradict each other")
    return sympy.Integer(found[0])


def totient(n: Any) -> Any:
    """Euler's totient."""
    return sympy.totient(whole(n, "n", low=1, high=10**12))


def divisors(n: Any) -> Any:
    """How many divisors a number has."""
    return sympy.divisor_count(whole(n, "n", low=1, high=10**12))


def order(a: Any, n: Any) -> Any:
    """The multiplicative order of a modulo n."""
    modulus = whole(n, "n", low=2, high=10**12)
    if sympy.igcd(whole(a, "a"), modulus) != 1:
        raise NoAnswer(f"{a} and {n} have a common divisor")
    return sympy.Integer(n_order(int(a), modulus))


def multiples(limit: Any, factors: Any) -> Any:
    """How many numbers from 1 to `limit` are divisible by at least one factor, one by one."""
    bound = whole(limit, "the limit", low=1, high=MAX_COUNTED)
    by = [whole(f, "a factor", low=1) for f in numbers(factors, "the factors")]
    return sympy.Integer(sum(any(n % f == 0 for f in by) for n in range(1, bound + 1)))


def compositions(n: Any, parts: Any, least: Any = NOTHING) -> Any:
    """How many tuples of `parts` whole numbers from `least` up sum to n."""
    rest = whole(n, "n", high=500) - whole(parts, "parts", low=1, high=50) * int(least)
    return sympy.binomial(rest + int(parts) - 1, int(parts) - 1) if rest >= 0 else sympy.Integer(0)


def paths(width: Any, height: Any) -> Any:
    """How many shortest paths a grid has from corner to corner, counted cell by cell."""
    row = [1] * (whole(width, "the width", high=100) + 1)
    for _ in range(whole(height, "the height", high=100)):
        row = list(itertools.accumulate(row))
    return sympy.Integer(row[-1])


def derangements(n: Any) -> Any:
    """How many orders of n things leave none in its place."""
    return sympy.subfactorial(whole(n, "n", high=60))


def set_partitions(n: Any, parts: Any) -> Any:
    """How many ways there are to part n things into non-empty sets."""
    return stirling(whole(n, "n", high=60), whole(parts, "parts", high=60))


def surjections(n: Any, k: Any) -> Any:
    """How many functions from n elements onto k elements there are."""
    return set_partitions(n, k) * sympy.factorial(whole(k, "k", high=60))


def arrangements(counts: Any) -> Any:
    """How many orders there are of things, so many of each kind."""
    each = [whole(c, "a count", low=1, high=60) for c in numbers(counts, "the counts")]
    found = sympy.factorial(sum(each))
    for count in each:
        found /= sympy.factorial(count)
    return found


def recurrence(a: Any, b: Any, first: Any, second: Any, n: Any) -> Any:
    """x(n) where x(k) = a x(k-1) + b x(k-2), x(0) = first and x(1) = second."""
    before, now = first, second
    for _ in range(whole(n, "n", low=1, high=200) - 1):
        before, now = now, a * now + b * before
    return now


def mean(values: Any) -> Any:
    """The arithmetic mean."""
    found = numbers(values, "the values")
    return sum(found) / sympy.Integer(len(found))


def median(values: Any) -> Any:
    """The median."""
    found = sorted(numbers(values, "the values"))
    middle = len(found) // 2
    return found[middle] if len(found) % 2 else (found[middle - 1] + found[middle]) / 2


def variance(values: Any) -> Any:
    """The population variance."""
    found = numbers(values, "the values")
    centre = mean(values)
    return sum((item - centre) ** 2 for item in found) / sympy.Integer(len(found))


def slope(xs: Any, ys: Any) -> Any:
    """The slope of the least squares line."""
    left, right = numbers(xs, "x"), numbers(ys, "y")
    if len(left) != len(right) or len(set(left)) < 2:
        raise Unreadable("a line needs as many x as y, and two different x")
    mean_x, mean_y = mean(xs), mean(ys)
    above = sum((x - mean_x) * (y - mean_y) for x, y in zip(left, right, strict=True))
    return above / sum((x - mean_x) ** 2 for x in left)


def det(rows: Any) -> Any:
    """The determinant."""
    return _square(rows).det()


def rank(rows: Any) -> Any:
    """The rank."""
    return sympy.Integer(matrix(rows).rank())


def eigenvalues(rows: Any) -> Any:
    """The set of eigenvalues."""
    return sympy.FiniteSet(*_square(rows).eigenvals())


def power_trace(rows: Any, n: Any) -> Any:
    """The trace of a power of a matrix."""
    return (_square(rows) ** whole(n, "n", low=1, high=40)).trace()


def dot(first: Any, second: Any) -> Any:
    """The scalar product."""
    left, right = numbers(first, "the first"), numbers(second, "the second")
    if len(left) != len(right):
        raise Unreadable("the vectors differ in length")
    return sum(a * b for a, b in zip(left, right, strict=True))


def cross(first: Any, second: Any) -> Any:
    """The vector product, as a tuple."""
    pair = [sympy.Matrix(numbers(each, "a vector")) for each in (first, second)]
    if any(len(each) != 3 for each in pair):
        raise Unreadable("a vector product needs three coordinates")
    return sympy.Tuple(*pair[0].cross(pair[1]))


def area(points: Any) -> Any:
    """The area of a polygon with these corners."""
    corners = [numbers(p, "a corner") for p in points] if isinstance(points, sympy.Tuple) else []
    if len(corners) < 3 or any(len(corner) != 2 for corner in corners):
        raise Unreadable("a polygon is a list of three corners or more")
    return abs(sympy.Polygon(*map(tuple, corners)).area)


def distance_to(point: Any, line: Any) -> Any:
    """The distance of a point from a line, given by its equation in x and y."""
    (px, py), (x, y) = numbers(point, "the point"), (symbol("x"), symbol("y"))
    if not isinstance(line, sympy.Eq):
        raise Unreadable("a line is given by an equation")
    form = sympy.Poly(line.lhs - line.rhs, x, y)
    if form.total_degree() != 1:
        raise Unreadable(f"{line} is no line")
    normal = [form.coeff_monomial(v) for v in (x, y)]
    return abs(form.as_expr().subs({x: px, y: py})) / sympy.sqrt(normal[0] ** 2 + normal[1] ** 2)


def _square(rows: Any) -> Any:
    found = matrix(rows)
    if not found.is_square:
        raise Unreadable(f"a matrix of {found.rows} rows and {found.cols} columns is not square")
    return found
