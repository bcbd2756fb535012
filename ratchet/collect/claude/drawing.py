"""Orders by cell: each gets a category, the ordered one or all in turn, and a scenario of it."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ratchet.collect.claude.order import Order
from ratchet.collect.orders import CoverageOrder
from ratchet.collect.templates.domains import FEATURES
from ratchet.collect.templates.plan import Cell
from ratchet.signatures.spec import SignatureSpec
from ratchet.signatures.vocabulary import GENERAL

COVERAGE_CELL = "coverage_cell"
ANGLES = ("a new feature", "a bug report", "a refactoring", "a customer's wish")

DealtCell = tuple[Cell, CoverageOrder | None]


def draw_orders(
    spec: SignatureSpec,
    cells: Sequence[DealtCell],
    rng: random.Random,
    *,
    strategy: str = COVERAGE_CELL,
) -> list[Order]:
    """Draw an order for each cell."""
    named = [category for category in spec.categories if category != GENERAL]
    categories = named or list(spec.categories) or [GENERAL]
    rng.shuffle(categories)
    drawn = []
    for place, (cell, wanted) in enumerate(cells):
        category = _ordered_category(spec, wanted) or categories[place % len(categories)]
        drawn.append(
            Order(
                strategy=strategy,
                cell=cell,
                category=category,
                scenario=_scenario(category, rng),
                kinds=wanted.kinds if wanted else "",
                tags=_tags(wanted),
            )
        )
    return drawn


def _tags(wanted: CoverageOrder | None) -> tuple[str, ...]:
    """The tags of the kinds that were ordered, one a kind."""
    cells = wanted.cells if wanted else ()
    return tuple(cell.rule.tags[0] for cell in cells if cell.rule.tags)


def _ordered_category(spec: SignatureSpec, wanted: CoverageOrder | None) -> str | None:
    tags = [tag for cell in (wanted.cells if wanted else ()) for tag in cell.rule.tags]
    return next((tag for tag in tags if tag in spec.categories), None)


def _scenario(category: str, rng: random.Random) -> str:
    features = [feature for feature in FEATURES if feature.category == category]
    angle = rng.choice(ANGLES)
    if not features:
        return f"{angle} of your own choice"
    return f"{angle} around something like {rng.choice(features).name}, with details of your own"
