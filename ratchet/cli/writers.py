"""Who writes synthetic examples for the command line: the templates, or Claude at a price."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ratchet.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ratchet.collect import Collection
    from ratchet.collect.claude import ClaudeSettings
    from ratchet.collect.orders import CoverageOrder

CLAUDE_PROVIDER, OFFLINE_PROVIDER = "anthropic", "offline"
KEY_VARIABLE = "ANTHROPIC_API_KEY"
TEMPLATES = "templates"


@dataclass(kw_only=True)
class Writer(ABC):
    """Writes examples of one signature after the other and keeps the bill of all."""

    name: str
    interrupted: bool = False
    bill: dict[str, Any] = field(default_factory=dict)

    @abstractmethod
    def write(
        self,
        signature: str,
        count: int,
        *,
        seed: int,
        now: datetime,
        orders: Sequence[CoverageOrder] = (),
    ) -> Collection:
        """The examples of one signature; the first of them for the `orders`."""

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
        orders: Sequence[CoverageOrder] = (),
    ) -> Collection:
        from ratchet.collect.templates import generate

        return generate(signature, count, seed=seed, now=now, orders=orders)

    @property
    def said(self) -> str:
        return "Written from templates, free of cost."


@dataclass(kw_only=True)
class ClaudeWriter(Writer):
    """Asks Claude; the cap of the settings holds for all signatures together."""

    settings: ClaudeSettings
    calls: int = 0
    cost_usd: float = 0.0
    is_priced: bool = True

    def write(
        self,
        signature: str,
        count: int,
        *,
        seed: int,
        now: datetime,
        orders: Sequence[CoverageOrder] = (),
    ) -> Collection:
        from ratchet.collect.claude import Commission, Recipe, Seeds, generate

        found = generate(
            Commission(
                signature=signature,
                count=count,
                settings=self._rest(),
                seed=seed,
                now=now,
                recipe=Recipe(seeds=Seeds(orders=tuple(orders))),
            )
        )
        self.interrupted = found.interrupted
        self.calls += found.calls
        self.cost_usd += found.cost_usd or 0.0
        self.is_priced = self.is_priced and found.cost_usd is not None
        self.bill = {
            "model": found.model,
            "calls": self.calls,
            "cost_usd": self.cost_usd if self.is_priced else None,
        }
        return found

    @property
    def said(self) -> str:
        cost = f"{self.cost_usd:.4f} USD" if self.is_priced else "a price that is not known"
        return f"Written by {self.name}: {self.calls} calls, {cost}."

    def _rest(self) -> ClaudeSettings:
        cap = self.settings.max_cost_usd
        left = None if cap is None else max(0.0, cap - self.cost_usd)
        return replace(self.settings, max_cost_usd=left)


def choose_writer(
    model: str, *, chosen: bool, max_cost_usd: float, api_base: str | None = None
) -> Writer:
    """The writer that the model's name and the environment ask for.

    A model of another provider writes nothing here; it is refused when it was `chosen` for
    this command, and otherwise the templates write.

    Raises:
        ConfigurationError: Claude is asked for and has no key, or the model can not write.
    """
    provider, _, name = model.partition("/")
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if provider == CLAUDE_PROVIDER or (not model and key):
        return _claude(name, key, max_cost_usd, api_base)
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
