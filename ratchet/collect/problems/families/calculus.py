"""Calculus: derivatives, extrema, integrals, limits and series expansions."""

from __future__ import annotations

import math
import random
from fractions import Fraction

from ratchet.collect.problems.families.family import Slots, apart, family, polynomial

SUBJECT = "calculus"


@family(
    subject=SUBJECT,
    topic="derivatives",
    level="High School",
    ask=(
        "Let f(x) = {f}. How steep is the graph of this function at x = {place}?",
        "Find the derivative of the function f(x) = {f} at the place x = {place}.",
    ),
    seed="A polynomial function {f} and its derivative at x = {place}.",
    claim="derivative_at({f}, x, {place})",
    hints=(
        "Differentiate term by term.",
        "A power loses one in its exponent and gains a factor.",
        "Put the place into the derivative, not into the function.",
    ),
    solution="Term by term, the power rule gives the derivative. Its value at the place "
    "is {answer}.",
)
def slope_at(rng: random.Random) -> Slots:
    a, b, c, d = rng.randint(1, 5), rng.randint(-9, 9), rng.randint(-9, 9), rng.randint(-20, 20)
    place = rng.choice((-4, -3, -2, 2, 3, 4, 5))
    answer = 3 * a * place**2 + 2 * b * place + c
    return {"f": polynomial(a, b, c, d), "place": place, "answer": answer}


@family(
    subject=SUBJECT,
    topic="product rule",
    level="Undergraduate",
    ask=("Differentiate f(x) = ({p}) * exp({k}x).", "Find f'(x) for f(x) = ({p}) * exp({k}x)."),
    seed="The product ({p}) * exp({k}x).",
    claim="derivative(({p}) * exp({k}x), x)",
    hints=(
        "The function is a product of two factors.",
        "Differentiate one factor at a time and keep the other.",
        "The exponential appears in both terms and can be taken out.",
    ),
    solution="The product rule gives two terms that share the exponential. Taken out, "
    "it leaves {answer}.",
)
def product_derivative(rng: random.Random) -> Slots:
    a, b, c = rng.randint(1, 7), rng.randint(-9, 9), rng.randint(-9, 9)
    k = rng.choice((2, 3, 4, 5, -2, -3))
    inner = polynomial(k * a, 2 * a + k * b, b + k * c)
    return {"p": polynomial(a, b, c), "k": k, "answer": f"({inner}) * exp({k}x)"}


@family(
    subject=SUBJECT,
    topic="maxima",
    level="Undergraduate",
    ask=(
        "Find the maximum value of f(x) = {f}.",
        "What is the greatest value that f(x) = {f} takes over all real x?",
    ),
    seed="The greatest value of {f}.",
    claim="maximum({f}, x)",
    hints=(
        "The leading coefficient tells that the function is bounded above.",
        "At an extremum the derivative vanishes.",
        "Compare the values at all places where it does.",
    ),
    solution="The derivative vanishes at a few places. The greatest of the values there "
    "is {answer}.",
)
def greatest_value(rng: random.Random) -> Slots:
    a, h, k = rng.randint(1, 6), rng.choice(apart(rng, 6, -6, 7)), rng.randint(-30, 60)
    return {"f": polynomial(-a, 2 * a * h, k - a * h * h), "answer": k}


@family(
    subject=SUBJECT,
    topic="minima",
    level="Undergraduate",
    ask=(
        "Find the minimum value of f(x) = {f}.",
        "What is the least value that f(x) = {f} takes over all real x?",
    ),
    seed="The least value of {f}.",
    claim="minimum({f}, x)",
    hints=(
        "The function grows without bound on both sides.",
        "At an extremum the derivative vanishes.",
        "By symmetry it is enough to look at squares.",
    ),
    solution="As a quadratic in the square of x the function has its least value {answer} where "
    "the derivative vanishes.",
)
def least_value(rng: random.Random) -> Slots:
    a, h, k = rng.randint(1, 4), rng.randint(1, 4), rng.randint(-60, 40)
    f = polynomial(a, 0, -2 * a * h * h, 0, a * h**4 + k)
    return {"f": f, "answer": k}


@family(
    subject=SUBJECT,
    topic="definite integrals",
    level="Undergraduate",
    ask=(
        "Compute the definite integral of {f} from x = {low} to x = {high}.",
        "Evaluate the definite integral of {f} with respect to x from {low} to {high}.",
    ),
    seed="A definite integral between the ends {low} and {high}, with an antiderivative of {f}.",
    claim="integral({f}, x, {low}, {high})",
    hints=(
        "Find an antiderivative term by term.",
        "A power gains one in its exponent and is divided by it.",
        "Subtract the value at the lower end from that at the upper end.",
    ),
    solution="An antiderivative, found term by term, taken at the upper end less its value at "
    "the lower end is {answer}.",
)
def area_below(rng: random.Random) -> Slots:
    c = [rng.randint(1, 8), rng.randint(-9, 9), rng.randint(-9, 9)]
    low = rng.randint(-3, 2)
    high = low + rng.randint(2, 5)

    def antiderivative(x: int) -> Fraction:
        return Fraction(c[0] * x**3, 3) + Fraction(c[1] * x**2, 2) + c[2] * x

    answer = antiderivative(high) - antiderivative(low)
    return {"f": polynomial(*c), "low": low, "high": high, "answer": answer}


@family(
    subject=SUBJECT,
    topic="limits",
    level="Undergraduate",
    ask=(
        "Find the limit of ({top})/({bottom}) as x approaches {place}.",
        "To which value does ({top})/({bottom}) tend when x tends to {place}?",
    ),
    seed="The quotient ({top})/({bottom}) near {place}.",
    claim="limit(({top})/({bottom}), x, {place})",
    hints=(
        "Numerator and denominator both vanish there.",
        "A common linear factor can be cancelled.",
        "After cancelling, put the place in.",
    ),
    solution="Both parts share a linear factor. Once it is cancelled, the quotient can be "
    "evaluated and gives {answer}.",
)
def removable(rng: random.Random) -> Slots:
    place, r, s = apart(rng, 3, -8, 9)
    top, bottom = polynomial(1, -(place + r), place * r), polynomial(1, -(place + s), place * s)
    answer = Fraction(place - r, place - s)
    return {"top": top, "bottom": bottom, "place": place, "answer": answer}


@family(
    subject=SUBJECT,
    topic="Taylor coefficients",
    level="Graduate",
    ask=(
        "What is the coefficient of x^{n} in the Taylor series of exp({a}x) * (1 + {b}x) about 0?",
        "Expand exp({a}x) * (1 + {b}x) in powers of x. Which coefficient does x^{n} have?",
    ),
    seed="The term x^{n} of exp({a}x) * (1 + {b}x).",
    claim="taylor_coefficient(exp({a}x) * (1 + {b}x), x, {n})",
    hints=(
        "The series of the exponential function is known.",
        "Multiplying by the linear factor shifts the series and adds it.",
        "Only two terms contribute to a given power.",
    ),
    solution="Two terms of the exponential series contribute, one directly and one shifted by "
    "the linear factor. Their sum is {answer}.",
)
def series_coefficient(rng: random.Random) -> Slots:
    a, b, n = rng.randint(2, 6), rng.randint(2, 9), rng.randint(3, 6)
    answer = Fraction(a**n, math.factorial(n)) + b * Fraction(a ** (n - 1), math.factorial(n - 1))
    return {"a": a, "b": b, "n": n, "answer": answer}


@family(
    subject=SUBJECT,
    topic="improper integrals",
    level="Graduate",
    ask=(
        "Compute the integral of x^{n} * exp(-{a}x) over all x from 0 to infinity.",
        "What is the value of the improper integral of x^{n} * exp(-{a}x) on the positive half "
        "line?",
    ),
    seed="The integral of x^{n} * exp(-{a}x) to infinity.",
    claim="integral(x^{n} * exp(-{a}x), x, 0, oo)",
    hints=(
        "Scale the variable so that the exponent has no factor.",
        "Integration by parts lowers the power.",
        "What remains is a factorial.",
    ),
    solution="Scaling the variable leaves the gamma function, whose value is a factorial. "
    "With the power of the scale the result is {answer}.",
)
def gamma_integral(rng: random.Random) -> Slots:
    n, a = rng.randint(2, 6), rng.randint(2, 9)
    return {"n": n, "a": a, "answer": Fraction(math.factorial(n), a ** (n + 1))}


@family(
    subject=SUBJECT,
    topic="double integrals",
    level="Graduate",
    ask=(
        "Integrate {a}xy + {b} over the triangle with 0 <= x <= {c} and 0 <= y <= {d}x.",
        "Find the double integral of {a}xy + {b} over the region with x from 0 to {c} and y "
        "from 0 to {d}x.",
    ),
    seed="A polynomial {a}xy + {b} of two variables, where the range {d}x of one depends on the "
    "other, up to {c}.",
    claim="double_integral({a}xy + {b}, x, y, {c}, {d}x)",
    hints=(
        "The inner limits depend on the outer variable.",
        "Integrate over y first and treat x as a number.",
        "A polynomial in x alone remains.",
    ),
    solution="Integration over y leaves a polynomial in x alone. Integrating it over the outer "
    "range gives {answer}.",
)
def over_triangle(rng: random.Random) -> Slots:
    a, b, c, d = rng.randint(2, 9), rng.randint(1, 12), rng.randint(1, 5), rng.randint(2, 5)
    answer = Fraction(a * d * d * c**4, 8) + Fraction(b * d * c * c, 2)
    return {"a": a, "b": b, "c": c, "d": d, "answer": answer}


FAMILIES = (
    slope_at, product_derivative, greatest_value, least_value, area_below,
    removable, series_coefficient, gamma_integral, over_triangle,
)  # fmt: skip
