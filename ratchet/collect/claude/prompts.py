"""What Claude is asked: to write an example for a cell, and to answer one without its label."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ratchet.collect.orders import CoverageOrder
from ratchet.collect.templates.domains import FEATURES
from ratchet.collect.templates.plan import Cell
from ratchet.examples import Difficulty
from ratchet.signatures.spec import Field, SignatureSpec
from ratchet.signatures.vocabulary import GENERAL

SYSTEM = (
    "You write examples for training and testing a program that assists software teams. "
    "Each example is realistic, self-contained and about one thing. Its label follows from the "
    "inputs alone, so that a careful engineer who sees nothing else would give the same. "
    "Nothing but the meaning gives the label away: no hints, no telling length or style. "
    "Describe what was done in other words than what was asked for. No real names or secrets."
)
BLIND_SYSTEM = "You are a careful senior engineer. Judge by the inputs alone and answer in full."
DEMANDS = {
    Difficulty.EASY: "short inputs, about three points to consider, each stated plainly",
    Difficulty.MEDIUM: "five to seven points to consider, one of them easy to overlook",
    Difficulty.HARD: "about ten points; the label hangs on an edge case or on work half done",
}


@dataclass(frozen=True, kw_only=True)
class Order:
    """One example to be written: its cell, its category and a scenario to start from.

    `wanted` is what the coverage plan lacks, or None.
    """

    cell: Cell
    category: str
    scenario: str
    wanted: CoverageOrder | None = None

    @property
    def tags(self) -> list[str]:
        """The tags of the kinds that were ordered, one a kind."""
        cells = self.wanted.cells if self.wanted else ()
        return [cell.rule.tags[0] for cell in cells if cell.rule.tags]


def draw_orders(
    spec: SignatureSpec, cells: Sequence[tuple[Cell, CoverageOrder | None]], rng: random.Random
) -> list[Order]:
    """Give each cell a category, the ordered one or all in turn, and a scenario of it."""
    named = [category for category in spec.categories if category != GENERAL]
    categories = named or list(spec.categories) or [GENERAL]
    rng.shuffle(categories)
    drawn = []
    for (cell, wanted), turn in zip(cells, _repeated(categories, len(cells)), strict=True):
        category = _ordered_category(spec, wanted) or turn
        scenario = _scenario(category, rng)
        drawn.append(Order(cell=cell, category=category, scenario=scenario, wanted=wanted))
    return drawn


def writing_prompt(spec: SignatureSpec, order: Order) -> str:
    """Ask for one example that fits the order."""
    cell = order.cell
    parts = [
        f"Write one example for the task {spec.name}.",
        f"The task: {spec.instructions}",
        f"Inputs:\n{_described(spec.inputs)}",
        f"Outputs:\n{_described(spec.outputs)}",
        f"Difficulty: {cell.difficulty.value}; that is, {DEMANDS[cell.difficulty]}.",
        f"Category: {order.category}. Scenario: {order.scenario}.",
    ]
    if spec.decision is not None and cell.positive is not None:
        value = json.dumps(cell.positive)
        parts.append(f"Write the inputs so that the right {spec.decision} is {value}.")
    if order.wanted is not None and order.wanted.kinds:
        parts.append(f"We lack examples of these kinds, so let it be: {order.wanted.kinds}.")
    return "\n\n".join(parts)


def blind_prompt(spec: SignatureSpec, inputs: Mapping[str, Any]) -> str:
    """Ask for the outputs that belong to `inputs`, without a word about the label."""
    shown = json.dumps(dict(inputs), indent=2, ensure_ascii=False)
    return (
        f"{spec.instructions}\n\nInputs:\n{shown}\n\n"
        f"Give these outputs:\n{_described(spec.outputs)}"
    )


def _described(fields: tuple[Field, ...]) -> str:
    return "\n".join(f"- {f.name} ({f.type_name}): {f.description}" for f in fields)


def _ordered_category(spec: SignatureSpec, wanted: CoverageOrder | None) -> str | None:
    tags = [tag for cell in (wanted.cells if wanted else ()) for tag in cell.rule.tags]
    return next((tag for tag in tags if tag in spec.categories), None)


def _scenario(category: str, rng: random.Random) -> str:
    features = [feature for feature in FEATURES if feature.category == category]
    angle = rng.choice(("a new feature", "a bug report", "a refactoring", "a customer's wish"))
    if not features:
        return f"{angle} of your own choice"
    feature = rng.choice(features)
    return f"{angle} around something like {feature.name}, with details of your own"


def _repeated(items: list[str], count: int) -> list[str]:
    return [items[index % len(items)] for index in range(count)]
