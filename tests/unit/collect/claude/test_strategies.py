"""The strategies: what they start from, what they ask, what they refuse."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ratchet import signatures
from ratchet.collect.claude.draft import Reading
from ratchet.collect.claude.mixing import ANY_MIX, Mix, Plan, plan_orders
from ratchet.collect.claude.order import Order
from ratchet.collect.claude.seeds import EVALUATION, TELEMETRY, Failure, Seeds
from ratchet.collect.claude.strategies import STRATEGIES, EditLimits
from ratchet.collect.orders import orders_for
from ratchet.errors import ConfigurationError, InputError
from ratchet.examples import Difficulty, Example
from tests.builders import completeness_example
from tests.cli_builders import good_examples

SPEC = signatures.get("validate_completeness")
ACCEPTED = tuple(good_examples(30))
SEALED = Failure(
    origin=EVALUATION,
    reference="e1",
    difficulty=Difficulty.HARD,
    category="search",
    group_id="",
    positive=False,
)
KNOWN = Failure(
    origin=TELEMETRY,
    reference="r1",
    difficulty=Difficulty.MEDIUM,
    category="billing",
    group_id="inputs-1",
    inputs={"implementation": "Added refunds.", "requirements": ["Refund in full"]},
    answered={"is_complete": True},
)
ALL = Seeds(accepted=ACCEPTED, failures=(KNOWN, SEALED))


def plan(count: int, seeds: Seeds = ALL, mix: Mix = ANY_MIX, signature: str = SPEC.name) -> Plan:
    """A plan for validate_completeness, by chance number 1."""
    spec = signatures.get(signature)
    shares = spec.policy.difficulty_shares
    return plan_orders(spec, count, mix=mix, seeds=seeds, shares=shares, rng=random.Random(1))


def only(name: str, count: int = 6, seeds: Seeds = ALL) -> tuple[Order, ...]:
    """The orders of one strategy."""
    return plan(count, seeds, Mix.parse([name])).orders


def read(order: Order, document: Any) -> Reading:
    """What the strategy of the order makes of an answer."""
    return STRATEGIES[order.strategy].read(SPEC, order, document, EditLimits())


def changed(parent: Example, *, old: str = "", new: str = "", **outputs: Any) -> dict[str, Any]:
    """The parent with a piece of its implementation replaced, and other outputs."""
    text = parent.inputs["implementation"]
    inputs = {**parent.inputs, "implementation": text.replace(old, new) if old else new or text}
    return {"inputs": inputs, "outputs": {**parent.outputs, **outputs}, "notes": "n"}


def test_by_default_all_strategies_with_seeds_have_a_part() -> None:
    """With accepted examples and failures, each of the six writes some of forty."""
    found = plan(40)

    assert len(found.orders) == 40
    assert {order.strategy for order in found.orders} == set(STRATEGIES)
    assert not found.obstacles


def test_without_seeds_those_that_need_none_write_everything() -> None:
    """The others are named, each with what it lacks."""
    found = plan(9, Seeds())

    assert {order.strategy for order in found.orders} == {"coverage_cell", "persona"}
    assert set(found.obstacles) == {
        "evolve",
        "counterfactual",
        "back_translation",
        "failure_driven",
    }
    assert "accepted examples" in found.obstacles["evolve"]
    assert "ratchet evaluate" in found.obstacles["failure_driven"]


@pytest.mark.parametrize("name", ["evolve", "counterfactual", "back_translation", "failure_driven"])
def test_a_strategy_that_was_asked_for_says_what_lacks(name: str) -> None:
    """An explicit wish that can not be met is an error and no silent replacement."""
    with pytest.raises(InputError, match=f"{name}: it starts from"):
        plan(4, Seeds(), Mix.parse([name]))


def test_a_signature_without_a_decision_has_no_counterfactuals() -> None:
    """There is nothing to turn round in extract_requirements."""
    with pytest.raises(InputError, match="no yes-or-no decision"):
        plan(4, ALL, Mix.parse(["counterfactual"]), "extract_requirements")


def test_shares_are_kept_to_the_order() -> None:
    """Three to one of eight is six and two."""
    found = plan(8, ALL, Mix.parse(["persona=3", "evolve"])).orders

    assert [order.strategy for order in found].count("persona") == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [("evolv", "did you mean evolve"), ("evolve=much", "no share"), ("evolve=0", "above 0")],
)
def test_a_mix_that_can_not_be_is_refused(text: str, said: str) -> None:
    """The message names the nearest strategy, or what a share is."""
    with pytest.raises(ConfigurationError, match=said):
        Mix.parse([text])


def test_what_the_coverage_lacks_is_written_first() -> None:
    """Every deficit that fits has an order by cell, however small that strategy's share."""
    lacking = orders_for(SPEC, ACCEPTED[:3], limit=10)
    seeds = Seeds(orders=lacking, accepted=ACCEPTED, failures=ALL.failures)

    found = plan(12, seeds).orders

    assert [o.strategy for o in found[:10]] == ["coverage_cell"] * 10
    assert [o.kinds for o in found[:10]] == [order.kinds for order in lacking]
    assert len(found) == 12


def test_every_order_survives_the_journal() -> None:
    """An order that was written down and read is the same, with its parent and its failure."""
    for order in plan(40).orders:
        assert Order.from_json(order.to_json()) == order


def test_no_two_orders_ask_the_same() -> None:
    """Orders that start from one parent are told apart by their take."""
    seeds = Seeds(accepted=ACCEPTED[:2], failures=(KNOWN,))
    prompts = {
        (order.strategy, STRATEGIES[order.strategy].prompt(SPEC, order))
        for name in ("evolve", "counterfactual", "back_translation", "failure_driven")
        for order in only(name, 6, seeds)
    }

    assert len(prompts) == 4 * 6


def test_evolve_asks_for_the_next_difficulty() -> None:
    """Easy becomes medium and medium hard, with the decision as it was."""
    for order in only("evolve", 12):
        assert order.parent is not None
        assert (order.parent.difficulty, order.cell.difficulty) in {
            (Difficulty.EASY, Difficulty.MEDIUM),
            (Difficulty.MEDIUM, Difficulty.HARD),
        }
        assert order.cell.positive is order.parent.outputs["is_complete"]


def test_a_harder_example_is_no_copy() -> None:
    """The parent with one word changed is refused."""
    (order,) = only("evolve", 1)
    assert order.parent is not None
    word = order.parent.inputs["implementation"].split()[0]

    assert read(order, changed(order.parent, old=word, new="Otherwise")).failure == (
        "too like its parent"
    )


def test_a_counterfactual_turns_the_decision_by_a_small_edit() -> None:
    """The draft is kept with the share of words that the edit touched."""
    parent = completeness_example(implementation="Added login and a lock after five failures. " * 5)
    (order,) = only("counterfactual", 1, Seeds(accepted=(parent,)))
    document = changed(
        parent,
        new=parent.inputs["implementation"].replace("a lock after five failures", "a log", 5),
        is_complete=False,
        missing_requirements=["Lock after five failures"],
    )
    small = changed(
        parent,
        new=parent.inputs["implementation"] + "The lock was left out.",
        is_complete=False,
        missing_requirements=["Lock after five failures"],
    )

    kept = read(order, small).draft

    assert order.cell.positive is False
    assert kept is not None
    assert 0 < kept.facts["edit_share"] <= 0.35
    assert read(order, document).failure == "edit too large"


@pytest.mark.parametrize(
    ("new", "is_complete", "failure"),
    [("", False, "nothing edited"), ("Added login.", True, "decision not turned round")],
)
def test_a_counterfactual_that_is_none_is_refused(
    new: str, is_complete: bool, failure: str
) -> None:
    """An unchanged text, or an unchanged decision, teaches nothing."""
    parent = completeness_example()
    (order,) = only("counterfactual", 1, Seeds(accepted=(parent,)))
    missing = [] if is_complete else ["Lock after five failures"]

    found = read(
        order, changed(parent, new=new, is_complete=is_complete, missing_requirements=missing)
    )

    assert found.failure == failure


def test_back_translation_shows_the_outputs_and_hides_the_inputs() -> None:
    """The label is given, so only inputs are asked for, and the old ones are not seen."""
    parent = completeness_example()
    (order,) = only("back_translation", 1, Seeds(accepted=(parent,)))
    strategy = STRATEGIES["back_translation"]
    prompt = strategy.prompt(SPEC, order)

    assert parent.outputs["explanation"] in prompt
    assert parent.inputs["implementation"] not in prompt
    assert set(strategy.schema(SPEC)["properties"]) == {"inputs", "notes"}


def test_back_translation_keeps_the_outputs_as_they_are() -> None:
    """Whatever else is in the answer, the outputs are those of the parent."""
    parent = completeness_example()
    (order,) = only("back_translation", 1, Seeds(accepted=(parent,)))
    document = changed(parent, new="A session opens with a secret; five wrong ones close it.")

    draft = read(order, {**document, "outputs": {"is_complete": False}}).draft

    assert draft is not None
    assert draft.outputs == parent.outputs


def test_failures_come_in_turn_and_sealed_text_stays_sealed() -> None:
    """A known failure is shown whole; of a sealed example only the kind."""
    known, sealed = only("failure_driven", 2)
    strategy = STRATEGIES["failure_driven"]

    assert "Added refunds." in strategy.prompt(SPEC, known)
    prompt = strategy.prompt(SPEC, sealed)
    assert "Category: search." in prompt
    assert "right is_complete is false" in prompt
    assert "<material>" not in prompt


def test_each_persona_speaks_before_one_speaks_again() -> None:
    """Sixteen orders have sixteen voices."""
    assert len({order.persona for order in only("persona", 16)}) == 16
