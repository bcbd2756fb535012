"""Geometry: lengths, angles, areas and volumes."""

from __future__ import annotations

import math
import random
from fractions import Fraction

from ratchet.collect.problems.families.family import Slots, apart, family, linear, listed

SUBJECT = "geometry"
TRIPLES = ((3, 4, 5), (5, 12, 13), (8, 15, 17), (7, 24, 25), (20, 21, 29), (9, 40, 41))


@family(
    subject=SUBJECT,
    topic="Pythagorean theorem",
    level="Middle School",
    ask=(
        "A right triangle has legs of {a} cm and {b} cm. How long, in cm, is its hypotenuse?",
        "A ladder stands {a} m from a wall and reaches {b} m up. How many metres long is it?",
    ),
    seed="A right angle between lengths of {a} and {b}.",
    claim="value(sqrt({a}^2 + {b}^2))",
    hints=(
        "The side you look for lies opposite the right angle.",
        "Add the squares of the two known lengths.",
        "Take the square root of the sum.",
    ),
    solution="By the theorem of Pythagoras the square of the longest side is the sum of the "
    "squares of the other two. Its root is {answer}.",
)
def hypotenuse(rng: random.Random) -> Slots:
    a, b, c = rng.choice(TRIPLES)
    k = rng.randint(2, 14)
    a, b = rng.sample((a, b), 2)
    return {"a": k * a, "b": k * b, "answer": k * c}


@family(
    subject=SUBJECT,
    topic="angles of polygons",
    level="Middle School",
    ask=(
        "How many degrees does each interior angle of a regular polygon with {n} sides have?",
        "A regular polygon has {n} corners. What is its interior angle in degrees?",
    ),
    seed="The interior angle of a regular polygon with {n} sides.",
    claim="value(({n} - 2) * 180 / {n})",
    hints=(
        "Diagonals from one corner cut the polygon into triangles.",
        "Each triangle contributes the same sum of angles.",
        "All interior angles of a regular polygon are equal.",
    ),
    solution="Diagonals from a corner give two triangles fewer than there are sides. The sum of "
    "all angles, shared equally among {n} corners, is {answer} degrees.",
)
def polygon_angle(rng: random.Random) -> Slots:
    n = rng.choice((8, 9, 10, 12, 15, 18, 20, 24, 30, 36, 40, 45, 60, 72))
    return {"n": n, "answer": 180 - 360 // n}


@family(
    subject=SUBJECT,
    topic="circles and sectors",
    level="High School",
    ask=(
        "A sector of a circle with radius {r} cm has a central angle of {d} degrees. "
        "Give its area in square cm as a multiple of pi.",
        "What is the area of a circular sector with radius {r} and angle {d} degrees, "
        "in terms of pi?",
    ),
    seed="A sector of radius {r} and angle {d} degrees.",
    claim="value(pi * {r}^2 * {d} / 360)",
    hints=(
        "Start from the area of the whole circle.",
        "Ask which fraction of the full turn the angle is.",
        "Multiply the area of the circle by that fraction.",
    ),
    solution="The sector has the same share of the circle's area as its angle has of the full "
    "turn, so the area is {answer}.",
)
def sector_area(rng: random.Random) -> Slots:
    r, d = rng.randint(4, 30), rng.choice((30, 36, 40, 45, 60, 72, 80, 108, 120, 135, 150, 216))
    share = Fraction(r * r * d, 360)
    top = "pi" if share.numerator == 1 else f"{share.numerator}pi"
    return {"r": r, "d": d, "answer": top + (f"/{share.denominator}" * (share.denominator > 1))}


@family(
    subject=SUBJECT,
    topic="coordinate geometry",
    level="High School",
    ask=(
        "Find the area of the triangle with the corners {points}.",
        "A triangle has its corners at {points}. What is its area?",
    ),
    seed="A triangle with the corners {points}.",
    claim="area({points})",
    hints=(
        "Take one corner as the origin of two edges.",
        "The cross difference of two edges is the area of a parallelogram.",
        "The triangle is half of that parallelogram.",
    ),
    solution="Half the absolute value of the cross difference of two edges is the area of the "
    "triangle, which is {answer}.",
)
def triangle_area(rng: random.Random) -> Slots:
    while True:
        (a, b), (c, d), (e, f) = ((rng.randint(-9, 9), rng.randint(-9, 9)) for _ in range(3))
        double = abs((c - a) * (f - b) - (e - a) * (d - b))
        if double > 10:
            points = listed([[a, b], [c, d], [e, f]])
            return {"points": points, "answer": Fraction(double, 2)}


@family(
    subject=SUBJECT,
    topic="volumes",
    level="High School",
    ask=(
        "A cone has a base radius of {r} cm and a height of {h} cm. "
        "Give its volume in cubic cm as a multiple of pi.",
        "What is the volume of a cone with radius {r} and height {h}, in terms of pi?",
    ),
    seed="A cone of radius {r} and height {h}.",
    claim="value(pi * {r}^2 * {h} / 3)",
    hints=(
        "Compare the cone with the cylinder around it.",
        "The base is a circle.",
        "A cone fills a third of its cylinder.",
    ),
    solution="A cone has a third of the volume of the cylinder with the same base and height, "
    "and that is {answer}.",
)
def cone_volume(rng: random.Random) -> Slots:
    r, h = rng.randint(3, 21), 3 * rng.randint(2, 15)
    return {"r": r, "h": h, "answer": f"{r * r * h // 3}pi"}


@family(
    subject=SUBJECT,
    topic="distance from a line",
    level="Undergraduate",
    ask=(
        "How far is the point ({px}, {py}) from the line {left} = {c}?",
        "Compute the distance between the point ({px}, {py}) and the line {left} = {c}.",
    ),
    seed="The point ({px}, {py}) and the line {left} = {c}.",
    claim="distance_to([{px}, {py}], {left} = {c})",
    hints=(
        "The shortest way to a line is perpendicular to it.",
        "The coefficients of the line form a normal vector.",
        "Put the point into the equation and divide by the length of the normal.",
    ),
    solution="Putting the point into the equation of the line and dividing by the length of the "
    "normal vector gives the distance {answer}.",
)
def distance_from_line(rng: random.Random) -> Slots:
    a, b, length = rng.choice(TRIPLES[:4])
    sign = rng.choice((-1, 1))
    px, py = apart(rng, 2, -12, 12)
    c = rng.randint(-30, 30)
    found = Fraction(abs(a * px + sign * b * py - c), length)
    if not found:
        return distance_from_line.draw(rng)
    left = linear(x=a, y=sign * b)
    return {"px": px, "py": py, "left": left, "c": c, "answer": found}


@family(
    subject=SUBJECT,
    topic="law of cosines",
    level="High School",
    ask=(
        "Two sides of a triangle are {a} cm and {b} cm long and enclose an angle of {d} degrees. "
        "How long, in cm, is the third side?",
        "In a triangle, sides of length {a} and {b} meet at {d} degrees. Find the third side.",
    ),
    seed="Sides of {a} and {b} that enclose {d} degrees.",
    claim="value(sqrt({a}^2 + {b}^2 - 2*{a}*{b}*cos({d}*pi/180)))",
    hints=(
        "Two sides and the angle between them fix the triangle.",
        "The theorem of Pythagoras needs a correction when the angle is not right.",
        "The correction is twice the product of the sides times the cosine of the angle.",
    ),
    solution="The law of cosines gives the square of the third side from both sides and the "
    "cosine of {d} degrees. Its root is {answer}.",
)
def third_side(rng: random.Random) -> Slots:
    a, b = rng.sample(range(3, 20), 2)
    d, double_cosine = rng.choice(((60, 1), (120, -1)))
    square = a * a + b * b - a * b * double_cosine
    root = math.isqrt(square)
    return {"a": a, "b": b, "d": d, "answer": root if root * root == square else f"sqrt({square})"}


FAMILIES = (
    hypotenuse, polygon_angle, sector_area, triangle_area,
    cone_volume, distance_from_line, third_side,
)  # fmt: skip
