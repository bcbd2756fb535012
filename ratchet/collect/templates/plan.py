"""The plan of a collection: how many examples of each difficulty and label, exact to rounding."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ratchet.collect.apportion import apportion
from ratchet.collect.orders import CoverageOrder
from ratchet.errors import ConfigurationError
from ratchet.examples import Difficulty
from ratchet.signatures.spec import SignatureSpec

EVEN = 0.5  # share of positive labels where the gate policy asks for nothing else


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one example has to be: its difficulty and the value of the decision, if any."""

    difficulty: Difficulty
    positive: bool | None


def deal_orders(
    spec: SignatureSpec,
    count: int,
    orders: Sequence[CoverageOrder],
    *,
    shares: Mapping[Difficulty, float],
    rng: random.Random,
) -> list[tuple[Cell, CoverageOrder | None]]:
    """Deal a cell to each order, as far as `count` goes, and the rest as `deal_cells` does.

    Raises:
        ConfigurationError: as in `deal_cells`.
    """
    taken = orders[: max(0, count)]
    rest = deal_cells(spec, count - len(taken), shares=shares, rng=rng)
    share = positive_share(spec)
    ordered = [
        (Cell(difficulty=order.difficulty, positive=_decision(order, share, rng)), order)
        for order in taken
    ]
    return [*ordered, *((cell, None) for cell in rest)]


def deal_cells(
    spec: SignatureSpec,
    count: int,
    *,
    shares: Mapping[Difficulty, float],
    rng: random.Random,
) -> list[Cell]:
    """Deal `count` cells in random order, each label spread evenly over the difficulties.

    `shares` is 0..1 by difficulty. The share of positive labels is the one that the gate
    policy asks for.

    Raises:
        ConfigurationError: `count` is negative or a share is.
    """
    if count < 0 or any(share < 0 for share in shares.values()) or not sum(shares.values()):
        raise ConfigurationError(
            f"Can not generate {count} examples with the shares {dict(shares)}; "
            "the count and every share must be 0 or more, and one share above 0."
        )
    sizes = apportion(count, list(shares.values()))
    positives = _positives(spec, sizes)
    cells = [
        Cell(difficulty=difficulty, positive=None if wanted is None else index < wanted)
        for difficulty, size, wanted in zip(shares, sizes, positives, strict=True)
        for index in range(size)
    ]
    rng.shuffle(cells)
    return cells


def positive_share(spec: SignatureSpec) -> float | None:
    """The share of positive decisions that the gate policy asks for; None without a decision."""
    if spec.decision is None:
        return None
    return spec.policy.label_shares.get(spec.label({spec.decision: True}), EVEN)


def _decision(order: CoverageOrder, share: float | None, rng: random.Random) -> bool | None:
    if share is None or order.positive is not None:
        return order.positive
    return rng.random() < share


def _positives(spec: SignatureSpec, sizes: Sequence[int]) -> Sequence[int | None]:
    share = positive_share(spec)
    if share is None or not sum(sizes):
        return [None] * len(sizes)
    return apportion(math.floor(sum(sizes) * share + 0.5), sizes)
