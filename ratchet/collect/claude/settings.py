"""How Claude is reached and how much may be spent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

from ratchet.collect.claude.prices import Price, price_of
from ratchet.errors import ConfigurationError

DEFAULT_MODEL = "claude-sonnet-5-5"
KEY_VARIABLE = "ANTHROPIC_API_KEY"


@dataclass(frozen=True, kw_only=True)
class ClaudeSettings:
    """One way to reach Claude.

    `max_cost_usd` is a cap: no call starts that could pass it (None: no cap). `timeout_s` is
    in seconds, for each try. `max_retries` is how often the SDK tries again after 408, 409,
    429, 5xx and lost connections. `min_agreement` is the metric score, 0..1, from which the
    blind look counts as agreement. `price` replaces the built-in price of the model.

    Raises:
        ConfigurationError: the key is empty or a number is out of range.
    """

    api_key: str = field(repr=False)
    base_url: str | None = None
    model: str = DEFAULT_MODEL
    max_concurrency: int = 4
    max_cost_usd: float | None = 5.0
    timeout_s: float = 120.0
    max_retries: int = 4
    max_tokens: int = 8_000
    min_agreement: float = 0.6
    price: Price | None = None

    def __post_init__(self) -> None:
        if not self.api_key.strip():
            raise ConfigurationError(
                f"Claude needs a key and none is set; put it into {KEY_VARIABLE}."
            )
        low = {
            "max_concurrency": (self.max_concurrency, 1),
            "max_retries": (self.max_retries, 0),
            "max_tokens": (self.max_tokens, 1),
        }
        for name, (value, least) in low.items():
            if value < least:
                raise ConfigurationError(f"{name} is {value}; it must be at least {least}.")
        if self.timeout_s <= 0:
            raise ConfigurationError(f"timeout_s is {self.timeout_s}; it must be above 0.")
        if self.max_cost_usd is not None and self.max_cost_usd < 0:
            raise ConfigurationError(
                f"max_cost_usd is {self.max_cost_usd}; it must not be below 0."
            )

    def with_spent(self, spent_usd: float) -> Self:
        """The same with what is left of the cap."""
        if self.max_cost_usd is None:
            return self
        return replace(self, max_cost_usd=max(0.0, self.max_cost_usd - spent_usd))

    @property
    def known_price(self) -> Price | None:
        """The price given here, or the list price of the model; None when there is neither."""
        return self.price or price_of(self.model)
