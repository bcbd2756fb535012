"""The mix: how many examples each strategy writes, and which can not write here."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ratchet.collect.apportion import apportion
from ratchet.collect.claude.drawing import COVERAGE_CELL
from ratchet.collect.claude.order import Order
from ratchet.collect.claude.seeds import Seeds
from ratchet.collect.claude.strategies import STRATEGIES
from ratchet.collect.templates.plan import deal_orders
from ratchet.errors import ConfigurationError, InputError
from ratchet.examples import Difficulty
from ratchet.signatures.nearest import nearest_name
from ratchet.signatures.spec import SignatureSpec


@dataclass(frozen=True, kw_only=True)
class Mix:
    """Weights of strategies, any positive numbers; empty means what the seeds allow."""

    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        for name, weight in self.weights.items():
            if name not in STRATEGIES:
                near = nearest_name(name, list(STRATEGIES))
                hint = f"; did you mean {near}?" if near else ""
                raise ConfigurationError(
                    f"There is no strategy {name!r}{hint} There are {', '.join(STRATEGIES)}."
                )
            if not weight > 0:
                raise ConfigurationError(f"The share of {name} is {weight}; it must be above 0.")

    @classmethod
    def parse(cls, given: Sequence[str]) -> Mix:
        """Read `NAME` or `NAME=SHARE`, each of weight 1 unless it says another.

        >>> Mix.parse(["evolve", "persona=2"]).weights
        {'evolve': 1.0, 'persona': 2.0}

        Raises:
            ConfigurationError: a name is unknown, or a share is no positive number.
        """
        weights: dict[str, float] = {}
        for text in given:
            name, _, share = text.partition("=")
            try:
                weights[name.strip()] = float(share) if share else 1.0
            except ValueError as error:
                raise ConfigurationError(
                    f"{text!r} is no share of a strategy; write {name}=2, for example."
                ) from error
        return cls(weights=weights)


ANY_MIX = Mix(weights={})


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The orders, and for each strategy that can not work here the reason."""

    orders: tuple[Order, ...]
    obstacles: Mapping[str, str]


def plan_orders(
    spec: SignatureSpec,
    count: int,
    *,
    mix: Mix,
    seeds: Seeds,
    shares: Mapping[Difficulty, float],
    rng: random.Random,
) -> Plan:
    """Plan `count` orders; what the coverage lacks comes first, by its own strategy.

    Difficulties and decisions are dealt over all strategies together, and those that start
    from an example choose one that fits, as far as there is one.

    Raises:
        ConfigurationError: the count or a share is negative.
        InputError: a strategy that was asked for can not work; the message says what lacks.
    """
    obstacles = {name: STRATEGIES[name].obstacle(spec, seeds) for name in STRATEGIES}
    hindered = [name for name in mix.weights if obstacles[name]]
    if hindered:
        reasons = "; ".join(f"{name}: {obstacles[name]}" for name in hindered)
        raise InputError(f"{spec.name} can not be written so. {reasons}.")
    weights = dict(mix.weights) or {
        name: float(strategy.weight) for name, strategy in STRATEGIES.items() if not obstacles[name]
    }
    cells = deal_orders(spec, count, seeds.orders, shares=shares, rng=rng)
    orders: list[Order] = []
    start = 0
    for name, size in _sizes(weights, count, ordered=min(len(seeds.orders), count)).items():
        orders += STRATEGIES[name].plan(spec, cells[start : start + size], seeds, rng)
        start += size
    return Plan(
        orders=tuple(orders), obstacles={name: why for name, why in obstacles.items() if why}
    )


def _sizes(weights: Mapping[str, float], count: int, *, ordered: int) -> dict[str, int]:
    """How many each strategy gets; coverage cells come first and get at least the ordered ones."""
    names = sorted(weights, key=lambda name: name != COVERAGE_CELL)
    sizes = dict(zip(names, apportion(count, [weights[n] for n in names]), strict=True))
    lacking = ordered - sizes.get(COVERAGE_CELL, ordered)
    if lacking <= 0 or len(names) == 1:
        return sizes
    others = names[1:]
    rest = apportion(count - ordered, [weights[name] for name in others])
    return {COVERAGE_CELL: ordered, **dict(zip(others, rest, strict=True))}
