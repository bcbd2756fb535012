"""Statistics: centres, spread and the least squares line."""

from __future__ import annotations

import random
import statistics
from fractions import Fraction

from ratchet.collect.problems.families.family import Slots, family, listed, rising

SUBJECT = "statistics"


@family(
    subject=SUBJECT,
    topic="mean",
    level="Middle School",
    ask=(
        "A runner trains for {values} minutes on successive days. How many minutes is that on "
        "average?",
        "What is the arithmetic mean of {values}?",
    ),
    seed="Minutes of training on successive days, {values}, and their average.",
    claim="mean({values})",
    hints=(
        "The order of the values does not matter.",
        "Add all the values.",
        "Divide by how many there are.",
    ),
    solution="The sum of all values divided by their number is {answer}.",
)
def average(rng: random.Random) -> Slots:
    values = [rng.randint(15, 95) for _ in range(rng.randint(5, 8))]
    return {"values": listed(values), "answer": Fraction(sum(values), len(values))}


@family(
    subject=SUBJECT,
    topic="median",
    level="Elementary",
    ask=(
        "The heights of some plants in cm are {values}. What is the median height?",
        "Which value stands in the middle of the list {values} once it is sorted?",
    ),
    seed="Plants with heights of {values} cm, put into order.",
    claim="median({values})",
    hints=(
        "Put the values into order first.",
        "Look at the middle of the ordered list.",
        "With two values in the middle, take what lies halfway between them.",
    ),
    solution="In rising order, the middle of the list is {answer}.",
)
def middle(rng: random.Random) -> Slots:
    values = rng.sample(range(12, 99), rng.randint(6, 9))
    return {"values": listed(values), "answer": statistics.median([Fraction(v) for v in values])}


@family(
    subject=SUBJECT,
    topic="variance",
    level="High School",
    ask=(
        "Five or more machines produced {values} parts. What is the population variance of "
        "these counts?",
        "Compute the population variance of the counts {values}.",
    ),
    seed="How far counts of parts spread about their mean in a whole population: {values}.",
    claim="variance({values})",
    hints=(
        "Find the mean first.",
        "Square the distance of each value from the mean.",
        "For a whole population, divide by the number of values.",
    ),
    solution="The squared distances from the mean, averaged over all values, are {answer}.",
)
def spread(rng: random.Random) -> Slots:
    values = [rng.randint(4, 40) for _ in range(rng.randint(5, 7))]
    return {"values": listed(values), "answer": statistics.pvariance([Fraction(v) for v in values])}


@family(
    subject=SUBJECT,
    topic="least squares line",
    level="Undergraduate",
    ask=(
        "Measurements at x = {xs} gave y = {ys}. What is the slope of the least squares line?",
        "Fit a straight line by least squares to the data x = {xs} and y = {ys}. Give its slope.",
    ),
    seed="A line through x = {xs} and y = {ys}.",
    claim="slope({xs}, {ys})",
    hints=(
        "Centre both lists at their means.",
        "The products of the centred values make up the numerator.",
        "The squares of the centred x make up the denominator.",
    ),
    solution="The sum of the products of the centred values, divided by the sum of the squares "
    "of the centred x, is {answer}.",
)
def fitted_slope(rng: random.Random) -> Slots:
    xs = rising(rng, 4, 1, 12)
    ys = [rng.randint(2, 30) for _ in xs]
    n = len(xs)
    above = n * sum(x * y for x, y in zip(xs, ys, strict=True)) - sum(xs) * sum(ys)
    below = n * sum(x * x for x in xs) - sum(xs) ** 2
    return {"xs": listed(xs), "ys": listed(ys), "answer": Fraction(above, below)}


@family(
    subject=SUBJECT,
    topic="standard scores",
    level="High School",
    ask=(
        "Test results have a mean of {m} and a standard deviation of {s}. What is the standard "
        "score of a result of {x}?",
        "How many standard deviations of {s} does the value {x} lie above a mean of {m}?",
    ),
    seed="The value {x} against a mean of {m} and a deviation of {s}.",
    claim="value(({x} - {m}) / {s})",
    hints=(
        "Take the mean away first.",
        "Measure the rest in standard deviations.",
        "A value below the mean has a negative score.",
    ),
    solution="The distance from the mean, measured in standard deviations, is {answer}.",
)
def standard_score(rng: random.Random) -> Slots:
    m, s = rng.randint(40, 120), rng.randint(4, 20)
    x = m + rng.choice([n for n in range(-3 * s, 3 * s) if n])
    return {"m": m, "s": s, "x": x, "answer": Fraction(x - m, s)}


FAMILIES = (average, middle, spread, fitted_slope, standard_score)
