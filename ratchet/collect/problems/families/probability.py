"""Probability: draws, repeated trials, conditions and expectations."""

from __future__ import annotations

import math
import random
from fractions import Fraction

from ratchet.collect.problems.families.family import Slots, family

SUBJECT = "probability"


@family(
    subject=SUBJECT,
    topic="draws without replacement",
    level="High School",
    ask=(
        "An urn holds {r} red and {b} blue balls. Two balls are drawn without replacement. "
        "What is the probability that both are red?",
        "A box has {r} good and {b} broken lamps. Two are taken at once. Find the probability "
        "that both are good.",
    ),
    seed="Two draws from {r} of one kind and {b} of another.",
    claim="value({r}*({r} - 1) / (({r} + {b})*({r} + {b} - 1)))",
    hints=(
        "The second draw depends on the first one.",
        "After a success there is one favourable thing fewer.",
        "Multiply the probabilities along the path.",
    ),
    solution="The probability of a first success times that of a second one, with one "
    "favourable thing fewer, is {answer}.",
)
def two_draws(rng: random.Random) -> Slots:
    r, b = rng.sample(range(3, 24), 2)
    return {"r": r, "b": b, "answer": Fraction(math.comb(r, 2), math.comb(r + b, 2))}


@family(
    subject=SUBJECT,
    topic="repeated trials",
    level="Undergraduate",
    ask=(
        "A biased coin shows heads with probability {p}/{q}. It is tossed {n} times. What is the "
        "probability of exactly {k} heads?",
        "Each of {n} independent trials succeeds with probability {p}/{q}. "
        "Find the probability of exactly {k} successes.",
    ),
    seed="A biased coin tossed again and again, or {n} independent trials with probability "
    "{p}/{q}, and exactly {k} successes.",
    claim="value(binomial({n}, {k}) * ({p}/{q})^{k} * (1 - {p}/{q})^({n} - {k}))",
    hints=(
        "Fix the places of the successes first.",
        "Every such pattern has the same probability.",
        "Multiply it by the number of patterns.",
    ),
    solution="Each pattern with {k} successes has the same probability, and the binomial "
    "coefficient counts the patterns. Their product is {answer}.",
)
def exact_successes(rng: random.Random) -> Slots:
    p, q = rng.choice(((1, 3), (2, 3), (1, 4), (3, 4), (2, 5), (3, 5), (1, 6), (5, 6)))
    n = rng.randint(4, 8)
    k = rng.randint(2, n - 1)
    answer = math.comb(n, k) * Fraction(p, q) ** k * Fraction(q - p, q) ** (n - k)
    return {"p": p, "q": q, "n": n, "k": k, "answer": answer}


@family(
    subject=SUBJECT,
    topic="Bayes' theorem",
    level="Undergraduate",
    ask=(
        "In a population {a} of 1000 people carry a gene. A test finds {s} percent of the "
        "carriers and wrongly marks {f} percent of the others. Given a positive test, what is "
        "the probability of carrying the gene?",
        "Of 1000 parts {a} are faulty. A sensor reports {s} percent of the faulty and {f} "
        "percent of the sound ones. What is the probability that a reported part is faulty?",
    ),
    seed="A share of {a} in 1000, found with {s} percent and falsely with {f} percent.",
    claim="value({a}*{s} / ({a}*{s} + (1000 - {a})*{f}))",
    hints=(
        "Imagine a thousand of them and count.",
        "Positive results come from two groups.",
        "Divide the true positives by all positives.",
    ),
    solution="Among a thousand, the true positives divided by all positives, true and false, "
    "are {answer}.",
)
def positive_test(rng: random.Random) -> Slots:
    a, s, f = 10 * rng.randint(1, 20), rng.randint(80, 99), rng.randint(2, 15)
    hit, miss = Fraction(a, 1000) * Fraction(s, 100), Fraction(1000 - a, 1000) * Fraction(f, 100)
    return {"a": a, "s": s, "f": f, "answer": hit / (hit + miss)}


@family(
    subject=SUBJECT,
    topic="expected values",
    level="High School",
    ask=(
        "A fair wheel with {n} equal fields pays {win} dollars on {k} of them and costs {stake} "
        "dollars on every other field. What is the expected gain of a spin, in dollars?",
        "One of {n} tickets is drawn. With {k} of them you win {win} dollars, with each of the "
        "others you lose {stake} dollars. What gain in dollars do you expect?",
    ),
    seed="{k} of {n} chances win {win}, the others lose {stake}.",
    claim="value(({k}*{win} - ({n} - {k})*{stake}) / {n})",
    hints=(
        "Weigh each outcome by its probability.",
        "A loss counts with a minus sign.",
        "Add both weighted outcomes.",
    ),
    solution="The gain weighed by its probability, less the loss weighed by the probability of "
    "losing, is {answer}.",
)
def expected_gain(rng: random.Random) -> Slots:
    n = rng.randint(8, 40)
    k, win, stake = rng.randint(2, n // 2), rng.randint(5, 40), rng.randint(2, 15)
    answer = Fraction(k, n) * win - Fraction(n - k, n) * stake
    return {"n": n, "k": k, "win": win, "stake": stake, "answer": answer}


@family(
    subject=SUBJECT,
    topic="continuous densities",
    level="Undergraduate",
    ask=(
        "A random variable on the interval from 0 to {a} has a density proportional to x^{n}. "
        "What is its expected value?",
        "The density of X is a multiple of x^{n} between 0 and {a} and zero elsewhere. Find the "
        "expectation of X.",
    ),
    seed="A density proportional to x^{n} on the interval from 0 to {a}.",
    claim="value({a} * ({n} + 1) / ({n} + 2))",
    hints=(
        "The density must integrate to one, which fixes its factor.",
        "The expectation is the integral of x times the density.",
        "Powers integrate to powers.",
    ),
    solution="With the factor that makes the total probability one, the integral of x times the "
    "density is {answer}.",
)
def power_density(rng: random.Random) -> Slots:
    a, n = rng.randint(2, 30), rng.randint(2, 9)
    mass, moment = Fraction(a ** (n + 1), n + 1), Fraction(a ** (n + 2), n + 2)
    return {"a": a, "n": n, "answer": moment / mass}


@family(
    subject=SUBJECT,
    topic="coupon collector",
    level="Graduate",
    ask=(
        "Every box of cereal holds one of {n} equally likely figures. How many boxes must be "
        "opened, in expectation, until the collection has {k} different figures?",
        "Balls fall uniformly into {n} bins. Find the expected number of balls until {k} bins "
        "are occupied.",
    ),
    seed="{n} equally likely kinds and a wait for {k} of them.",
    claim="total({n}/({n} - j), j, 0, {k} - 1)",
    hints=(
        "Split the wait at each new kind.",
        "Between two new kinds the wait is geometric.",
        "Expectations add up even when waits depend on each other.",
    ),
    solution="Between two new kinds the wait is geometric with a known mean. "
    "The sum of these means is {answer}.",
)
def collector(rng: random.Random) -> Slots:
    n = rng.randint(5, 16)
    k = rng.randint(3, min(n, 7))
    return {"n": n, "k": k, "answer": sum(Fraction(n, n - j) for j in range(k))}


@family(
    subject=SUBJECT,
    topic="gambler's ruin",
    level="Graduate",
    ask=(
        "A gambler with {a} dollars wins a dollar with probability {p}/{q} and loses one "
        "otherwise, until the fortune is 0 or {n} dollars. What is the probability of ending "
        "at {n}?",
        "A walk on the integers from 0 to {n} starts at {a} and steps up with probability "
        "{p}/{q}, else down. Find the probability that it reaches {n} before 0.",
    ),
    seed="A walk from {a} between 0 and {n} with probability {p}/{q} up.",
    claim="value((1 - (({q} - {p})/{p})^{a}) / (1 - (({q} - {p})/{p})^{n}))",
    hints=(
        "Condition on the first step.",
        "The probabilities satisfy a linear recurrence with two boundary values.",
        "Powers of the ratio of down to up solve the recurrence.",
    ),
    solution="Conditioning on the first step gives a linear recurrence. Its solution by powers "
    "of the ratio of both chances, fitted to the boundaries, is {answer}.",
)
def ruin(rng: random.Random) -> Slots:
    p, q = rng.choice(((2, 3), (1, 3), (3, 5), (2, 5), (3, 4)))
    n = rng.randint(4, 9)
    a = rng.randint(1, n - 1)
    up, slopes = Fraction(p, q), [Fraction(1)]
    for _ in range(n - 1):
        slopes.append(slopes[-1] * (1 - up) / up)
    return {"p": p, "q": q, "n": n, "a": a, "answer": sum(slopes[:a]) / sum(slopes)}


FAMILIES = (
    two_draws, exact_successes, positive_test, expected_gain,
    power_density, collector, ruin,
)  # fmt: skip
