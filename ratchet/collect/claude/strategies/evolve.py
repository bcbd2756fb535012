"""Strategy: an accepted example made harder, without becoming a copy of itself."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from ratchet.collect.claude.draft import Draft
from ratchet.collect.claude.drawing import DealtCell
from ratchet.collect.claude.order import Order
from ratchet.collect.claude.prompts import cell_demands, material
from ratchet.collect.claude.seeds import Seeds
from ratchet.collect.claude.strategies.editing import edit_share
from ratchet.collect.claude.strategies.strategy import (
    NO_ACCEPTED,
    EditLimits,
    Strategy,
    decision_of,
    parent_of,
    pick_parents,
)
from ratchet.collect.templates.plan import Cell
from ratchet.examples import Difficulty, Example
from ratchet.signatures.spec import SignatureSpec, Values

HARDER = {Difficulty.EASY: Difficulty.MEDIUM, Difficulty.MEDIUM: Difficulty.HARD}
TOO_LIKE = "too like its parent"


class EvolveStrategy(Strategy):
    """Starts from easy and medium examples; the right decision stays what it was."""

    name = "evolve"
    purpose = "make accepted examples harder"

    def obstacle(self, spec: SignatureSpec, seeds: Seeds) -> str:  # noqa: ARG002 - any will do
        if not seeds.accepted:
            return NO_ACCEPTED
        if not _parents(seeds):
            return "all accepted examples are hard already, so there is none to make harder"
        return ""

    def plan(
        self, spec: SignatureSpec, cells: Sequence[DealtCell], seeds: Seeds, rng: random.Random
    ) -> list[Order]:
        def fits(parent: Example, dealt: DealtCell) -> int:
            cell, decision = dealt[0], decision_of(spec, parent.outputs)
            return (HARDER[parent.difficulty] is cell.difficulty) + (decision == cell.positive)

        return [
            Order(
                strategy=self.name,
                cell=Cell(
                    difficulty=HARDER[parent.difficulty],
                    positive=decision_of(spec, parent.outputs),
                ),
                category=parent.category,
                parent=parent,
                variant=variant,
            )
            for parent, variant in pick_parents(_parents(seeds), cells, rng, fits=fits)
        ]

    def prompt(self, spec: SignatureSpec, order: Order) -> str:
        parent = parent_of(order)
        return "\n\n".join(
            [
                (
                    f"Here is an example of the task {spec.name}, of difficulty "
                    f"{parent.difficulty.value}."
                ),
                material("Inputs", parent.inputs),
                material("Outputs", parent.outputs),
                (
                    "Write a harder example from it: more to weigh, and a point that is easily got "
                    "wrong. Stay in its field, but change the situation and the wording, so that "
                    "nobody who knows the first recognises the second."
                ),
                *cell_demands(spec, order),
            ]
        )

    def facts(self, order: Order, inputs: Values) -> dict[str, Any]:
        return {"edit_share": edit_share(parent_of(order).inputs, inputs)}

    def objection(self, spec: SignatureSpec, draft: Draft, limits: EditLimits) -> str | None:  # noqa: ARG002
        return TOO_LIKE if draft.facts["edit_share"] < limits.evolved_least else None


def _parents(seeds: Seeds) -> list[Example]:
    return [example for example in seeds.accepted if example.difficulty in HARDER]
