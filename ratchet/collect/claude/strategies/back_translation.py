"""Strategy: from outputs back to inputs. The label stands first; the situation is written to it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from ratchet.collect.claude.draft import Draft
from ratchet.collect.claude.drawing import DealtCell
from ratchet.collect.claude.order import Order
from ratchet.collect.claude.prompts import cell_demands, material
from ratchet.collect.claude.schema import inputs_schema
from ratchet.collect.claude.seeds import Seeds
from ratchet.collect.claude.strategies.editing import edit_share
from ratchet.collect.claude.strategies.evolve import TOO_LIKE
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


class BackTranslationStrategy(Strategy):
    """Takes the outputs of an accepted example as they are, and never shows its inputs.

    So the label is not Claude's own, and the inputs are new. They share the group of the
    example whose outputs they have.
    """

    name = "back_translation"
    purpose = "write new inputs for given outputs"

    def obstacle(self, spec: SignatureSpec, seeds: Seeds) -> str:  # noqa: ARG002 - any will do
        return "" if seeds.accepted else NO_ACCEPTED

    def plan(
        self, spec: SignatureSpec, cells: Sequence[DealtCell], seeds: Seeds, rng: random.Random
    ) -> list[Order]:
        def fits(parent: Example, dealt: DealtCell) -> int:
            cell, decision = dealt[0], decision_of(spec, parent.outputs)
            return (parent.difficulty is cell.difficulty) + (decision == cell.positive)

        return [
            Order(
                strategy=self.name,
                cell=Cell(difficulty=parent.difficulty, positive=decision_of(spec, parent.outputs)),
                category=parent.category,
                parent=parent,
                variant=variant,
            )
            for parent, variant in pick_parents(seeds.accepted, cells, rng, fits=fits)
        ]

    def prompt(self, spec: SignatureSpec, order: Order) -> str:
        parent = parent_of(order)
        return "\n\n".join(
            [
                f"These are the right outputs of the task {spec.name} for some inputs.",
                material("Outputs", parent.outputs),
                (
                    "Write inputs for which a careful engineer would give these outputs: all "
                    "that they name must be found in the inputs, and nothing else may be wrong or "
                    "missing there. Do not quote the outputs."
                ),
                *cell_demands(spec, order),
            ]
        )

    def schema(self, spec: SignatureSpec) -> dict[str, Any]:
        return inputs_schema(spec)

    def outputs(self, spec: SignatureSpec, order: Order, document: Any) -> Values:  # noqa: ARG002
        return dict(parent_of(order).outputs)

    def facts(self, order: Order, inputs: Values) -> dict[str, Any]:
        return {"edit_share": edit_share(parent_of(order).inputs, inputs)}

    def objection(self, spec: SignatureSpec, draft: Draft, limits: EditLimits) -> str | None:  # noqa: ARG002
        return TOO_LIKE if draft.facts["edit_share"] < limits.evolved_least else None
