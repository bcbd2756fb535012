"""What a generation by Claude brings home, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass

from ratchet.collect.collection import Collection


@dataclass(frozen=True, kw_only=True)
class GeneratedCollection(Collection):
    """A collection with its bill.

    `cost_usd` is None when the price of the model is unknown. `interrupted` says that Ctrl-C
    ended the work early; what was done until then is here.
    """

    model: str
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    interrupted: bool = False
