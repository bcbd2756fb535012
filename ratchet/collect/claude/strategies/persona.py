"""Strategy: the same cells, told by people of different trades, moods and habits."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from ratchet.collect.claude.drawing import DealtCell, draw_orders
from ratchet.collect.claude.order import Order
from ratchet.collect.claude.prompts import writing_prompt
from ratchet.collect.claude.seeds import Seeds
from ratchet.collect.claude.strategies.strategy import Strategy
from ratchet.signatures.spec import SignatureSpec

PERSONAS = (
    "a backend engineer on call at night, terse, who writes in fragments",
    "a product manager at a bank, careful with words, who thinks in user journeys",
    "a data scientist who came to code late and names things after papers",
    "an embedded developer who counts bytes and distrusts libraries",
    "a security auditor who writes down what can go wrong first",
    "a founder who does everything at once and dictates from the train",
    "a maintainer of an open-source library, polite, who insists on compatibility",
    "a support agent who forwards what a customer said in the customer's words",
    "a game programmer who speaks of frames, assets and players",
    "a site reliability engineer who quotes figures from dashboards",
    "an accessibility specialist who tests with a screen reader",
    "a junior developer in the first month who explains too much",
    "a mobile developer who ships weekly and thinks of old devices",
    "a civil servant who digitises a paper form and cites the regulation",
    "a teacher who explains each step to somebody new",
    "a scientist at a laboratory whose scripts outlived their author",
)


class PersonaStrategy(Strategy):
    """Needs nothing but the signature; varies vocabulary, length and point of view."""

    name = "persona"
    purpose = "vary who speaks, and how"

    def plan(
        self,
        spec: SignatureSpec,
        cells: Sequence[DealtCell],
        seeds: Seeds,  # noqa: ARG002 - it needs none
        rng: random.Random,
    ) -> list[Order]:
        speakers = rng.sample(PERSONAS, len(PERSONAS))
        orders = draw_orders(spec, cells, rng, strategy=self.name)
        return [
            replace(order, persona=speakers[place % len(speakers)])
            for place, order in enumerate(orders)
        ]

    def prompt(self, spec: SignatureSpec, order: Order) -> str:
        return (
            f"{writing_prompt(spec, order)}\n\nLet the inputs be written by {order.persona}. "
            "Keep the voice in the inputs; the outputs stay sober."
        )
