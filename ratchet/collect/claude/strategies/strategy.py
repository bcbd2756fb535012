"""A strategy: one way to come by new examples. Each in this folder is one file."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ratchet.collect.claude.draft import BROKEN_CONTRACT, Draft, Reading
from ratchet.collect.claude.drawing import DealtCell
from ratchet.collect.claude.order import Order
from ratchet.collect.claude.schema import example_schema, read_fields
from ratchet.collect.claude.seeds import Seeds
from ratchet.examples import Example
from ratchet.signatures.spec import SignatureSpec, Values

NO_ACCEPTED = (
    "it starts from accepted examples, and the store has none outside the sealed test side; "
    "collect some, and accept them with `ratchet validate`"
)


@dataclass(frozen=True, kw_only=True)
class EditLimits:
    """How far a changed example may be from its parent, as a share of the text, 0..1."""

    counterfactual_most: float = 0.35
    evolved_least: float = 0.10


USUAL_LIMITS = EditLimits()


class Strategy(ABC):
    """Plans orders from seeds, words them, and reads what came back.

    `name` is what people call it by, `purpose` what it is for, `weight` its share in the
    default mix.
    """

    name: ClassVar[str]
    purpose: ClassVar[str]
    weight: ClassVar[int] = 1

    def obstacle(self, spec: SignatureSpec, seeds: Seeds) -> str:  # noqa: ARG002 - of some
        """Why it can not work here, with what to do; empty when it can."""
        return ""

    @abstractmethod
    def plan(
        self, spec: SignatureSpec, cells: Sequence[DealtCell], seeds: Seeds, rng: random.Random
    ) -> list[Order]:
        """One order for each cell; what it starts from should fit the cell where it can."""

    @abstractmethod
    def prompt(self, spec: SignatureSpec, order: Order) -> str:
        """Ask for the example, beside the constant part of the task."""

    def schema(self, spec: SignatureSpec) -> dict[str, Any]:
        """The form of the answer."""
        return example_schema(spec)

    def read(self, spec: SignatureSpec, order: Order, document: Any, limits: EditLimits) -> Reading:
        """The draft in an answer, or what is wrong with it."""
        fields = document if isinstance(document, dict) else {}
        inputs = read_fields(spec.inputs, fields.get("inputs"))
        outputs = self.outputs(spec, order, fields)
        if spec.problems(inputs, outputs):
            return Reading(failure=BROKEN_CONTRACT)
        draft = Draft(
            order=order,
            inputs=inputs,
            outputs=outputs,
            notes=str(fields.get("notes", "")),
            facts=self.facts(order, inputs),
        )
        failure = self.objection(spec, draft, limits)
        return Reading(failure=failure) if failure else Reading(draft=draft)

    def outputs(self, spec: SignatureSpec, order: Order, document: Any) -> Values:  # noqa: ARG002
        """The outputs of the draft; those in the answer, unless the order fixes them."""
        return read_fields(spec.outputs, document.get("outputs"))

    def facts(self, order: Order, inputs: Values) -> dict[str, Any]:  # noqa: ARG002 - of some
        """What is worth knowing of how the draft came about."""
        return {}

    def objection(
        self,
        spec: SignatureSpec,  # noqa: ARG002 - of some
        draft: Draft,  # noqa: ARG002 - of some
        limits: EditLimits,  # noqa: ARG002 - of some
    ) -> str | None:
        """Why a draft that keeps the contract is not what was ordered; None when it is."""
        return None


def pick_parents(
    parents: Sequence[Example],
    cells: Sequence[DealtCell],
    rng: random.Random,
    *,
    fits: Callable[[Example, DealtCell], int],
) -> list[tuple[Example, int]]:
    """A parent for each cell, and how often it was taken until then, counted from 1.

    The least used come first, then those that fit the cell best, then chance.
    """
    shuffled = rng.sample(list(parents), len(parents))
    used: Counter[str] = Counter()
    picked = []
    for cell in cells:
        best = min(shuffled, key=lambda p: (used[p.example_id], -fits(p, cell)))
        used[best.example_id] += 1
        picked.append((best, used[best.example_id]))
    return picked


def decision_of(spec: SignatureSpec, outputs: Values) -> bool | None:
    """The decision in these outputs; None for a signature without one."""
    return None if spec.decision is None else bool(outputs[spec.decision])


def parent_of(order: Order) -> Example:
    """The example that an order starts from; every order of a strategy with parents has one."""
    if order.parent is None:
        raise ValueError(f"An order of {order.strategy} needs a parent.")
    return order.parent
