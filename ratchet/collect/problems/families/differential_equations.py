"""Differential equations: growth, cooling, linear equations of first and second order."""

from __future__ import annotations

import math
import random
from fractions import Fraction

from ratchet.collect.problems.families.family import Slots, family

SUBJECT = "differential equations"


@family(
    subject=SUBJECT,
    topic="exponential growth",
    level="Undergraduate",
    ask=(
        "A colony grows at a rate proportional to its size and doubles every {d} hours. It "
        "starts with {a} cells. How many cells are there after {t} hours?",
        "A quantity obeys y' = ky, starts at {a} and doubles every {d} days. Find its value "
        "after {t} days.",
    ),
    seed="Growth from {a}, doubled every {d}, at time {t}.",
    claim="value({a} * 2^({t}/{d}))",
    hints=(
        "The solution is an exponential function.",
        "Count how many doublings fit into the time.",
        "Each doubling multiplies by two.",
    ),
    solution="The number of doublings is the time divided by the doubling time, and each one "
    "multiplies by two, which gives {answer}.",
)
def doubling(rng: random.Random) -> Slots:
    a, d, k = rng.randint(3, 90), rng.randint(2, 12), rng.randint(3, 8)
    return {"a": a, "d": d, "t": d * k, "answer": a * 2**k}


@family(
    subject=SUBJECT,
    topic="separable equations",
    level="Undergraduate",
    ask=(
        "The differential equation y' = {a}x*y^2 has the initial value y(0) = {y0}. "
        "What is the value of y at x = {x}?",
        "Solve the separable equation y' = {a}x*y^2 with the initial value y(0) = {y0} and give y "
        "at x = {x}.",
    ),
    seed="A separable differential equation y' = {a}x*y^2 with an initial value of {y0} and the "
    "value of its solution at {x}.",
    claim="value(1/(1/({y0}) - {a}*({x})^2/2))",
    hints=(
        "Bring all y to one side and all x to the other.",
        "Integrate both sides from the initial point.",
        "Solve for y at the very end.",
    ),
    solution="Separating the variables and integrating both sides leaves an equation for the "
    "reciprocal of y, so the value is {answer}.",
)
def separable(rng: random.Random) -> Slots:
    a, y0, x = rng.randint(1, 9), -rng.randint(1, 9), rng.randint(1, 6)
    reciprocal = Fraction(1, y0) - Fraction(a * x * x, 2)
    return {"a": a, "y0": y0, "x": x, "answer": 1 / reciprocal}


@family(
    subject=SUBJECT,
    topic="equilibria",
    level="Undergraduate",
    ask=(
        "A population follows P' = {r}P - {s}P^2. At which size above zero is it at rest?",
        "Find the positive equilibrium of P' = {r}P - {s}P^2.",
    ),
    seed="The logistic equation P' = {r}P - {s}P^2.",
    claim="value({r}/{s})",
    hints=(
        "At rest the rate of change vanishes.",
        "One factor of the right side gives the empty population.",
        "The other factor is linear.",
    ),
    solution="The right side vanishes for an empty population and where its linear factor does, "
    "which is at {answer}.",
)
def equilibrium(rng: random.Random) -> Slots:
    r, s = rng.randint(5, 90), rng.randint(2, 12)
    return {"r": r, "s": s, "answer": Fraction(r, s)}


@family(
    subject=SUBJECT,
    topic="second order equations",
    level="Graduate",
    ask=(
        "The differential equation y'' + ({p})*y' + ({q})*y = 0 has the initial values "
        "y(0) = {y0} and y'(0) = {v0}. What is y(1)?",
        "Solve y'' + ({p})*y' + ({q})*y = 0 for y(0) = {y0} and y'(0) = {v0} and give y(1) "
        "exactly.",
    ),
    seed="A second order equation with coefficients {p} and {q} from {y0} and {v0}.",
    claim="second_order({p}, {q}, {y0}, {v0}, 1)",
    hints=(
        "Try an exponential function with an unknown rate.",
        "The rates solve a quadratic equation.",
        "Fit a combination of both exponentials to the initial values.",
    ),
    solution="The characteristic equation has two whole zeros. The combination of exponentials "
    "that fits the initial values is {answer} at 1.",
)
def two_rates(rng: random.Random) -> Slots:
    r, s = rng.sample((-4, -3, -2, -1, 1, 2, 3), 2)
    u, v = rng.choice((1, 2, 3, -1)), rng.choice((1, 2, -2, 4))
    answer = f"{u}*exp({r}) + {v}*exp({s})" if v > 0 else f"{u}*exp({r}) - {-v}*exp({s})"
    return {"p": -(r + s), "q": r * s, "y0": u + v, "v0": u * r + v * s, "answer": answer}


@family(
    subject=SUBJECT,
    topic="damped oscillation",
    level="Graduate",
    ask=(
        "For which damping c > 0 is the oscillator {m}y'' + cy' + {k}y = 0 critically damped?",
        "An oscillator obeys {m}y'' + cy' + {k}y = 0. Find the positive c at which it is "
        "critically damped.",
    ),
    seed="An oscillator of mass {m} and stiffness {k}.",
    claim="value(2*sqrt({m}*{k}))",
    hints=(
        "Critical damping is the border between swinging and creeping.",
        "There the characteristic equation has a double zero.",
        "Its discriminant vanishes.",
    ),
    solution="At the border the discriminant of the characteristic equation vanishes, "
    "so the damping is {answer}.",
)
def critical_damping(rng: random.Random) -> Slots:
    m, k = rng.randint(2, 24), rng.randint(2, 60)
    root = math.isqrt(m * k)
    return {"m": m, "k": k, "answer": 2 * root if root**2 == m * k else f"2*sqrt({m * k})"}


FAMILIES = (doubling, separable, equilibrium, two_rates, critical_damping)
