"""Sequences and series: sums, limits of sums and recurrences."""

from __future__ import annotations

import random
from fractions import Fraction

from ratchet.collect.problems.families.family import Slots, family

SUBJECT = "sequences and series"


@family(
    subject=SUBJECT,
    topic="arithmetic sequences",
    level="Middle School",
    ask=(
        "A theatre has {n} rows. The first row has {a} seats and each further row has {d} more. "
        "How many seats are there altogether?",
        "An arithmetic sequence starts with {a} and grows by {d}. What is the sum of its first "
        "{n} terms?",
    ),
    seed="{n} terms from {a} on in steps of {d}.",
    claim="total({a} + {d}*k, k, 0, {n} - 1)",
    hints=(
        "Find the last term first.",
        "Pair the first term with the last one, the second with the last but one.",
        "All pairs have the same sum.",
    ),
    solution="The mean of the first and the last term, times {n}, is {answer}.",
)
def theatre(rng: random.Random) -> Slots:
    a, d, n = rng.randint(8, 40), rng.randint(2, 9), rng.randint(9, 40)
    return {"a": a, "d": d, "n": n, "answer": n * (2 * a + (n - 1) * d) // 2}


@family(
    subject=SUBJECT,
    topic="geometric sequences",
    level="High School",
    ask=(
        "A geometric sequence has the first term {a} and the ratio {q}. "
        "What is the sum of its first {n} terms?",
        "Add the first {n} terms of the sequence that starts with {a} and is multiplied by {q} "
        "at each step.",
    ),
    seed="{n} terms from {a} on with the ratio {q}.",
    claim="total({a}*({q})^k, k, 0, {n} - 1)",
    hints=(
        "Multiply the sum by the ratio and compare.",
        "Almost all terms cancel in the difference.",
        "Divide by the ratio less one.",
    ),
    solution="The sum times the ratio differs from the sum only in two terms. Solving for the "
    "sum gives {answer}.",
)
def geometric_sum(rng: random.Random) -> Slots:
    a, q, n = rng.randint(2, 15), rng.choice((2, 3, 4, 5, -2, -3)), rng.randint(5, 9)
    return {"a": a, "q": q, "n": n, "answer": sum(a * q**k for k in range(n))}


@family(
    subject=SUBJECT,
    topic="infinite series",
    level="Undergraduate",
    ask=(
        "What is the sum of the infinite series with the terms {a} * ({p}/{q})^k for "
        "k = 0, 1, 2 and so on?",
        "A ball rises to {a} cm and each later bounce has {p}/{q} of the height of the one "
        "before. What is the sum of all heights in cm?",
    ),
    seed="Terms of {a} that shrink by {p}/{q}.",
    claim="total({a} * ({p}/{q})^k, k, 0, oo)",
    hints=(
        "Each term is a fixed multiple of the one before.",
        "The ratio lies below one, so the sum is finite.",
        "Divide the first term by one less the ratio.",
    ),
    solution="A geometric series with a ratio below one sums to its first term divided by one "
    "less the ratio, which is {answer}.",
)
def infinite_sum(rng: random.Random) -> Slots:
    q = rng.randint(3, 12)
    p, a = rng.randint(1, q - 1), rng.randint(3, 60)
    return {"a": a, "p": p, "q": q, "answer": Fraction(a * q, q - p)}


@family(
    subject=SUBJECT,
    topic="telescoping sums",
    level="Undergraduate",
    ask=(
        "Find the sum of {c}/(k(k + 1)) for k from {low} to {high}.",
        "Add the terms {c}/(k(k + 1)) from k = {low} to k = {high}.",
    ),
    seed="The terms {c}/(k(k + 1)) from {low} to {high}.",
    claim="total({c}/(k*(k + 1)), k, {low}, {high})",
    hints=(
        "Split each term into a difference of two fractions.",
        "Neighbouring terms cancel.",
        "Only the first and the last fraction remain.",
    ),
    solution="Each term is a difference of reciprocals, so that all but two of them cancel. "
    "What remains is {answer}.",
)
def telescope(rng: random.Random) -> Slots:
    c, low = rng.randint(2, 30), rng.randint(1, 9)
    high = low + rng.randint(6, 60)
    return {
        "c": c,
        "low": low,
        "high": high,
        "answer": c * (Fraction(1, low) - Fraction(1, high + 1)),
    }


@family(
    subject=SUBJECT,
    topic="linear recurrences",
    level="Graduate",
    ask=(
        "A sequence has u(0) = {first}, u(1) = {second} and u(k) = {a}*u(k-1) + ({b})*u(k-2). "
        "What is the term u({n}) of this sequence?",
        "The first terms of a sequence are u(0) = {first} and u(1) = {second}, and the linear "
        "recurrence u(k) = {a}*u(k-1) + ({b})*u(k-2) holds. Determine the term u({n}).",
    ),
    seed="Two coefficients, {a} and {b}, of a recurrence with the characteristic equation, from "
    "{first} and {second} on to number {n}.",
    claim="recurrence({a}, {b}, {first}, {second}, {n})",
    hints=(
        "Try powers of an unknown ratio.",
        "The ratios solve a quadratic equation.",
        "Fit a combination of both powers to the first two terms.",
    ),
    solution="Powers of the zeros of the characteristic equation solve the recurrence. Fitted to "
    "the first two terms they give {answer}.",
)
def closed_form(rng: random.Random) -> Slots:
    r, s = rng.sample((-3, -2, -1, 2, 3, 4, 5), 2)
    u, v = rng.choice((1, 2, 3, -2)), rng.choice((1, 2, -1, 4))
    n = rng.randint(6, 10)
    first, second = u + v, u * r + v * s
    return {
        "first": first, "second": second, "a": r + s, "b": -r * s, "n": n,
        "answer": u * r**n + v * s**n,
    }  # fmt: skip


FAMILIES = (theatre, geometric_sum, infinite_sum, telescope, closed_form)
