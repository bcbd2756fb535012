"""What a commission will about cost, and at most, at once and in batches; nothing is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ratchet.collect.claude.ledger import Ledger
from ratchet.collect.claude.order import Order
from ratchet.collect.claude.prices import BATCH
from ratchet.collect.claude.prompts import blind_system, writing_system
from ratchet.collect.claude.question import Question
from ratchet.collect.claude.settings import ClaudeSettings
from ratchet.collect.claude.strategies import STRATEGIES
from ratchet.signatures.spec import SignatureSpec

CHARACTERS_PER_TOKEN = 4  # of English and JSON, about; the cap reckons with 2
EXPECTED_DRAFT_TOKENS, EXPECTED_LABEL_TOKENS = 700, 250
"""What a written example and its label take; assumed, not measured."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Orders by strategy with the calls, tokens and dollars they take.

    Dollars are None when the price of the model is unknown. The cache is left out: what it
    saves depends on the model's smallest cached prompt.
    """

    orders: Mapping[str, int]
    calls: int
    input_tokens: int
    output_tokens: int
    usd: float | None
    batch_usd: float | None
    most_usd: float | None


def estimate_cost(
    spec: SignatureSpec, orders: Sequence[Order], settings: ClaudeSettings
) -> Estimate:
    """Reckon with two calls an order: the draft, and its blind label."""
    written = [len(_question(spec, order).text) // CHARACTERS_PER_TOKEN for order in orders]
    label = len(blind_system(spec)) // CHARACTERS_PER_TOKEN + EXPECTED_DRAFT_TOKENS
    input_tokens = sum(written) + label * len(orders)
    output_tokens = (EXPECTED_DRAFT_TOKENS + EXPECTED_LABEL_TOKENS) * len(orders)
    price = settings.known_price
    usd = price.cost_usd(input_tokens, output_tokens) if price else None
    return Estimate(
        orders=dict(Counter(order.strategy for order in orders)),
        calls=2 * len(orders),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        usd=usd,
        batch_usd=None if usd is None else usd * BATCH,
        most_usd=_most_usd(spec, orders, settings),
    )


def _most_usd(
    spec: SignatureSpec, orders: Sequence[Order], settings: ClaudeSettings
) -> float | None:
    if settings.known_price is None:
        return None
    ledger = Ledger(price=settings.known_price, cap_usd=None)
    most = [
        ledger.most_usd(_question(spec, order).text, settings.max_tokens)
        + ledger.most_usd(blind_system(spec), settings.max_tokens)
        for order in orders
    ]
    cap = settings.max_cost_usd
    return sum(most) if cap is None else min(cap, sum(most))


def _question(spec: SignatureSpec, order: Order) -> Question:
    strategy = STRATEGIES[order.strategy]
    return Question(
        system=writing_system(spec),
        prompt=strategy.prompt(spec, order),
        schema=strategy.schema(spec),
    )
