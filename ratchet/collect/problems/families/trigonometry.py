"""Trigonometry: exact values, equations and identities."""

from __future__ import annotations

import random
from fractions import Fraction

from ratchet.collect.problems.families.family import Slots, family

SUBJECT = "trigonometry"
SINES = {0: "0", 30: "1/2", 45: "sqrt(2)/2", 60: "sqrt(3)/2", 90: "1"}


@family(
    subject=SUBJECT,
    topic="exact values",
    level="High School",
    ask=(
        "Find the exact value of {m} * sin({d}*pi/180) without a calculator.",
        "Give {m} * sin({d}*pi/180) exactly.",
    ),
    seed="The sine of {d} degrees, times {m}.",
    claim="value({m} * sin({d}*pi/180))",
    hints=(
        "Subtract full turns first.",
        "The reference angle in the first quadrant decides the size.",
        "The quadrant decides the sign.",
    ),
    solution="Without its full turns the angle lies in a known quadrant. The reference angle "
    "gives the size and the quadrant gives the sign, so the value is {answer}.",
)
def exact_sine(rng: random.Random) -> Slots:
    m, reference = 2 * rng.randint(2, 14), rng.choice((30, 45, 60))
    quadrant, turns = rng.randrange(4), rng.randint(0, 6)
    d = (reference, 180 - reference, 180 + reference, 360 - reference)[quadrant] + 360 * turns
    sign = "-" if quadrant > 1 else ""
    value = {30: f"{m // 2}", 45: f"{m // 2}*sqrt(2)", 60: f"{m // 2}*sqrt(3)"}[reference]
    return {"m": m, "d": d, "answer": sign + value}


@family(
    subject=SUBJECT,
    topic="trigonometric equations",
    level="Undergraduate",
    ask=(
        "Find all x with 0 <= x < 2pi and {a}*sin(x) + {b} = {c}.",
        "Solve {a}*sin(x) + {b} = {c} on the interval from 0 up to but without 2pi.",
    ),
    seed="The equation {a}*sin(x) + {b} = {c} on one turn.",
    claim="roots_between({a}*sin(x) + {b} = {c}, x, 0, 2pi)",
    hints=(
        "Isolate the sine first.",
        "A first solution comes from a table of exact values.",
        "The sine takes the same value at the angle mirrored about a right angle.",
    ),
    solution="Isolating the sine leaves a value from the table. The table and the symmetry "
    "about a right angle give {answer}.",
)
def sine_equation(rng: random.Random) -> Slots:
    half, sign = rng.randint(1, 12), rng.choice((1, -1))
    a, b = 2 * half, rng.randint(-9, 9)
    answer = "x = pi/6 or x = 5pi/6" if sign > 0 else "x = 7pi/6 or x = 11pi/6"
    return {"a": a, "b": b, "c": b + sign * half, "answer": answer}


@family(
    subject=SUBJECT,
    topic="amplitude and phase",
    level="Undergraduate",
    ask=(
        "What is the largest value of {a}*sin(x) + {b}*cos(x) over all real x?",
        "Find the amplitude of the wave {a}*sin(x) + {b}*cos(x).",
    ),
    seed="The wave {a}*sin(x) + {b}*cos(x).",
    claim="value(sqrt({a}^2 + {b}^2))",
    hints=(
        "A sum of a sine and a cosine of the same angle is a shifted sine.",
        "Think of both coefficients as the legs of a right triangle.",
        "The amplitude is the hypotenuse of that triangle.",
    ),
    solution="The sum is one shifted sine wave whose amplitude is the hypotenuse of a right "
    "triangle with the coefficients as legs, which is {answer}.",
)
def amplitude(rng: random.Random) -> Slots:
    a, b, c = rng.choice(((3, 4, 5), (5, 12, 13), (8, 15, 17), (7, 24, 25), (20, 21, 29)))
    k = rng.randint(2, 12)
    return {"a": k * a, "b": k * b, "answer": k * c}


@family(
    subject=SUBJECT,
    topic="double angles",
    level="High School",
    ask=(
        "An angle has the cosine {p}/{q}. What is the cosine of twice the angle?",
        "Given that the cosine of t is {p}/{q}, find the cosine of 2t.",
    ),
    seed="An angle with the cosine {p}/{q}, doubled.",
    claim="value(2*({p}/{q})^2 - 1)",
    hints=(
        "There is an identity for the cosine of a doubled angle.",
        "One of its forms needs the cosine alone.",
        "Square the given cosine, double it and subtract one.",
    ),
    solution="The identity for the doubled angle, in the form with the cosine alone, "
    "gives {answer}.",
)
def double_angle(rng: random.Random) -> Slots:
    q = rng.randint(5, 40)
    p = rng.randint(1, q - 1)
    return {"p": p, "q": q, "answer": 2 * Fraction(p, q) ** 2 - 1}


FAMILIES = (exact_sine, sine_equation, amplitude, double_angle)
