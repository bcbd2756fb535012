"""What a token costs, by model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PRICES_SOURCE = "https://platform.claude.com/docs/en/about-claude/pricing, read 2026-11-20"


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for a million tokens, without batch or cache discounts."""

    input_usd: float
    output_usd: float

    def cost_usd(self, input_tokens: int, output_tokens: int) -> float:
        """What one call costs.

        >>> Price(input_usd=2.0, output_usd=10.0).cost_usd(1_000, 500)
        0.007
        """
        return (input_tokens * self.input_usd + output_tokens * self.output_usd) / 1_000_000


PRICES: Mapping[str, Price] = {
    "claude-fable-5": Price(input_usd=10.0, output_usd=50.0),
    "claude-fable-5-1": Price(input_usd=10.0, output_usd=50.0),
    "claude-opus-5-5": Price(input_usd=4.0, output_usd=20.0),
    "claude-opus-5": Price(input_usd=5.0, output_usd=25.0),
    "claude-opus-4-8": Price(input_usd=5.0, output_usd=25.0),
    "claude-opus-4-7": Price(input_usd=5.0, output_usd=25.0),
    "claude-opus-4-6": Price(input_usd=5.0, output_usd=25.0),
    "claude-opus-4-5": Price(input_usd=5.0, output_usd=25.0),
    "claude-sonnet-5-5": Price(input_usd=2.0, output_usd=10.0),
    "claude-sonnet-5": Price(input_usd=2.0, output_usd=10.0),
    "claude-sonnet-4-6": Price(input_usd=3.0, output_usd=15.0),
    "claude-sonnet-4-5": Price(input_usd=3.0, output_usd=15.0),
    "claude-haiku-5-5": Price(input_usd=0.10, output_usd=0.50),  # prompts up to 100,000 tokens
    "claude-haiku-4-5": Price(input_usd=1.0, output_usd=5.0),
}
"""List prices from PRICES_SOURCE; a model that is not here has no known cost."""


def price_of(model: str) -> Price | None:
    """The list price of `model`, with or without a date behind its name; None when unknown.

    >>> price_of("claude-haiku-4-5-20251001") == price_of("claude-haiku-4-5")
    True
    >>> price_of("claude-next") is None
    True
    """
    name, _, date = model.rpartition("-")
    return PRICES.get(name if len(date) == len("20250101") and date.isdecimal() else model)
