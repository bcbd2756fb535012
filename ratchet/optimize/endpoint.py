"""Where a model's answers come from: its address, its price, and what its refusals mean."""

from __future__ import annotations

from dataclasses import dataclass

from dspy import lm15
from dspy.utils.exceptions import (
    LMAuthError,
    LMBillingError,
    LMConfigurationError,
    LMUnsupportedModelError,
)

from ratchet.errors import ConfigurationError
from ratchet.logs import redacted

REFUSING_REPLIES = (
    lm15.AuthError,
    lm15.BillingError,
    lm15.NotConfiguredError,
    lm15.UnsupportedModelError,
)
REFUSALS = (LMAuthError, LMBillingError, LMConfigurationError, LMUnsupportedModelError)


@dataclass(frozen=True, kw_only=True)
class Price:
    """What an endpoint asks for a million tokens, in US dollars."""

    input_usd: float
    output_usd: float

    def of(self, *, input_tokens: int, output_tokens: int) -> float:
        """The cost of one call in US dollars.

        >>> Price(input_usd=1.0, output_usd=5.0).of(input_tokens=2000, output_tokens=100)
        0.0025
        """
        return (input_tokens * self.input_usd + output_tokens * self.output_usd) / 1e6


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where the answers come from, and what to say when it refuses.

    `provider` is DSPy's name of it for its price table, None when it has none. `seeded`
    says that the model takes the rollout id as its seed (ours does; providers need not).
    """

    model: str
    provider: str | None = None
    address: str | None = None
    key_variable: str | None = None
    price: Price | None = None
    seeded: bool = False


def refusal(endpoint: Endpoint, error: Exception) -> str:
    """Say what a refusing model wants, and where to change it."""
    said = redacted(str(getattr(error, "message", error)).partition("\n")[0]).rstrip(".")
    reply = f"{endpoint.model} refused the call: {said}."
    if isinstance(error, lm15.AuthError | LMAuthError):
        source = endpoint.key_variable or "api_key"
        return f"{reply} Check the key in {source}."
    if isinstance(error, lm15.UnsupportedModelError | LMUnsupportedModelError):
        return f"{reply} Check the name of the model."
    return f"{reply} Check the account and its settings."


def known_price(endpoint: Endpoint) -> Price | None:
    """The price that was given for an endpoint, or else the one in DSPy's table."""
    if endpoint.price is not None or endpoint.provider is None:
        return endpoint.price
    from dspy.clients.model_metadata import model_info, rate

    info = model_info(endpoint.provider, endpoint.model.partition("/")[2]) or {}
    asked, said = rate(info, "input_cost_per_token"), rate(info, "output_cost_per_token")
    if asked is None or said is None:
        return None
    return Price(input_usd=asked * 1e6, output_usd=said * 1e6)


def require_price(endpoint: Endpoint) -> None:
    """Refuse a limit in dollars on a model whose price nobody knows.

    Raises:
        ConfigurationError: neither DSPy's price table nor the endpoint has a price.
    """
    if known_price(endpoint) is None:
        raise ConfigurationError(
            f"The budget is in dollars, but no price is known for {endpoint.model}. "
            "Give a price, or limit the calls instead."
        )
