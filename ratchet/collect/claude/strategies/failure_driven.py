"""Strategy: examples of the kind that the current program gets wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from ratchet.collect.claude.drawing import DealtCell
from ratchet.collect.claude.order import Order
from ratchet.collect.claude.prompts import cell_demands, material
from ratchet.collect.claude.seeds import Failure, Seeds
from ratchet.collect.claude.strategies.editing import edit_share
from ratchet.collect.claude.strategies.strategy import Strategy
from ratchet.collect.templates.plan import Cell
from ratchet.signatures.spec import SignatureSpec, Values

NO_FAILURES = (
    "it starts from what the current program gets wrong, and nothing of it is known: no "
    "evaluation with answers and no open failure in telemetry; run `ratchet evaluate`, or see "
    "`ratchet collect telemetry --failures`"
)


class FailureDrivenStrategy(Strategy):
    """Takes the failures in turn, the most valuable first.

    Of a sealed example only the kind is told: its text must not lead to training data.
    """

    name = "failure_driven"
    purpose = "train where the current program fails"
    weight = 2

    def obstacle(self, spec: SignatureSpec, seeds: Seeds) -> str:  # noqa: ARG002 - any will do
        return "" if seeds.failures else NO_FAILURES

    def plan(
        self,
        spec: SignatureSpec,  # noqa: ARG002 - the failures say it all
        cells: Sequence[DealtCell],
        seeds: Seeds,
        rng: random.Random,  # noqa: ARG002 - the most valuable come first
    ) -> list[Order]:
        orders = []
        for place in range(len(cells)):
            failure = seeds.failures[place % len(seeds.failures)]
            orders.append(
                Order(
                    strategy=self.name,
                    cell=Cell(difficulty=failure.difficulty, positive=failure.positive),
                    category=failure.category,
                    failure=failure,
                    variant=place // len(seeds.failures) + 1,
                )
            )
        return orders

    def prompt(self, spec: SignatureSpec, order: Order) -> str:
        failure = _failure_of(order)
        parts = [f"A program that does the task {spec.name} goes wrong on examples of a kind."]
        if failure.inputs is None:
            parts.append(
                "More is not known than what follows. Write an example on which a hasty reader "
                "would go wrong, too."
            )
        else:
            parts += _shown(failure.inputs, failure)
        return "\n\n".join([*parts, *cell_demands(spec, order)])

    def facts(self, order: Order, inputs: Values) -> dict[str, Any]:
        failure = _failure_of(order)
        found: dict[str, Any] = {"failure_origin": failure.origin}
        if failure.inputs is not None:
            found["edit_share"] = edit_share(failure.inputs, inputs)
        return found


def _failure_of(order: Order) -> Failure:
    if order.failure is None:
        raise ValueError(f"An order of {order.strategy} needs a failure.")
    return order.failure


def _shown(inputs: Values, failure: Failure) -> Iterator[str]:
    yield material("Inputs on which it went wrong", inputs)
    if failure.answered is not None:
        yield material("Its wrong answer", failure.answered)
    if failure.outputs is not None:
        yield material("The right answer", failure.outputs)
    if failure.why:
        yield material("What is known of the failure", failure.why)
    yield (
        "Find what makes this hard, and write another example that is hard for the same reason: "
        "another situation, other words."
    )
