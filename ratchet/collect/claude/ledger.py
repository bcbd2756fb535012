"""The ledger of a generation: what was spent, and whether the next call still fits."""

from __future__ import annotations

from dataclasses import dataclass, field

from ratchet.collect.claude.prices import Price, TokenUse

CHARACTERS_PER_TOKEN = 2  # on the safe side: English has about four
OVER_BUDGET = "over budget"
ROUNDING_USD = 1e-9  # sums of reservations are given back term by term


@dataclass(kw_only=True)
class Ledger:
    """Counts calls, tokens and dollars against a cap.

    A call is reserved at the most it can cost and settled at what it did cost. A call that
    was sent and whose answer got lost stays at the most, because it may have been billed;
    `lost_calls` counts those, and their dollars are in `unconfirmed_usd`. With `in_batch`
    everything costs what it costs in a message batch.
    """

    price: Price | None
    cap_usd: float | None
    in_batch: bool = False
    calls: int = 0
    lost_calls: int = 0
    used: TokenUse = field(default_factory=TokenUse)
    unconfirmed_usd: float = 0.0
    _reserved_usd: float = 0.0

    @property
    def cost_usd(self) -> float | None:
        """What the answered calls cost; None when the price is unknown."""
        return (
            None if self.price is None else self.price.bill_usd(self.used, in_batch=self.in_batch)
        )

    def most_usd(self, prompt: str, max_tokens: int) -> float:
        """The most that a call can cost; 0 when the price is unknown."""
        if self.price is None:
            return 0.0
        tokens = len(prompt) // CHARACTERS_PER_TOKEN + 1
        return self.price.most_usd(tokens, max_tokens, in_batch=self.in_batch)

    def reserve(self, prompt: str, max_tokens: int) -> float | None:
        """Set aside the most that a call can cost, or return None when the cap forbids it."""
        most = self.most_usd(prompt, max_tokens)
        return most if self.set_aside(most) else None

    def set_aside(self, most_usd: float) -> bool:
        """Set aside so many dollars; False, and nothing done, when the cap forbids it."""
        committed = (self.cost_usd or 0.0) + self.unconfirmed_usd + self._reserved_usd
        if (
            self.price is not None
            and self.cap_usd is not None
            and committed + most_usd > self.cap_usd + ROUNDING_USD
        ):
            return False
        self._reserved_usd += most_usd
        return True

    def settle(self, reserved: float, use: TokenUse) -> None:
        """Book an answered call."""
        self._reserved_usd -= reserved
        self.calls += 1
        self.used += use

    def lose(self, reserved: float) -> None:
        """Book a call whose answer never came."""
        self._reserved_usd -= reserved
        self.calls += 1
        self.lost_calls += 1
        self.unconfirmed_usd += reserved

    def suppose(self, most_usd: float) -> None:
        """Book a call that was answered in a form that does not say what it cost."""
        self.calls += 1
        self.lost_calls += 1
        self.unconfirmed_usd += most_usd

    def release(self, reserved: float) -> None:
        """Book a call that was refused with an error status, which costs nothing."""
        self._reserved_usd -= reserved
        self.calls += 1

    def give_back(self, reserved: float) -> None:
        """Free what was set aside for a call that is not made."""
        self._reserved_usd -= reserved
