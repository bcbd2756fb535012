"""Number theory: divisors, congruences and powers modulo a number."""

from __future__ import annotations

import math
import random

from ratchet.collect.problems.families.family import Slots, family, listed

SUBJECT = "number theory"
PRIMES = (3, 5, 7, 11, 13, 17, 19, 23)


@family(
    subject=SUBJECT,
    topic="greatest common divisor",
    level="Middle School",
    ask=(
        "Find the greatest common divisor of {a} and {b}.",
        "What is the largest whole number that divides both {a} and {b}?",
    ),
    seed="The numbers {a} and {b} and their common divisors.",
    claim="gcd({a}, {b})",
    hints=(
        "Divide the larger number by the smaller one with remainder.",
        "A common divisor of both divides the remainder, too.",
        "Repeat with the smaller number and the remainder until nothing remains.",
    ),
    solution="Euclid's algorithm replaces the larger number by the remainder of the division, "
    "again and again. The last remainder that is not zero is {answer}.",
)
def common_divisor(rng: random.Random) -> Slots:
    a, b = (rng.randint(4, 60) * rng.choice((6, 9, 14, 15, 21)) for _ in range(2))
    return {"a": a, "b": b, "answer": math.gcd(a, b)}


@family(
    subject=SUBJECT,
    topic="least common multiple",
    level="Elementary",
    ask=(
        "Two buses leave a stop together. One returns every {a} minutes and the other every {b} "
        "minutes. After how many minutes do they first meet there again?",
        "What is the smallest number above zero that is a multiple of {a} and of {b}?",
    ),
    seed="Two rhythms of {a} and {b} that meet again.",
    claim="lcm({a}, {b})",
    hints=(
        "The time must be a multiple of both intervals.",
        "Write both intervals as products of primes.",
        "Take each prime as often as it occurs in the richer of the two.",
    ),
    solution="The first meeting is at the least common multiple of {a} and {b}, which is {answer}.",
)
def common_multiple(rng: random.Random) -> Slots:
    a, b = rng.sample(range(8, 64), 2)
    return {"a": a, "b": b, "answer": math.lcm(a, b)}


@family(
    subject=SUBJECT,
    topic="counting divisors",
    level="High School",
    ask=("How many positive divisors does {n} have?", "Count the positive divisors of {n}."),
    seed="The number {n} and its prime powers.",
    claim="divisors({n})",
    hints=(
        "Write the number as a product of prime powers.",
        "A divisor chooses an exponent for each prime.",
        "Multiply the numbers of choices.",
    ),
    solution="In the prime factorisation of {n} each exponent, raised by one, counts the "
    "choices for its prime. Their product is {answer}.",
)
def divisor_count(rng: random.Random) -> Slots:
    primes = rng.sample((2, 3, 5, 7, 11), 3)
    powers = [rng.randint(1, 4), rng.randint(1, 3), rng.randint(1, 2)]
    n = math.prod(p**k for p, k in zip(primes, powers, strict=True))
    return {"n": n, "answer": math.prod(k + 1 for k in powers)}


@family(
    subject=SUBJECT,
    topic="modular exponentiation",
    level="Undergraduate",
    ask=(
        "Find the remainder when {a}^{n} is divided by {m}.",
        "What is the least non-negative residue of {a}^{n} modulo {m}?",
    ),
    seed="The power {a}^{n} modulo {m}.",
    claim="power_remainder({a}, {n}, {m})",
    hints=(
        "Reduce after each multiplication, so that numbers stay small.",
        "Squaring again and again reaches large exponents quickly.",
        "Write the exponent as a sum of powers of two.",
    ),
    solution="Repeated squaring modulo {m} and multiplying the powers that the binary form of "
    "the exponent names leaves {answer}.",
)
def power_modulo(rng: random.Random) -> Slots:
    m = rng.randint(17, 120)
    a, n = rng.randint(3, 40), rng.randint(20, 300)
    found = 1
    for _ in range(n):
        found = found * a % m
    return {"a": a, "n": n, "m": m, "answer": found}


@family(
    subject=SUBJECT,
    topic="modular inverses",
    level="Undergraduate",
    ask=(
        "Find the inverse of {a} modulo {m}, as a number from 1 to {last}.",
        "Which number from 1 to {last} leaves the remainder 1 modulo {m} when multiplied by {a}?",
    ),
    seed="Invert {a} modulo {m}.",
    claim="inverse({a}, {m})",
    hints=(
        "An inverse exists because both numbers have no common divisor.",
        "Run the Euclidean algorithm and keep track of the combinations.",
        "Reduce the coefficient you find to the range that is asked for.",
    ),
    solution="The extended Euclidean algorithm writes 1 as a combination of {a} and {m}. "
    "The coefficient of {a}, reduced modulo {m}, is {answer}.",
)
def modular_inverse(rng: random.Random) -> Slots:
    m = rng.randint(29, 150)
    a = rng.choice([n for n in range(5, m - 1) if math.gcd(n, m) == 1])
    found = next(n for n in range(1, m) if a * n % m == 1)
    return {"a": a, "m": m, "last": m - 1, "answer": found}


@family(
    subject=SUBJECT,
    topic="Euler's totient",
    level="Undergraduate",
    ask=(
        "How many integers from 1 to {n} have no common factor with {n} except 1?",
        "Compute the value of Euler's totient function at {n}.",
    ),
    seed="Euler's totient of {n}.",
    claim="totient({n})",
    hints=(
        "Factor the number into primes.",
        "Each prime takes away its share of the numbers.",
        "Multiply the number by one minus the reciprocal of each prime.",
    ),
    solution="Euler's product over the primes of {n} takes away the multiples of each of them "
    "and leaves {answer}.",
)
def euler_totient(rng: random.Random) -> Slots:
    n = rng.choice((2, 4, 6, 9, 10, 12)) * rng.choice(PRIMES) * rng.choice((1, 3, 5, 7))
    n = max(n, 45)
    return {"n": n, "answer": sum(math.gcd(n, k) == 1 for k in range(1, n + 1))}


@family(
    subject=SUBJECT,
    topic="Chinese remainder theorem",
    level="Graduate",
    ask=(
        "Find the least non-negative integer that leaves the remainders {remainders} on division "
        "by {moduli}, in this order.",
        "Solve the simultaneous congruences with residues {remainders} and moduli {moduli} for "
        "the least non-negative integer.",
    ),
    seed="Remainders {remainders} for the moduli {moduli}.",
    claim="congruences({remainders}, {moduli})",
    hints=(
        "The moduli have no common divisors, so there is one solution modulo their product.",
        "Solve the first two congruences together before the third.",
        "A multiple of the other moduli changes only one remainder at a time.",
    ),
    solution="Combining the congruences two at a time leaves a single one modulo the product of "
    "the moduli. Its least non-negative solution is {answer}.",
)
def chinese_remainders(rng: random.Random) -> Slots:
    moduli = rng.sample((5, 7, 8, 9, 11, 13, 17), 3)
    x = rng.randrange(60, math.prod(moduli))
    remainders = [x % m for m in moduli]
    return {"remainders": listed(remainders), "moduli": listed(moduli), "answer": x}


@family(
    subject=SUBJECT,
    topic="multiplicative order",
    level="Graduate",
    ask=(
        "Determine the multiplicative order of {a} modulo {p}.",
        "What is the smallest positive k for which {a}^k leaves the remainder 1 modulo {p}?",
    ),
    seed="The order of {a} in the group of units modulo {p}.",
    claim="order({a}, {p})",
    hints=(
        "The order divides the size of the group of units.",
        "Only divisors of that size have to be tried.",
        "If a power is one, ask whether a smaller divisor of its exponent will do.",
    ),
    solution="The order divides the number of units modulo {p}. Trying the divisors in rising "
    "order, the first power of {a} that is one has the exponent {answer}.",
)
def unit_order(rng: random.Random) -> Slots:
    p = rng.choice((31, 37, 41, 43, 61, 67, 71, 73, 97, 101, 109, 113, 127))
    a = rng.randint(3, p - 2)
    power, k = a, 1
    while power != 1:
        power, k = power * a % p, k + 1
    return {"a": a, "p": p, "answer": k}


FAMILIES = (
    common_divisor, common_multiple, divisor_count, power_modulo,
    modular_inverse, euler_totient, chinese_remainders, unit_order,
)  # fmt: skip
