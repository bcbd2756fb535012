"""Verification: is the answer right? Decided from the problem alone, before anything counts.

A problem in known words is worked out by computer algebra (numerically where there is no
closed form). Any other needs independent solvers who agree with the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from ratchet.collect.problems.algebra.answers import agrees, same_answer, written
from ratchet.collect.problems.algebra.claims import work_out
from ratchet.collect.problems.algebra.tokens import Unreadable
from ratchet.collect.problems.algebra.values import NoAnswer
from ratchet.collect.problems.reading import read_problem
from ratchet.collect.problems.records import Verification

ALGEBRA, NUMERIC, SOLVERS, NONE = "computer algebra", "numeric check", "solvers", "none"


def verify_text(problem: str, answer: str) -> Verification:
    """Work the problem out and compare; undecided when its words are not known.

    >>> verify_text("Solve 2x + 1 = 7.", "x = 3").is_verified
    True
    >>> verify_text("Find the maximum value of f(x) = x^2 - 4x + 3", "-1 at x = 2").reason
    'x^2 - 4*x + 3 has no maximum: it is not bounded above (-1 at x = 2 is its minimum).'
    """
    reading = read_problem(problem)
    if reading is None:
        return _undecided("The problem is in words that can not be worked out.")
    try:
        value = work_out(reading.claim)
    except NoAnswer as none:
        return _refuted(f"{written(str(none))}.")
    method = NUMERIC if value.has(sympy.Float) else ALGEBRA
    try:
        is_right = agrees(answer, value)
    except Unreadable as error:
        return _undecided(f"The answer {answer[:60]!r} can not be read: {error}.")
    if not is_right:
        return _refuted(f"The answer is {written(value)}, not {answer[:60]}.")
    return Verification(
        is_verified=True,
        is_refuted=False,
        method=method,
        reason=f"The answer is {written(value)}, by {method}.",
    )


def verify_by_solvers(answer: str, answers: Sequence[str], *, quorum: int) -> Verification:
    """Hold the answer against those of solvers who saw the problem alone.

    >>> verify_by_solvers("x = 2", ["2", "x=2", "7"], quorum=2).is_verified
    True
    """
    agreeing = sum(same_answer(answer, other) for other in answers)
    reason = f"{agreeing} of {len(answers)} solvers agree with the answer; {quorum} are needed."
    others = [other for other in answers if not same_answer(answer, other)]
    is_refuted = any(sum(same_answer(one, other) for other in others) >= quorum for one in others)
    return Verification(
        is_verified=agreeing >= quorum,
        is_refuted=agreeing < quorum and is_refuted,
        method=f"{SOLVERS} ({agreeing} of {len(answers)})",
        reason=reason,
    )


def _refuted(reason: str) -> Verification:
    return Verification(is_verified=False, is_refuted=True, method=ALGEBRA, reason=reason)


def _undecided(reason: str) -> Verification:
    return Verification(is_verified=False, is_refuted=False, method=NONE, reason=reason)
