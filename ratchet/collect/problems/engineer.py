"""The engineer: writes a problem with its answer, hints and solution. Offline it is a library."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

from ratchet.collect.problems.families import FAMILIES, Family
from ratchet.collect.problems.records import Draft, Order

LIBRARY = "library of problem families"


class Engineer(Protocol):
    """Writes one problem for an order; None when it has nothing of that kind."""

    name: str

    def write(self, order: Order) -> Draft | None:
        """Write a draft."""


class LibraryEngineer:
    """Draws problems from the families of the ordered topic, each answer by construction.

    The same order gives the same draft. A topic of "" means any of the subject, a subject of
    "" any at all.
    """

    name = LIBRARY

    def __init__(self, families: Sequence[Family] = FAMILIES) -> None:
        self._families = families

    def write(self, order: Order) -> Draft | None:
        """Write a draft; None when no family has the topic at this difficulty."""
        fitting = [f for f in self._families if _fits(f, order)]
        if not fitting:
            return None
        rng = random.Random(
            f"{order.subject}/{order.topic}/{order.difficulty}/{order.seed}/{order.attempt}"
        )
        return write_from(rng.choice(fitting), rng)


def write_from(family: Family, rng: random.Random) -> Draft:
    """A draft of one family with drawn parameters, in one of its wordings."""
    slots = {name: str(value) for name, value in family.draw(rng).items()}
    wording = rng.randrange(len(family.phrasings))
    return Draft(
        inputs={
            "subject": family.subject,
            "topic": family.topic,
            "difficulty_level": family.difficulty.value,
            "seed_prompt": family.seed_prompt.format_map(slots),
        },
        outputs={
            "problem": family.phrasings[wording].format_map(slots),
            "answer": slots["answer"],
            "hints": {str(n): hint.format_map(slots) for n, hint in enumerate(family.hints)},
            "solution": family.solution.format_map(slots),
        },
        group=family.name,
        facts={"family": family.name, "level": family.level, "wording": wording},
    )


def _fits(family: Family, order: Order) -> bool:
    return (
        family.difficulty is order.difficulty
        and order.topic.lower() in {"", family.topic.lower()}
        and order.subject.lower() in {"", family.subject.lower()}
    )
