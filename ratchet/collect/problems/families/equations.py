"""Algebra: equations, systems and polynomials."""

from __future__ import annotations

import random

from ratchet.collect.problems.families.family import (
    Slots,
    apart,
    either,
    family,
    linear,
    polynomial,
)

SUBJECT = "algebra"


@family(
    subject=SUBJECT,
    topic="linear equations",
    level="Middle School",
    ask=("Solve {left} = {right} for x.", "For which x does {left} = {right} hold?"),
    seed="An equation with x on both sides: {left} = {right}.",
    claim="roots({left} = {right}, x)",
    hints=(
        "Collect the terms with x on one side.",
        "Collect the numbers on the other side.",
        "Divide by the number that stands before x.",
    ),
    solution="After collecting the terms with x on the left and the numbers on the right, "
    "division gives {answer}.",
)
def linear_equation(rng: random.Random) -> Slots:
    a, c = apart(rng, 2, -9, 15)
    x, b = rng.choice(apart(rng, 20, -14, 14)), rng.randint(-40, 40)
    left, right = polynomial(a, b), polynomial(c, (a - c) * x + b)
    return {"left": left, "right": right, "answer": f"x = {x}"}


@family(
    subject=SUBJECT,
    topic="quadratic equations",
    level="High School",
    ask=("Find all real solutions of {left} = 0.", "Solve the equation {left} = 0 over the reals."),
    seed="Use the quadratic {left} with two different zeros.",
    claim="roots({left}, x)",
    hints=(
        "Try to write the left side as a product of two linear factors.",
        "The constant term is tied to the product of the zeros.",
        "A product is zero exactly when one of its factors is.",
    ),
    solution="The left side splits into two linear factors, and setting each factor "
    "to zero gives {answer}.",
)
def quadratic_equation(rng: random.Random) -> Slots:
    r, s = apart(rng, 2, -12, 12)
    a = rng.choice((1, 1, 2, 3))
    return {"left": polynomial(a, -a * (r + s), a * r * s), "answer": either({r, s})}


@family(
    subject=SUBJECT,
    topic="systems of linear equations",
    level="High School",
    ask=(
        "Solve the system {first} = {p}, {second} = {q} and give the pair (x, y).",
        "Find the pair (x, y) that satisfies both {first} = {p} and {second} = {q}.",
    ),
    seed="Two equations in x and y: {first} = {p} and {second} = {q}.",
    claim="system([{first} = {p}, {second} = {q}], [x, y])",
    hints=(
        "Eliminate one of the two unknowns.",
        "Multiply the equations so that one unknown has the same coefficient in both.",
        "Put the value you found back into one of the equations.",
    ),
    solution="Eliminating one unknown leaves a linear equation for the other one. "
    "Back substitution gives the pair {answer}.",
)
def linear_system(rng: random.Random) -> Slots:
    x, y = apart(rng, 2, -9, 9)
    a, b, c = apart(rng, 3, -7, 9)
    d = rng.choice([n for n in range(-8, 9) if n and a * n != b * c])
    return {
        "first": linear(x=a, y=b), "p": a * x + b * y,
        "second": linear(x=c, y=d), "q": c * x + d * y, "answer": f"({x}, {y})",
    }  # fmt: skip


@family(
    subject=SUBJECT,
    topic="polynomial division",
    level="High School",
    ask=(
        "Find the remainder when {dividend} is divided by {divisor}.",
        "What remainder does {dividend} leave on division by {divisor}?",
    ),
    seed="Divide {dividend} by the linear factor {divisor}.",
    claim="remainder({dividend}, {divisor}, x)",
    hints=(
        "The divisor is linear, so the remainder is a number.",
        "At the zero of the divisor the quotient does not matter.",
        "Put the zero of the divisor into the polynomial.",
    ),
    solution="By the remainder theorem the remainder is the value of the polynomial at the "
    "zero of {divisor}, which is {answer}.",
)
def polynomial_remainder(rng: random.Random) -> Slots:
    c = [rng.randint(1, 5), *(rng.randint(-9, 9) for _ in range(3))]
    r = rng.choice((-3, -2, 2, 3, 4))
    value = c[0] * r**3 + c[1] * r**2 + c[2] * r + c[3]
    return {"dividend": polynomial(*c), "divisor": polynomial(1, -r), "answer": value}


@family(
    subject=SUBJECT,
    topic="exponential equations",
    level="High School",
    ask=(
        "Solve the exponential equation {base}^({exponent}) = {power}.",
        "For which x is the power {base}^({exponent}) equal to {power}?",
    ),
    seed="An exponential equation: {base}^({exponent}) as a power on one side, {power} opposite.",
    claim="roots({base}^({exponent}) - {power}, x)",
    hints=(
        "Write the right side as a power of the same base.",
        "Equal powers of one base have equal exponents.",
        "What remains is a linear equation.",
    ),
    solution="The right side is a power of {base}. Comparing the exponents leaves a linear "
    "equation with the solution {answer}.",
)
def exponential_equation(rng: random.Random) -> Slots:
    base, x = rng.choice((2, 3, 5, 7)), rng.randint(-6, 9)
    a, n = rng.choice((2, 3, 4)), rng.randint(2, {2: 11, 3: 7, 5: 5, 7: 4}[base])
    exponent = polynomial(a, n - a * x)
    return {"base": base, "exponent": exponent, "power": base**n, "answer": f"x = {x}"}


@family(
    subject=SUBJECT,
    topic="cubic equations",
    level="Undergraduate",
    ask=(
        "Determine every real zero of p(x) = {cubic}.",
        "Where does the polynomial p(x) = {cubic} vanish on the real line?",
    ),
    seed="A cubic polynomial whose real zeros are whole: {cubic}.",
    claim="roots({cubic}, x)",
    hints=(
        "Whole zeros divide the constant term.",
        "Once a zero is known, divide by its linear factor.",
        "A quadratic equation remains.",
    ),
    solution="Trying divisors of the constant term finds a first zero. Division by its linear "
    "factor leaves a quadratic, and together they give {answer}.",
)
def cubic_equation(rng: random.Random) -> Slots:
    r, s, t = apart(rng, 3, -7, 8)
    cubic = polynomial(1, -(r + s + t), r * s + r * t + s * t, -r * s * t)
    return {"cubic": cubic, "answer": either({r, s, t})}


FAMILIES = (
    linear_equation, quadratic_equation, linear_system,
    polynomial_remainder, exponential_equation, cubic_equation,
)  # fmt: skip
