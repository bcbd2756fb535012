"""Who writes synthetic examples for the command line: the templates, or Claude at a price."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ratchet.errors import ConfigurationError

if TYPE_CHECKING:
    from ratchet.cli.terminal import Move
    from ratchet.collect import Collection
    from ratchet.collect.claude import BatchOptions, ClaudeSettings, Recipe
    from ratchet.collect.claude.agreement import StrategyTally

CLAUDE_PROVIDER, OFFLINE_PROVIDER = "anthropic", "offline"
KEY_VARIABLE = "ANTHROPIC_API_KEY"
TEMPLATES = "templates"
NO_KEY = "no key: a dry run sends nothing"


@dataclass(kw_only=True)
class Writer(ABC):
    """Writes examples of one signature after the other and keeps the bill of all."""

    name: str
    interrupted: bool = False
    is_waiting: bool = False
    bill: dict[str, Any] = field(default_factory=dict)

    @abstractmethod
    def write(
        self,
        signature: str,
        count: int,
        *,
        seed: int,
        now: datetime,
        recipe: Recipe,
        move: Move,
    ) -> Collection:
        """The examples of one signature; the first of them for the orders in the seeds."""

    @property
    @abstractmethod
    def said(self) -> str:
        """Who wrote and what it cost, in a line."""


@dataclass(kw_only=True)
class TemplateWriter(Writer):
    """Fills in templates; costs nothing."""

    name: str = TEMPLATES

    def write(
        self,
        signature: str,
        count: int,
        *,
        seed: int,
        now: datetime,
        recipe: Recipe,
        move: Move,
    ) -> Collection:
        from ratchet.collect.templates import generate

        found = generate(signature, count, seed=seed, now=now, orders=recipe.seeds.orders)
        move(count, count, "")
        return found

    @property
    def said(self) -> str:
        return "Written from templates, free of cost."


@dataclass(kw_only=True)
class ClaudeWriter(Writer):
    """Asks Claude, at once or in batches; the cap holds for all signatures together."""

    settings: ClaudeSettings
    batch: BatchOptions | None = None
    calls: int = 0
    cost_usd: float = 0.0
    is_priced: bool = True
    tallies: dict[str, tuple[StrategyTally, ...]] = field(default_factory=dict)

    def write(
        self,
        signature: str,
        count: int,
        *,
        seed: int,
        now: datetime,
        recipe: Recipe,
        move: Move,
    ) -> Collection:
        from ratchet.collect.claude import Commission
        from ratchet.collect.claude.generation import generate

        found = generate(
            Commission(
                signature=signature,
                count=count,
                settings=self._rest(),
                seed=seed,
                now=now,
                recipe=recipe,
                batch=self.batch,
                progress=move,
            )
        )
        self.interrupted = found.interrupted
        self.is_waiting = self.is_waiting or found.is_waiting
        self.calls += found.calls
        self.cost_usd += found.cost_usd or 0.0
        self.is_priced = self.is_priced and found.cost_usd is not None
        self.tallies[signature] = found.strategies
        self.bill = {
            "model": found.model,
            "calls": self.calls,
            "cost_usd": self.cost_usd if self.is_priced else None,
            "cache_read_tokens": self.bill.get("cache_read_tokens", 0) + found.cache_read_tokens,
            "batches": [*self.bill.get("batches", []), *found.batch_ids],
            "is_waiting": self.is_waiting,
            "strategies": {name: _tallied(found) for name, found in self.tallies.items()},
        }
        return found

    @property
    def said(self) -> str:
        cost = f"{self.cost_usd:.4f} USD" if self.is_priced else "a price that is not known"
        how = " in batches" if self.batch else ""
        return f"Written by {self.name}{how}: {self.calls} calls, {cost}."

    def _rest(self) -> ClaudeSettings:
        cap = self.settings.max_cost_usd
        left = None if cap is None else max(0.0, cap - self.cost_usd)
        return replace(self.settings, max_cost_usd=left)


def choose_writer(
    model: str,
    *,
    chosen: bool,
    max_cost_usd: float,
    api_base: str | None = None,
    is_dry: bool = False,
) -> Writer:
    """The writer that the model's name and the environment ask for.

    A model of another provider writes nothing here; it is refused when it was `chosen` for
    this command, and otherwise the templates write. A dry run needs no key.

    Raises:
        ConfigurationError: Claude is asked for and has no key, or the model can not write.
    """
    provider, _, name = model.partition("/")
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if provider == CLAUDE_PROVIDER or (not model and key):
        return _claude(name, key or (NO_KEY if is_dry else ""), max_cost_usd, api_base)
    if chosen and provider != OFFLINE_PROVIDER:
        raise ConfigurationError(
            f"Synthetic examples are written by Claude (--lm {CLAUDE_PROVIDER}/<model>) or from "
            f"templates (--lm offline/in-context), not by {model!r}."
        )
    return TemplateWriter()


def _claude(model: str, key: str, max_cost_usd: float, api_base: str | None) -> ClaudeWriter:
    from ratchet.collect.claude import DEFAULT_MODEL, ClaudeSettings

    settings = ClaudeSettings(
        api_key=key,
        base_url=api_base,
        model=model or DEFAULT_MODEL,
        max_cost_usd=max_cost_usd,
    )
    return ClaudeWriter(name=settings.model, settings=settings)


def _tallied(tallies: tuple[StrategyTally, ...]) -> list[dict[str, Any]]:
    return [{**asdict(tally), "agreement": asdict(tally.agreement)} for tally in tallies]
