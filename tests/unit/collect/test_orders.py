"""Orders: the deficit of the coverage plan, as collection takes it."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from ratchet import signatures
from ratchet.collect import templates
from ratchet.collect.claude.drawing import draw_orders
from ratchet.collect.claude.prompts import writing_prompt
from ratchet.collect.orders import in_words, orders_for
from ratchet.collect.starter import starter_examples, starter_signatures
from ratchet.collect.templates.plan import deal_orders
from ratchet.quality.coverage import measure_coverage
from tests.builders import NOON

CORRECTNESS = signatures.get("validate_correctness")


@pytest.mark.parametrize("name", starter_signatures())
def test_filling_every_order_would_fill_the_plan(name: str) -> None:
    """The cells of all orders together are the deficit, cell by cell."""
    spec = signatures.get(name)

    ordered = Counter(cell.key for order in orders_for(spec, []) for cell in order.cells)

    assert ordered == {cell.key: cell.want for cell in spec.coverage.cells}


def test_an_order_never_asks_for_opposite_decisions() -> None:
    """No example is correct and has a major defect."""
    for order in orders_for(CORRECTNESS, []):
        decisions = {cell.positive for cell in order.cells} - {None}
        assert decisions <= {order.positive}
        assert len({cell.dimension for cell in order.cells}) == len(order.cells)


def test_what_is_there_is_not_ordered_again() -> None:
    """Without its five concurrency examples a full set orders five, in words."""
    examples = starter_examples(CORRECTNESS.name)
    others = [e for e in examples if e.category != "concurrency"]

    assert orders_for(CORRECTNESS, examples) == ()
    assert any("concurrency example" in sentence for sentence in in_words(CORRECTNESS, others))
    ordered = [order for order in orders_for(CORRECTNESS, others) if "concurrency" in order.kinds]
    assert len(ordered) == 5


def test_a_limit_keeps_the_scarcest() -> None:
    """Three orders of many are those for the kinds of which most is missing."""
    every = orders_for(CORRECTNESS, [])

    assert orders_for(CORRECTNESS, [], limit=3) == every[:3]


@pytest.mark.parametrize("name", ["validate_completeness", "validate_correctness"])
def test_templates_fill_more_of_the_plan_by_orders(name: str) -> None:
    """Ten ordered examples leave a smaller deficit than ten that were dealt."""
    spec = signatures.get(name)
    held = list(templates.generate(name, 30, seed=1, now=NOON).examples)
    orders = orders_for(spec, held, limit=10)

    ordered = templates.generate(name, 10, seed=2, now=NOON, orders=orders).examples
    dealt = templates.generate(name, 10, seed=2, now=NOON).examples

    def missing(added: tuple[object, ...]) -> int:
        cells = measure_coverage(spec, [*held, *added]).cells  # type: ignore[list-item]
        return sum(cell.missing for cell in cells)

    assert len(ordered) == len(dealt) == 10
    assert missing(ordered) < missing(dealt)


def test_orders_beyond_the_count_are_left() -> None:
    """A collection of four takes four orders and deals nothing."""
    orders = orders_for(CORRECTNESS, [])
    rng = random.Random(1)
    shares = CORRECTNESS.policy.difficulty_shares

    cells = deal_orders(CORRECTNESS, 4, orders, shares=shares, rng=rng)

    assert [order for _, order in cells] == list(orders[:4])
    assert [cell.difficulty for cell, _ in cells] == [order.difficulty for order in orders[:4]]


def test_claude_is_asked_for_the_kinds_that_lack() -> None:
    """The prompt of an ordered example names its kinds, and its category is the ordered one."""
    others = [e for e in starter_examples(CORRECTNESS.name) if e.category != "concurrency"]
    orders = orders_for(CORRECTNESS, others)
    rng = random.Random(1)
    cells = deal_orders(
        CORRECTNESS, len(orders), orders, shares=CORRECTNESS.policy.difficulty_shares, rng=rng
    )

    drawn = [o for o in draw_orders(CORRECTNESS, cells, rng) if "concurrency" in o.tags]

    assert len(drawn) == 5
    for order in drawn:
        prompt = writing_prompt(CORRECTNESS, order)
        assert order.category == "concurrency"
        assert order.kinds
        assert f"let it be: {order.kinds}." in prompt
