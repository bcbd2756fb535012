"""A draft: what Claude wrote for an order, before anybody else has looked at its label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ratchet.collect.claude.order import Order
from ratchet.signatures.spec import Values

BROKEN_CONTRACT = "broken contract"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Inputs and outputs that keep the contract, and what was said of them.

    `facts` is what the strategy measured, for the provenance.
    """

    order: Order
    inputs: Values
    outputs: Values
    notes: str
    facts: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A draft, or the `failure` in a word or two."""

    draft: Draft | None = None
    failure: str | None = None
