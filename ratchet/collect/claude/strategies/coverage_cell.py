"""Strategy: an example for a cell of the plan, the kinds that the coverage lacks first."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ratchet.collect.claude.drawing import COVERAGE_CELL, DealtCell, draw_orders
from ratchet.collect.claude.order import Order
from ratchet.collect.claude.prompts import writing_prompt
from ratchet.collect.claude.seeds import Seeds
from ratchet.collect.claude.strategies.strategy import Strategy
from ratchet.signatures.spec import SignatureSpec


class CoverageCellStrategy(Strategy):
    """Needs nothing but the signature."""

    name = COVERAGE_CELL
    purpose = "fill the cells of the coverage plan"
    weight = 2

    def plan(
        self,
        spec: SignatureSpec,
        cells: Sequence[DealtCell],
        seeds: Seeds,  # noqa: ARG002 - its orders are in the cells
        rng: random.Random,
    ) -> list[Order]:
        return draw_orders(spec, cells, rng, strategy=self.name)

    def prompt(self, spec: SignatureSpec, order: Order) -> str:
        return writing_prompt(spec, order)
