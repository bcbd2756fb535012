"""Arithmetic: the rules of calculation, fractions, percentages, ratios and rates."""

from __future__ import annotations

import random
from fractions import Fraction

from ratchet.collect.problems.families.family import Slots, family

SUBJECT = "arithmetic"


@family(
    subject=SUBJECT,
    topic="order of operations",
    level="Elementary",
    ask=("Evaluate {a} + {b} * ({c} - {d}).", "What is the value of {a} + {b} * ({c} - {d})?"),
    seed="Use the numbers {a}, {b}, {c} and {d}, one pair of brackets and a product.",
    claim="value({a} + {b} * ({c} - {d}))",
    hints=(
        "Work out the brackets before anything else.",
        "A product comes before a sum.",
        "Add the first number last.",
    ),
    solution="The brackets come first, then the product with {b}, then the sum with {a}. "
    "This gives {answer}.",
)
def mixed_operations(rng: random.Random) -> Slots:
    a, b, d = rng.randint(12, 95), rng.randint(3, 12), rng.randint(4, 30)
    c = d + rng.randint(2, 25)
    return {"a": a, "b": b, "c": c, "d": d, "answer": a + b * (c - d)}


@family(
    subject=SUBJECT,
    topic="fractions",
    level="Middle School",
    ask=(
        "Compute {a}/{b} + {c}/{d} and give the result as a fraction in lowest terms.",
        "Add {a}/{b} and {c}/{d} and write the sum as one reduced fraction.",
    ),
    seed="Add the fractions {a}/{b} and {c}/{d}.",
    claim="value({a}/{b} + {c}/{d})",
    hints=(
        "Fractions can be added once they have the same denominator.",
        "The least common multiple of both denominators will do.",
        "Look for a common divisor of the result before you stop.",
    ),
    solution="With a common denominator the numerators can be added; "
    "the sum is then reduced. The result is {answer}.",
)
def sum_of_fractions(rng: random.Random) -> Slots:
    b, d = rng.sample(range(4, 25), 2)
    a, c = rng.randint(1, b - 1), rng.randint(1, d - 1)
    return {"a": a, "b": b, "c": c, "d": d, "answer": Fraction(a, b) + Fraction(c, d)}


@family(
    subject=SUBJECT,
    topic="percentages",
    level="Middle School",
    ask=(
        "A bicycle costs {price} dollars. Its price is reduced by {rate} percent. "
        "What is the new price in dollars?",
        "A shop takes {rate} percent off a lamp that was sold for {price} dollars. "
        "How many dollars does the lamp cost now?",
    ),
    seed="A discount of {rate} percent on a price of {price} dollars.",
    claim="value({price} * (100 - {rate}) / 100)",
    hints=(
        "Ask which share of the old price is still to be paid.",
        "A percentage is a number of hundredths.",
        "Multiply the old price by the share that remains.",
    ),
    solution="After a discount of {rate} percent the remaining share of the old price "
    "is paid, which comes to {answer} dollars.",
)
def discount(rng: random.Random) -> Slots:
    price, rate = 20 * rng.randint(6, 90), 5 * rng.randint(2, 14)
    return {"price": price, "rate": rate, "answer": price - price * rate // 100}


@family(
    subject=SUBJECT,
    topic="ratios",
    level="Middle School",
    ask=(
        "Two partners share a profit of {total} dollars in the ratio {a}:{b}. "
        "How many dollars does the partner with the larger share get?",
        "A rope of {total} cm is cut into two pieces in the ratio {a}:{b}. "
        "How long, in cm, is the longer piece?",
    ),
    seed="Divide {total} in the ratio {a}:{b} and ask for the larger part.",
    claim="value({total} * max({a}, {b}) / ({a} + {b}))",
    hints=(
        "Count how many equal parts there are altogether.",
        "Find the size of a single part.",
        "The larger share has as many parts as the larger number of the ratio.",
    ),
    solution="The ratio {a}:{b} splits the whole into equal parts. One part times the larger "
    "number of the ratio is {answer}.",
)
def shares(rng: random.Random) -> Slots:
    a, b = rng.choice([(2, 3), (3, 5), (4, 7), (5, 8), (3, 4), (7, 2), (9, 4), (5, 6), (8, 3)])
    part = rng.randint(12, 160)
    return {"total": part * (a + b), "a": a, "b": b, "answer": part * max(a, b)}


@family(
    subject=SUBJECT,
    topic="rates",
    level="Elementary",
    ask=(
        "A pump moves {volume} litres of water in {minutes} minutes. "
        "How many litres does it move in {later} minutes at the same rate?",
        "A printer needs {minutes} minutes for {volume} pages. "
        "How many pages does it print in {later} minutes at that speed?",
    ),
    seed="Scale an amount of {volume} from {minutes} to {later} minutes.",
    claim="value({volume} * {later} / {minutes})",
    hints=(
        "Find out how much is done in a single minute.",
        "The amount grows in proportion to the time.",
        "Multiply the amount of one minute by the new time.",
    ),
    solution="In one minute the amount is the given one divided by {minutes}. "
    "Times {later} this is {answer}.",
)
def proportional(rng: random.Random) -> Slots:
    rate, minutes = rng.randint(11, 48), rng.randint(3, 15)
    later = minutes + rng.randint(4, 30)
    return {
        "volume": rate * minutes, "minutes": minutes, "later": later, "answer": rate * later
    }  # fmt: skip


FAMILIES = (mixed_operations, sum_of_fractions, discount, shares, proportional)
