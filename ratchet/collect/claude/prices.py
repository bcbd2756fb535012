"""What a token costs, by model, by cache and by batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from anthropic.types import Usage

PRICES_SOURCE = "https://platform.claude.com/docs/en/about-claude/pricing, read 2026-11-20"
CACHE_WRITE, LONG_CACHE_WRITE, CACHE_READ = 1.25, 2.0, 0.1
"""What cached input costs, as a factor of plain input: kept 5 minutes, an hour, read again."""
BATCH = 0.5
"""What a call in a message batch costs, as a factor of one that is answered at once."""


@dataclass(frozen=True, kw_only=True)
class TokenUse:
    """The tokens of one call, as they are billed: plain input, cached input, output."""

    plain_input: int = 0
    cache_write: int = 0
    long_cache_write: int = 0
    cache_read: int = 0
    output: int = 0

    @classmethod
    def of(cls, usage: Usage) -> Self:
        """Read the usage of an answer; what it leaves out is none."""
        written, by_age = usage.cache_creation_input_tokens or 0, usage.cache_creation
        long = by_age.ephemeral_1h_input_tokens if by_age else 0
        return cls(
            plain_input=usage.input_tokens,
            cache_write=max(0, written - long),
            long_cache_write=long,
            cache_read=usage.cache_read_input_tokens or 0,
            output=usage.output_tokens,
        )

    @property
    def input(self) -> int:
        """All tokens of the prompt, cached or not."""
        return self.plain_input + self.cache_write + self.long_cache_write + self.cache_read

    def __add__(self, other: TokenUse) -> TokenUse:
        """The tokens of both."""
        return TokenUse(
            plain_input=self.plain_input + other.plain_input,
            cache_write=self.cache_write + other.cache_write,
            long_cache_write=self.long_cache_write + other.long_cache_write,
            cache_read=self.cache_read + other.cache_read,
            output=self.output + other.output,
        )


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for a million tokens, without batch or cache discounts."""

    input_usd: float
    output_usd: float

    def cost_usd(self, input_tokens: int, output_tokens: int) -> float:
        """What one plain call costs.

        >>> Price(input_usd=2.0, output_usd=10.0).cost_usd(1_000, 500)
        0.007
        """
        return self.bill_usd(TokenUse(plain_input=input_tokens, output=output_tokens))

    def bill_usd(self, use: TokenUse, *, in_batch: bool = False) -> float:
        """What these tokens cost; cached input at its own rates, a batch at half of all.

        >>> Price(input_usd=2.0, output_usd=10.0).bill_usd(TokenUse(cache_read=1_000_000))
        0.2
        """
        tokens = (
            use.plain_input
            + use.cache_write * CACHE_WRITE
            + use.long_cache_write * LONG_CACHE_WRITE
            + use.cache_read * CACHE_READ
        )
        cost = (tokens * self.input_usd + use.output * self.output_usd) / 1_000_000
        return cost * BATCH if in_batch else cost

    def most_usd(self, input_tokens: int, output_tokens: int, *, in_batch: bool = False) -> float:
        """The most that a call can cost: its whole prompt is written to the cache."""
        write = (
            TokenUse(long_cache_write=input_tokens, output=output_tokens)
            if in_batch
            else TokenUse(cache_write=input_tokens, output=output_tokens)
        )
        return self.bill_usd(write, in_batch=in_batch)


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
