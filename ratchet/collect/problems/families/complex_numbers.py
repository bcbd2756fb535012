"""Complex numbers: arithmetic, modulus, powers and residues."""

from __future__ import annotations

import random
from fractions import Fraction

from ratchet.collect.problems.families.family import Slots, apart, family, polynomial

SUBJECT = "complex analysis"


@family(
    subject=SUBJECT,
    topic="complex multiplication",
    level="High School",
    ask=(
        "Expand the product ({z}) * ({w}) into its real and imaginary parts, as a + bi.",
        "Multiply the complex numbers ({z}) and ({w}) and collect real and imaginary parts.",
    ),
    seed="Two complex numbers, {z} and {w}, and the real and imaginary parts of their product.",
    claim="value(({z}) * ({w}))",
    hints=(
        "Expand the product like any other.",
        "The square of the imaginary unit is minus one.",
        "Collect the real and the imaginary parts.",
    ),
    solution="Expanding and replacing the square of the imaginary unit by minus one "
    "gives {answer}.",
)
def complex_product(rng: random.Random) -> Slots:
    a, b, c, d = (rng.choice(apart(rng, 1, -9, 9)) for _ in range(4))
    return {
        "z": _written(a, b), "w": _written(c, d),
        "answer": _written(a * c - b * d, a * d + b * c),
    }  # fmt: skip


@family(
    subject=SUBJECT,
    topic="powers of complex numbers",
    level="Undergraduate",
    ask=(
        "Compute the power ({z})^{n} of a complex number in the form a + bi.",
        "What is the complex number ({z})^{n} in the form a + bi, real and imaginary part?",
    ),
    seed="Raise the complex number {z} to the power {n}, by multiplication or in polar form.",
    claim="value(({z})^{n})",
    hints=(
        "Square first and multiply then.",
        "In polar form the modulus is raised and the angle is multiplied.",
        "Return to real and imaginary parts at the end.",
    ),
    solution="Repeated multiplication, or de Moivre's formula, gives {answer}.",
)
def complex_power(rng: random.Random) -> Slots:
    a, b = apart(rng, 2, -5, 5)
    n = rng.randint(3, 6)
    x, y = 1, 0
    for _ in range(n):
        x, y = x * a - y * b, x * b + y * a
    return {"z": _written(a, b), "n": n, "answer": _written(x, y)}


@family(
    subject=SUBJECT,
    topic="modulus",
    level="Undergraduate",
    ask=(
        "What is the absolute value of the complex number ({z})/({w})?",
        "Find the modulus of ({z})/({w}).",
    ),
    seed="The modulus of {z} divided by {w}.",
    claim="value(abs(({z})/({w})))",
    hints=(
        "The modulus of a quotient is the quotient of the moduli.",
        "A modulus is a distance from the origin.",
        "No division of complex numbers is needed.",
    ),
    solution="Both moduli follow from the theorem of Pythagoras, and their quotient is {answer}.",
)
def modulus_of_quotient(rng: random.Random) -> Slots:
    (a, b, c), (d, e, f) = rng.sample(
        ((3, 4, 5), (5, 12, 13), (8, 15, 17), (7, 24, 25), (20, 21, 29), (12, 35, 37)), 2
    )
    k, m = rng.randint(1, 4), rng.randint(1, 4)
    z, w = _written(k * a, rng.choice((-1, 1)) * k * b), _written(m * d, -m * e)
    return {"z": z, "w": w, "answer": Fraction(k * c, m * f)}


@family(
    subject=SUBJECT,
    topic="residues",
    level="Graduate",
    ask=(
        "Find the residue of ({top})/((z - {a})(z - {b})) at z = {a}.",
        "The function ({top})/((z - {a})(z - {b})) has a pole at z = {a}. What is its residue?",
    ),
    seed="The quotient ({top})/((z - {a})(z - {b})) at its pole {a}.",
    claim="residue(({top})/((z - {a})(z - {b})), z, {a})",
    hints=(
        "The pole is simple.",
        "Multiply by the factor that vanishes there.",
        "Take the limit of what remains.",
    ),
    solution="Multiplying by the vanishing factor leaves a regular function. Its value at the "
    "pole is {answer}.",
)
def simple_pole(rng: random.Random) -> Slots:
    a, b = rng.sample(range(1, 12), 2)
    p, q, r = rng.randint(1, 6), rng.randint(-9, 9), rng.randint(1, 9)
    top = polynomial(p, q, r, of="z")
    return {"top": top, "a": a, "b": b, "answer": Fraction(p * a * a + q * a + r, a - b)}


def _written(real: int, imaginary: int) -> str:
    if not imaginary:
        return str(real)
    unit = polynomial(imaginary, 0, of="i")
    if not real:
        return unit
    return f"{real} - {unit[1:]}" if unit.startswith("-") else f"{real} + {unit}"


FAMILIES = (complex_product, complex_power, modulus_of_quotient, simple_pole)
