"""Financial mathematics: interest, loans and present values."""

from __future__ import annotations

import random
from fractions import Fraction

from ratchet.collect.problems.families.family import Slots, family

SUBJECT = "financial mathematics"


@family(
    subject=SUBJECT,
    topic="simple interest",
    level="Middle School",
    ask=(
        "A loan of {p} dollars costs {r} percent simple interest a year. How many dollars of "
        "interest are due after {y} years?",
        "How many dollars of simple interest do {p} dollars earn in {y} years at {r} percent a "
        "year?",
    ),
    seed="Simple interest on {p} at {r} percent for {y} years.",
    claim="value({p} * {r} * {y} / 100)",
    hints=(
        "Simple interest is the same every year.",
        "Find the interest of a single year.",
        "Multiply it by the number of years.",
    ),
    solution="The interest of one year, times {y}, is {answer} dollars.",
)
def simple_interest(rng: random.Random) -> Slots:
    p, r, y = 50 * rng.randint(8, 180), rng.randint(2, 12), rng.randint(2, 11)
    return {"p": p, "r": r, "y": y, "answer": Fraction(p * r * y, 100)}


@family(
    subject=SUBJECT,
    topic="compound interest",
    level="High School",
    ask=(
        "{p} dollars are saved at {r} percent interest a year, which is added to the capital "
        "each year. How many dollars are there after {y} years, exactly?",
        "A capital of {p} dollars grows by {r} percent each year. What is its exact value in "
        "dollars after {y} years?",
    ),
    seed="A capital of {p} at {r} percent for {y} years.",
    claim="value({p} * (1 + {r}/100)^{y})",
    hints=(
        "Each year multiplies the capital by the same factor.",
        "The factor is one plus the rate.",
        "Raise the factor to the number of years.",
    ),
    solution="Multiplying the capital by the yearly factor once for each of the {y} years "
    "gives {answer} dollars.",
)
def compound_interest(rng: random.Random) -> Slots:
    p, r, y = 1000 * rng.randint(1, 40), rng.choice((2, 4, 5, 8, 10, 20)), rng.randint(2, 3)
    capital = Fraction(p)
    for _ in range(y):
        capital += capital * r / 100
    return {"p": p, "r": r, "y": y, "answer": capital}


@family(
    subject=SUBJECT,
    topic="perpetuities",
    level="Undergraduate",
    ask=(
        "A bond pays {c} dollars at the end of each year for ever. At an interest rate of {r} "
        "percent, what is its present value in dollars?",
        "What capital in dollars pays {c} dollars at the end of every year for ever when "
        "interest is {r} percent?",
    ),
    seed="A yearly payment of {c} for ever at {r} percent.",
    claim="total({c} * (1 + {r}/100)^(-k), k, 1, oo)",
    hints=(
        "Discount each payment to the present.",
        "The discounted payments form a geometric series.",
        "Its sum is the payment divided by the rate.",
    ),
    solution="The discounted payments form a geometric series, whose sum is {answer} dollars.",
)
def perpetuity(rng: random.Random) -> Slots:
    c, r = 25 * rng.randint(2, 60), rng.choice((2, 4, 5, 8, 10))
    return {"c": c, "r": r, "answer": Fraction(100 * c, r)}


FAMILIES = (simple_interest, compound_interest, perpetuity)
