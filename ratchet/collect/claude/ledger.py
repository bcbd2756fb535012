"""The ledger of a generation: what was spent, and whether the next call still fits."""

from __future__ import annotations

from dataclasses import dataclass

from ratchet.collect.claude.prices import Price

CHARACTERS_PER_TOKEN = 2  # on the safe side: English has about four


@dataclass(kw_only=True)
class Ledger:
    """Counts calls, tokens and dollars against a cap.

    A call is reserved at the most it can cost and settled at what it did cost. A call that
    was sent and whose answer got lost stays at the most, because it may have been billed;
    `lost_calls` counts those, and their dollars are in `unconfirmed_usd`.
    """

    price: Price | None
    cap_usd: float | None
    calls: int = 0
    lost_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    unconfirmed_usd: float = 0.0
    _reserved_usd: float = 0.0

    @property
    def cost_usd(self) -> float | None:
        """What the answered calls cost; None when the price is unknown."""
        if self.price is None:
            return None
        return self.price.cost_usd(self.input_tokens, self.output_tokens)

    def reserve(self, prompt: str, max_tokens: int) -> float | None:
        """Set aside the most that a call can cost, or return None when the cap forbids it."""
        if self.price is None:
            return 0.0
        most = self.price.cost_usd(len(prompt) // CHARACTERS_PER_TOKEN + 1, max_tokens)
        committed = (self.cost_usd or 0.0) + self.unconfirmed_usd + self._reserved_usd
        if self.cap_usd is not None and committed + most > self.cap_usd:
            return None
        self._reserved_usd += most
        return most

    def settle(self, reserved: float, *, input_tokens: int, output_tokens: int) -> None:
        """Book an answered call."""
        self._reserved_usd -= reserved
        self.calls += 1
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens

    def lose(self, reserved: float) -> None:
        """Book a call whose answer never came."""
        self._reserved_usd -= reserved
        self.calls += 1
        self.lost_calls += 1
        self.unconfirmed_usd += reserved

    def release(self, reserved: float) -> None:
        """Book a call that was refused with an error status, which costs nothing."""
        self._reserved_usd -= reserved
        self.calls += 1
