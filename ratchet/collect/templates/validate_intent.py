"""Templates of validate_intent: does the change do what was wished, or something beside it?"""

from __future__ import annotations

import random

from ratchet.collect.templates.change import Change, draw_change
from ratchet.collect.templates.consequences import explain
from ratchet.collect.templates.domains import FEATURES
from ratchet.collect.templates.draft import Draft, Grammar
from ratchet.collect.templates.grammar import Feature, capitalised, lowered
from ratchet.collect.templates.plan import Cell
from ratchet.collect.templates.validate_completeness import describe

WORK_ITEMS = (
    "Build {name}. The first thing to get right: {first}.",
    "{Name}: {first}; then {second}.",
    "Task {number}: work on {name} so that we can {first} and {second}.",
    "Story {number}, {points} points. {Name} has to {first}. Acceptance: see the requirements.",
    "Extend {name}. Among other things, {second}.",
    "Ticket {number} from the planning on Tuesday: {first}, as part of {name}.",
)


def write(feature: Feature, cell: Cell, rng: random.Random) -> Draft:
    """Write a change for `feature` that satisfies its intent when the cell says so."""
    change = draw_change(feature, cell.difficulty, complete=bool(cell.positive), rng=rng)
    return Draft(
        inputs={
            "user_intent": f"{feature.intent}.",
            "work_item": _work_item(change, rng),
            "implementation": change.implementation,
            "requirements": change.requirements,
        },
        outputs={
            "intent_satisfied": not change.missing,
            "missing_aspects": change.gaps,
            "explanation": _explanation(change),
        },
        category=feature.category,
        notes=f"Intent: {lowered(feature.intent)}. {describe(change)}",
        facts=change.facts,
    )


def _work_item(change: Change, rng: random.Random) -> str:
    """The task as it was given: it names the first two things that were asked for."""
    first, second = (lowered(facet.requirement) for facet in change.asked[:2])
    return rng.choice(WORK_ITEMS).format(
        name=change.feature.name,
        Name=capitalised(change.feature.name),
        first=first,
        second=second,
        number=rng.randint(100, 4999),
        points=rng.choice((2, 3, 5, 8)),
    )


def _explanation(change: Change) -> str:
    wish = lowered(change.feature.intent)
    verdict = "is not satisfied" if change.missing else "is satisfied"
    return f'The wish to "{wish}" {verdict}. {explain(change, noun="aspects")}'


GRAMMAR = Grammar(parents=FEATURES, parent_name=lambda feature: feature.package, write=write)
