"""The checker: is the problem sound, and do its hints lead on? Offline it reads the texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from rapidfuzz import fuzz

from ratchet.collect.problems.records import Checked, Draft

RULES = "rules"
COPIED = 85.0  # rapidfuzz ratio, 0..100, from which a hint repeats the problem or another hint
SHORTEST_PROBLEM, SHORTEST_HINT, SHORTEST_SOLUTION = 3, 3, 6  # in words
TASK = re.compile(
    r"\?|\b(?:find|solve|compute|calculate|determine|evaluate|give|show|write|what|how|which|"
    r"differentiate|integrate|count|expand|multiply|add|fit|simplify|prove)\b",
    re.IGNORECASE,
)


class Checker(Protocol):
    """Judges a draft without looking at how it was made."""

    name: str

    def check(self, draft: Draft) -> Checked:
        """Judge the draft."""


class RuleChecker:
    """Holds a draft against rules of form; each that is broken costs a share of the score."""

    name = RULES

    def check(self, draft: Draft) -> Checked:
        """Judge the draft; the score is the share of rules that it keeps."""
        rules = list(_rules(draft))
        broken = tuple(sentence for is_kept, sentence in rules if not is_kept)
        return Checked(is_valid=not broken, score=1 - len(broken) / len(rules), reasons=broken)


def _rules(draft: Draft) -> Iterator[tuple[bool, str]]:
    problem, solution = draft.outputs["problem"], draft.outputs["solution"]
    hints = list(draft.outputs["hints"].values())
    yield bool(TASK.search(problem)), "the problem asks for nothing"
    yield len(problem.split()) >= SHORTEST_PROBLEM, "the problem is too short to be complete"
    yield _brackets_close(problem), "a bracket of the problem is not closed"
    yield "{" not in f"{problem}{solution}{hints}", "a slot was left open"
    yield all(len(h.split()) >= SHORTEST_HINT for h in hints), "a hint says next to nothing"
    yield (
        all(fuzz.ratio(h, problem) < COPIED for h in hints),
        "a hint repeats the problem",
    )
    yield (
        all(fuzz.ratio(a, b) < COPIED for i, a in enumerate(hints) for b in hints[:i]),
        "two hints are nearly the same",
    )
    yield (
        not solution or len(solution.split()) >= SHORTEST_SOLUTION,
        "the solution explains nothing",
    )


def _brackets_close(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if depth < 0:
            return False
    return depth == 0
