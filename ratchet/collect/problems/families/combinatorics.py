"""Combinatorics: choices, orders, paths and partitions."""

from __future__ import annotations

import math
import random

from ratchet.collect.problems.families.family import Slots, family

SUBJECT = "combinatorics"


@family(
    subject=SUBJECT,
    topic="combinations",
    level="High School",
    ask=(
        "A club has {women} women and {men} men. In how many ways can it choose a committee of "
        "{k} women and {j} men?",
        "From {women} red and {men} blue books, all different, a reader picks {k} red and {j} "
        "blue ones. How many selections are there?",
    ),
    seed="Choose {k} of {women} and {j} of {men}.",
    claim="value(binomial({women}, {k}) * binomial({men}, {j}))",
    hints=(
        "The order of the chosen ones does not matter.",
        "Both choices are independent of each other.",
        "Multiply the numbers of both choices.",
    ),
    solution="Each group is chosen independently of the other, so both binomial coefficients "
    "are multiplied, which gives {answer}.",
)
def committee(rng: random.Random) -> Slots:
    women, men = rng.sample(range(6, 16), 2)
    k, j = rng.randint(2, 4), rng.randint(2, 4)
    answer = math.comb(women, k) * math.comb(men, j)
    return {"women": women, "men": men, "k": k, "j": j, "answer": answer}


@family(
    subject=SUBJECT,
    topic="permutations with repetition",
    level="High School",
    ask=(
        "In how many different orders can {r} red, {b} blue and {g} green beads be put in a row?",
        "A row is made of {r} red, {b} blue and {g} green tiles. How many patterns are possible?",
    ),
    seed="A row of {r} red, {b} blue and {g} green things.",
    claim="arrangements([{r}, {b}, {g}])",
    hints=(
        "Pretend at first that all of them can be told apart.",
        "Swapping two of the same colour changes nothing.",
        "Divide by the number of orders within each colour.",
    ),
    solution="All orders of distinct things, divided by the orders within each colour, "
    "leave {answer} patterns.",
)
def coloured_row(rng: random.Random) -> Slots:
    r, b, g = rng.sample(range(2, 8), 3)
    answer = math.comb(r + b + g, r) * math.comb(b + g, b)
    return {"r": r, "b": b, "g": g, "answer": answer}


@family(
    subject=SUBJECT,
    topic="lattice paths",
    level="High School",
    ask=(
        "A robot walks on a grid from one corner to the opposite corner, {w} steps to the right "
        "and {h} steps up. How many routes are there?",
        "How many shortest paths lead from (0, 0) to ({w}, {h}) along the lines of a grid?",
    ),
    seed="Shortest paths over {w} steps to the right and {h} steps up.",
    claim="paths({w}, {h})",
    hints=(
        "Every route has the same number of steps.",
        "A route is fixed by which of its steps go up.",
        "Choose the places of the steps up.",
    ),
    solution="A route is a word of steps to the right and up. Choosing the places of the steps "
    "up gives {answer} routes.",
)
def grid_paths(rng: random.Random) -> Slots:
    w, h = rng.sample(range(3, 15), 2)
    return {"w": w, "h": h, "answer": math.comb(w + h, h)}


@family(
    subject=SUBJECT,
    topic="inclusion and exclusion",
    level="Undergraduate",
    ask=(
        "How many integers from 1 to {n} are divisible by at least one of {a}, {b} and {c}?",
        "Count the integers from 1 to {n} that are a multiple of {a}, of {b} or of {c}.",
    ),
    seed="Integers up to {n} that are divisible by {a}, {b} or {c}, none counted twice.",
    claim="multiples({n}, [{a}, {b}, {c}])",
    hints=(
        "Count the multiples of each number alone.",
        "A common multiple of two of them was counted twice.",
        "Add back what was taken away once too often.",
    ),
    solution="The multiples of each number, less the common multiples of each pair, plus those of "
    "all three, are {answer} integers.",
)
def divisible_by_one(rng: random.Random) -> Slots:
    a, b, c = rng.sample((2, 3, 5, 7, 11, 13), 3)
    n = rng.randint(200, 4_000)
    singles = n // a + n // b + n // c
    answer = singles - n // (a * b) - n // (a * c) - n // (b * c) + n // (a * b * c)
    return {"n": n, "a": a, "b": b, "c": c, "answer": answer}


@family(
    subject=SUBJECT,
    topic="stars and bars",
    level="Undergraduate",
    ask=(
        "In how many ways can {n} identical coins be given to {k} children if each child gets at "
        "least {least}?",
        "A baker puts {n} identical rolls into {k} different baskets, at least {least} in each. "
        "How many ways are there?",
    ),
    seed="Spread {n} identical things over {k} places, at least {least} in each.",
    claim="compositions({n}, {k}, {least})",
    hints=(
        "Hand out the required minimum first.",
        "Draw the rest as stars in a row.",
        "Bars between the stars part the row; choose their places.",
    ),
    solution="Once everybody has the minimum, the rest is a row of stars that bars cut into "
    "parts. Choosing the places of the bars gives {answer} ways.",
)
def identical_things(rng: random.Random) -> Slots:
    k, least = rng.randint(3, 7), rng.randint(1, 3)
    n = k * least + rng.randint(6, 30)
    rest = n - k * least
    answer = math.comb(rest + k - 1, k - 1)
    return {"n": n, "k": k, "least": least, "answer": answer}


@family(
    subject=SUBJECT,
    topic="derangements",
    level="Undergraduate",
    ask=(
        "{n} guests leave their coats at a party. In how many ways can the coats be handed back "
        "so that nobody gets the right one?",
        "How many permutations of {n} objects leave no object in its place?",
    ),
    seed="Orders of {n} things with none in its place.",
    claim="derangements({n})",
    hints=(
        "Count the orders in which somebody is lucky and take them away.",
        "Inclusion and exclusion runs over the sets of lucky ones.",
        "There is a recurrence from the two smaller cases.",
    ),
    solution="Inclusion and exclusion over the fixed places, or the recurrence from the two "
    "smaller cases, gives {answer}.",
)
def nobody_lucky(rng: random.Random) -> Slots:
    n = rng.randint(4, 14)
    before, now = 1, 0
    for size in range(2, n + 1):
        before, now = now, (size - 1) * (now + before)
    return {"n": n, "answer": now}


@family(
    subject=SUBJECT,
    topic="set partitions",
    level="Graduate",
    ask=(
        "In how many ways can {n} distinct experiments be split into {k} non-empty blocks?",
        "Find the number of partitions of a set with {n} elements into exactly {k} blocks.",
    ),
    seed="Partition a set of {n} distinct elements into {k} non-empty blocks.",
    claim="set_partitions({n}, {k})",
    hints=(
        "Look at the block of the last element.",
        "It is alone, or it joins a block of the others.",
        "This gives a recurrence with two terms.",
    ),
    solution="The last element is either alone or joins one of the blocks of the others. "
    "The recurrence that follows leads to {answer}.",
)
def blocks(rng: random.Random) -> Slots:
    n = rng.randint(6, 14)
    k = rng.randint(2, n - 2)
    alternating = sum((-1) ** (k - j) * math.comb(k, j) * j**n for j in range(k + 1))
    return {"n": n, "k": k, "answer": alternating // math.factorial(k)}


@family(
    subject=SUBJECT,
    topic="surjections",
    level="Graduate",
    ask=(
        "How many functions from a set of {n} elements onto a set of {k} elements are there?",
        "In how many ways can {n} distinct jobs go to {k} distinct machines if none stays idle?",
    ),
    seed="Functions from {n} elements onto {k} elements.",
    claim="surjections({n}, {k})",
    hints=(
        "Start from all functions.",
        "Take away those that miss a given element.",
        "Inclusion and exclusion runs over the sets of missed elements.",
    ),
    solution="All functions, corrected by inclusion and exclusion for those that miss an "
    "element of the target, leave {answer}.",
)
def onto(rng: random.Random) -> Slots:
    n = rng.randint(5, 11)
    k = rng.randint(3, min(n - 1, 7))
    ways = [[0] * (k + 1) for _ in range(n + 1)]
    ways[0][0] = 1
    for i in range(1, n + 1):
        for j in range(1, k + 1):
            ways[i][j] = j * (ways[i - 1][j] + ways[i - 1][j - 1])
    return {"n": n, "k": k, "answer": ways[n][k]}


FAMILIES = (
    committee, coloured_row, grid_paths, divisible_by_one,
    identical_things, nobody_lucky, blocks, onto,
)  # fmt: skip
