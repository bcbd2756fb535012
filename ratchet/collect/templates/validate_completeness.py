"""Templates of validate_completeness: withheld or half-done work makes a requirement missing."""

from __future__ import annotations

import random

from ratchet.collect.templates.change import Change, draw_change
from ratchet.collect.templates.consequences import explain
from ratchet.collect.templates.domains import FEATURES
from ratchet.collect.templates.draft import Draft, Grammar
from ratchet.collect.templates.grammar import Feature
from ratchet.collect.templates.plan import Cell


def write(feature: Feature, cell: Cell, rng: random.Random) -> Draft:
    """Write an implementation of `feature` that is complete when the cell says so."""
    change = draw_change(feature, cell.difficulty, complete=bool(cell.positive), rng=rng)
    return Draft(
        inputs={"implementation": change.implementation, "requirements": change.requirements},
        outputs={
            "is_complete": not change.missing,
            "missing_requirements": change.gaps,
            "explanation": explain(change, noun="requirements"),
        },
        category=feature.category,
        notes=describe(change),
        facts=change.facts,
    )


def describe(change: Change) -> str:
    """What an example made of `change` tests, in a sentence."""
    covered = len(change.asked) - len(change.missing)
    return (
        f"{covered} of {len(change.asked)} requirements of {change.feature.name} are met; "
        f"pattern: {change.pattern.value}."
    )


GRAMMAR = Grammar(parents=FEATURES, parent_name=lambda feature: feature.package, write=write)
