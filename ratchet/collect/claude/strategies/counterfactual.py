"""Strategy: the smallest edit of an accepted example's inputs that turns its decision round."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from ratchet.collect.claude.draft import Draft
from ratchet.collect.claude.drawing import DealtCell
from ratchet.collect.claude.order import Order
from ratchet.collect.claude.prompts import material
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
from ratchet.examples import Example
from ratchet.signatures.spec import SignatureSpec, Values

EDIT_TOO_LARGE, NOTHING_EDITED = "edit too large", "nothing edited"
NOT_FLIPPED = "decision not turned round"


class CounterfactualStrategy(Strategy):
    """Pairs that differ in one point teach what the decision hangs on, and nothing else.

    The pair shares the group of its parent, so that no split tears it. That the decision
    really turned is for the blind look to say.
    """

    name = "counterfactual"
    purpose = "turn a decision round by the smallest edit"

    def obstacle(self, spec: SignatureSpec, seeds: Seeds) -> str:
        if spec.decision is None:
            return f"{spec.name} has no yes-or-no decision that could be turned round"
        return "" if seeds.accepted else NO_ACCEPTED

    def plan(
        self, spec: SignatureSpec, cells: Sequence[DealtCell], seeds: Seeds, rng: random.Random
    ) -> list[Order]:
        def fits(parent: Example, dealt: DealtCell) -> int:
            cell, decision = dealt[0], decision_of(spec, parent.outputs)
            return (parent.difficulty is cell.difficulty) + 2 * (decision != cell.positive)

        return [
            Order(
                strategy=self.name,
                cell=Cell(
                    difficulty=parent.difficulty,
                    positive=not decision_of(spec, parent.outputs),
                ),
                category=parent.category,
                parent=parent,
                variant=variant,
            )
            for parent, variant in pick_parents(seeds.accepted, cells, rng, fits=fits)
        ]

    def prompt(self, spec: SignatureSpec, order: Order) -> str:
        parent = parent_of(order)
        parts = [
            f"Here is an example of the task {spec.name}.",
            material("Inputs", parent.inputs),
            material("Outputs", parent.outputs),
            (
                f"Edit the inputs as little as possible so that the right {spec.decision} becomes "
                f"{json.dumps(order.cell.positive)}. Change one fact, keep every other word, and "
                "give all outputs that are right for the edited inputs. Say in the notes what you "
                "changed."
            ),
        ]
        if order.variant > 1:
            parts.append(f"This is take {order.variant}: change another fact than is obvious.")
        return "\n\n".join(parts)

    def facts(self, order: Order, inputs: Values) -> dict[str, Any]:
        return {"edit_share": edit_share(parent_of(order).inputs, inputs)}

    def objection(self, spec: SignatureSpec, draft: Draft, limits: EditLimits) -> str | None:
        if decision_of(spec, draft.outputs) is not draft.order.cell.positive:
            return NOT_FLIPPED
        if draft.facts["edit_share"] > limits.counterfactual_most:
            return EDIT_TOO_LARGE
        return None if draft.facts["edit_share"] else NOTHING_EDITED
