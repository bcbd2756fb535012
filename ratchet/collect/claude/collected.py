"""What a generation by Claude brings home, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass

from ratchet.collect.claude.agreement import StrategyTally
from ratchet.collect.collection import Collection


@dataclass(frozen=True, kw_only=True)
class GeneratedCollection(Collection):
    """A collection with its bill.

    `cost_usd` is None when the price of the model is unknown. `input_tokens` counts the whole
    prompts, `cache_read_tokens` what of them came from the cache. `interrupted` says that
    Ctrl-C ended the work early, `is_waiting` that a batch is still under way at Claude's;
    what was done until then is here. `is_refused` says that Claude refused in the middle.
    `batch_ids` names the message batches; `calls_before` and `cost_before_usd` are what of the
    calls and the cost an earlier start had paid for.
    """

    model: str
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_write_tokens: int = 0
    cache_read_tokens: int = 0
    cost_usd: float | None = None
    interrupted: bool = False
    is_waiting: bool = False
    strategies: tuple[StrategyTally, ...] = ()
    batch_ids: tuple[str, ...] = ()
    is_refused: bool = False
    calls_before: int = 0
    cost_before_usd: float = 0.0

    @property
    def own_calls(self) -> int:
        """The calls that this start has paid for."""
        return self.calls - self.calls_before

    @property
    def own_cost_usd(self) -> float | None:
        """What this start has paid; None when the price is unknown."""
        return None if self.cost_usd is None else self.cost_usd - self.cost_before_usd
