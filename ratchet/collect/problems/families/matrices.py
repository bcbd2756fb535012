"""Linear algebra: determinants, eigenvalues, rank, products and powers."""

from __future__ import annotations

import random

from ratchet.collect.problems.families.family import Slots, apart, family, listed

SUBJECT = "linear algebra"


@family(
    subject=SUBJECT,
    topic="determinants",
    level="Undergraduate",
    ask=(
        "Compute the determinant of the matrix with the rows {rows}.",
        "What is the determinant of {rows}?",
    ),
    seed="A matrix with three rows, {rows}, expanded along one of them.",
    claim="det({rows})",
    hints=(
        "Expand along the row or column that has the smallest entries.",
        "Signs alternate like the fields of a chess board.",
        "Each minor is a determinant of two rows.",
    ),
    solution="Expansion along the first row, with alternating signs, gives {answer}.",
)
def determinant(rng: random.Random) -> Slots:
    rows = [[rng.randint(-6, 9) for _ in range(3)] for _ in range(3)]
    (a, b, c), (d, e, f), (g, h, i) = rows
    answer = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return {"rows": listed(rows), "answer": answer}


@family(
    subject=SUBJECT,
    topic="eigenvalues",
    level="Undergraduate",
    ask=(
        "Find all eigenvalues of the matrix with the rows {rows}.",
        "Which numbers are eigenvalues of the square matrix {rows}?",
    ),
    seed="A square matrix with the rows {rows}; its trace and determinant lead to the eigenvalues.",
    claim="eigenvalues({rows})",
    hints=(
        "Subtract an unknown from the diagonal.",
        "The determinant of what results must vanish.",
        "Trace and determinant give the sum and the product of the eigenvalues.",
    ),
    solution="The characteristic polynomial follows from trace and determinant. "
    "Its zeros are {answer}.",
)
def matrix_eigenvalues(rng: random.Random) -> Slots:
    r, s = sorted(apart(rng, 2, -9, 9))
    p, q = rng.choice((1, 2, 3)), rng.choice((1, 2, -1))
    # The matrix S diag(r, s) S^-1 with S = [[1, p], [q, pq + 1]], whose determinant is 1.
    t = p * q + 1
    rows = [[r * t - s * p * q, p * (s - r)], [q * t * (r - s), s * t - r * p * q]]
    return {"rows": listed(rows), "answer": f"{r} and {s}"}


@family(
    subject=SUBJECT,
    topic="rank",
    level="Undergraduate",
    ask=(
        "What is the rank of the matrix with the rows {rows}?",
        "How many linearly independent rows does the matrix {rows} have?",
    ),
    seed="Rows that may be combinations of each other, as in the matrix {rows}, and the pivots of "
    "an echelon form.",
    claim="rank({rows})",
    hints=(
        "Row operations do not change the rank.",
        "Look for rows that are combinations of others.",
        "Count the pivots of an echelon form.",
    ),
    solution="In echelon form the rows that are combinations of others vanish. "
    "The number of pivots is {answer}.",
)
def matrix_rank(rng: random.Random) -> Slots:
    first = [1, *(rng.randint(-6, 6) for _ in range(3))]
    second = [0, 1, *(rng.randint(-6, 6) for _ in range(2))]
    third = [0, 0, 1, rng.randint(-6, 6)]
    independent = [first, second, third][: rng.choice((1, 2, 2, 3))]
    rows: list[list[int]] = []
    while len(rows) < 3:
        weights = [rng.randint(-3, 3) for _ in independent]
        rows.append([sum(w * row[j] for w, row in zip(weights, independent, strict=True))
                     for j in range(4)])  # fmt: skip
    pivots, left = 0, [list(map(float, row)) for row in rows]
    for column in range(4):
        found = next((row for row in left if abs(row[column]) > 1e-9), None)
        if found is not None:
            left.remove(found)
            pivots += 1
            left = [[v - row[column] / found[column] * w for v, w in zip(row, found, strict=True)]
                    for row in left]  # fmt: skip
    return {"rows": listed(rows), "answer": pivots}


@family(
    subject=SUBJECT,
    topic="scalar product",
    level="High School",
    ask=(
        "For which number t are the vectors ({a}, {b}, t) and ({c}, {d}, {e}) perpendicular?",
        "Find the coordinate t for which the vectors ({a}, {b}, t) and ({c}, {d}, {e}) meet at a "
        "right angle.",
    ),
    seed="Perpendicular vectors ({a}, {b}, t) and ({c}, {d}, {e}) with an unknown coordinate.",
    claim="roots({a}*({c}) + {b}*({d}) + t*({e}), t)",
    hints=(
        "Perpendicular vectors have a scalar product of zero.",
        "Multiply coordinate by coordinate and add.",
        "A linear equation for the unknown coordinate remains.",
    ),
    solution="Setting the scalar product to zero leaves a linear equation, "
    "and its solution is {answer}.",
)
def perpendicular(rng: random.Random) -> Slots:
    a, b, c, d, t = (rng.choice(apart(rng, 1, -9, 9)) for _ in range(5))
    e = 1
    for e in (2, 3, 4, 5, 1):
        if (a * c + b * d) % e == 0:
            break
    t = -(a * c + b * d) // e
    return {"a": a, "b": b, "c": c, "d": d, "e": e, "answer": f"t = {t}"}


@family(
    subject=SUBJECT,
    topic="vector product",
    level="Undergraduate",
    ask=(
        "Compute the vector product of the vectors {first} and {second}, in this order.",
        "Which vector is the cross product of the vectors {first} and {second}?",
    ),
    seed="A vector perpendicular to both vectors {first} and {second}, from determinants of their "
    "coordinates.",
    claim="cross({first}, {second})",
    hints=(
        "The result is perpendicular to both vectors.",
        "Each coordinate is a determinant of two rows.",
        "Mind the sign of the middle coordinate.",
    ),
    solution="Each coordinate of the cross product is a determinant of the other two coordinates "
    "of both vectors. Together they are {answer}.",
)
def vector_product(rng: random.Random) -> Slots:
    (a, b, c), (d, e, f) = apart(rng, 3, -7, 9), apart(rng, 3, -7, 9)
    answer = (b * f - c * e, c * d - a * f, a * e - b * d)
    return {"first": listed([a, b, c]), "second": listed([d, e, f]), "answer": answer}


@family(
    subject=SUBJECT,
    topic="powers of matrices",
    level="Graduate",
    ask=(
        "Let M be the matrix with the rows {rows}. What is the trace of M^{n}?",
        "Find the sum of the diagonal entries of the matrix power M^{n} where M has the rows "
        "{rows}.",
    ),
    seed="A matrix with the rows {rows} and the trace, the sum on the diagonal, of its power {n}.",
    claim="power_trace({rows}, {n})",
    hints=(
        "The trace is the sum of the eigenvalues.",
        "A power has the powers of the eigenvalues.",
        "Trace and determinant give a recurrence for the traces of the powers.",
    ),
    solution="The traces of the powers obey a recurrence whose coefficients are trace and "
    "determinant. Its term number {n} is {answer}.",
)
def trace_of_power(rng: random.Random) -> Slots:
    a, b, c, d = apart(rng, 4, -4, 6)
    n = rng.randint(4, 8)
    before, now = 2, a + d
    for _ in range(n - 1):
        before, now = now, (a + d) * now - (a * d - b * c) * before
    return {"rows": listed([[a, b], [c, d]]), "n": n, "answer": now}


FAMILIES = (
    determinant, matrix_eigenvalues, matrix_rank,
    perpendicular, vector_product, trace_of_power,
)  # fmt: skip
