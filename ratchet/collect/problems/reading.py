"""Reading: which question a problem asks, in formal words, from its text alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from ratchet.collect.problems.algebra.claims import work_out
from ratchet.collect.problems.algebra.tokens import Unreadable
from ratchet.collect.problems.algebra.values import NoAnswer
from ratchet.collect.problems.families import FAMILIES
from ratchet.collect.problems.families.family import pattern_of

GENERAL = (
    ("Find the maximum of {f}.", "maximum({f}, x)"),
    ("Find the maximum of f(x) = {f}.", "maximum({f}, x)"),
    ("Find the minimum of {f}.", "minimum({f}, x)"),
    ("Find the minimum of f(x) = {f}.", "minimum({f}, x)"),
    ("Find the maximum value of {f}.", "maximum({f}, x)"),
    ("Find the minimum value of {f}.", "minimum({f}, x)"),
    ("Solve for x: {left} = {right}.", "roots({left} = {right}, x)"),
    ("Solve {left} = {right}.", "roots({left} = {right}, x)"),
    ("Find the derivative of f(x) = {f}.", "derivative({f}, x)"),
    ("Find the derivative of {f}.", "derivative({f}, x)"),
    ("Differentiate {f}.", "derivative({f}, x)"),
    ("Find the limit of {f} as x approaches {place}.", "limit({f}, x, {place})"),
    ("Evaluate {f}.", "value({f})"),
    ("Compute {f}.", "value({f})"),
    ("Calculate {f}.", "value({f})"),
    ("What is {f}?", "value({f})"),
)
"""Questions that people ask in these words, beside those of the families."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A problem read: its claim, and the family or "general" in whose words it is put."""

    claim: str
    family: str
    subject: str = ""
    topic: str = ""


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Reading], ...]:
    """Every wording with the claim it makes, the slots still open."""
    families = [
        (
            pattern,
            Reading(claim=each.claim, family=each.name, subject=each.subject, topic=each.topic),
        )
        for each in FAMILIES
        for pattern in each.patterns
    ]
    general = [
        (pattern_of(words), Reading(claim=claim, family="general")) for words, claim in GENERAL
    ]
    return (*families, *general)


def read_problem(problem: str) -> Reading | None:
    """What a problem asks; None when its words are not known.

    Nothing but the text is looked at, neither its answer nor how it was made.

    >>> read_problem("Find the maximum value of f(x) = x^2 - 4x + 3").claim
    'maximum(x^2 - 4x + 3, x)'
    >>> read_problem("Why is the sky blue?") is None
    True
    """
    return next(_readings(problem), None)


def _readings(problem: str) -> Iterator[Reading]:
    text = " ".join(problem.split())
    for pattern, reading in _patterns():
        if (found := pattern.fullmatch(text)) and _is_sound(
            claim := reading.claim.format_map(found.groupdict())
        ):
            yield Reading(
                claim=claim, family=reading.family, subject=reading.subject, topic=reading.topic
            )


def _is_sound(claim: str) -> bool:
    """Whether a claim can be worked out; one without an answer can, words in a slot can not."""
    try:
        work_out(claim)
    except NoAnswer:
        return True
    except Unreadable:
        return False
    return True
