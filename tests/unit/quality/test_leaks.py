"""A label that difficulty or length gives away is found; chance is not."""

from __future__ import annotations

import random

from ratchet import signatures
from ratchet.examples import Difficulty, Example
from ratchet.quality.leaks import find_label_leaks
from tests.quality_builders import balanced_set, scored_example

SPEC = signatures.get("validate_completeness")


def with_implementation(number: int, *, complete: bool, words: int) -> Example:
    """An example whose implementation has so many words."""
    example = scored_example(number, complete=complete)
    return example.evolve(inputs={**example.inputs, "implementation": "word " * words})


def test_a_length_that_gives_the_label_away_is_found() -> None:
    """Long implementations are complete: the field, the rule and the accuracy are named."""
    examples = [
        with_implementation(n, complete=bool(n % 2), words=50 + n if n % 2 else n)
        for n in range(40)
    ]
    (leak,) = find_label_leaks(SPEC, examples)
    assert leak.feature == "the length of implementation"
    assert leak.accuracy == 1.0
    assert leak.rule == "is_complete is False at 190 or less"


def test_chance_is_no_leak() -> None:
    """Of 40 sets with random labels and lengths hardly any is said to leak."""
    found = 0
    for seed in range(40):
        chance = random.Random(seed)
        examples = [
            with_implementation(n, complete=chance.random() < 0.5, words=chance.randint(5, 90))
            for n in range(30)
        ]
        found += bool(find_label_leaks(SPEC, examples))
    assert found <= 3


def test_a_rare_label_does_not_flatter_a_rule() -> None:
    """Nine in ten complete: saying so always is accurate and no leak."""
    chance = random.Random(5)
    examples = [
        with_implementation(n, complete=n % 10 > 0, words=chance.randint(5, 90)) for n in range(80)
    ]
    assert find_label_leaks(SPEC, examples) == ()


def test_small_sets_claim_nothing() -> None:
    """Under 20 examples, or under 5 of a label, a perfect rule is not reported."""
    perfect = [
        with_implementation(n, complete=n % 2 > 0, words=1 + 50 * (n % 2)) for n in range(19)
    ]
    lopsided = [with_implementation(n, complete=n < 4, words=1 if n < 4 else 50) for n in range(40)]
    assert find_label_leaks(SPEC, perfect) == find_label_leaks(SPEC, lopsided) == ()


def test_difficulty_that_gives_the_label_away_is_found() -> None:
    """All easy ones complete, all others not."""
    examples = [
        e.evolve(difficulty=Difficulty.EASY if e.outputs["is_complete"] else Difficulty.HARD)
        for e in balanced_set()
    ]
    (leak,) = find_label_leaks(SPEC, examples)
    assert (leak.feature, leak.rule) == ("difficulty", "is_complete is True up to easy")


def test_a_report_is_the_same_each_time() -> None:
    """The shuffles are seeded: the p-value does not flap."""
    examples = [
        with_implementation(n, complete=n % 3 > 0, words=n % 3 * 9 + n % 7) for n in range(60)
    ]
    assert find_label_leaks(SPEC, examples) == find_label_leaks(SPEC, examples)


def test_signatures_without_a_decision_leak_nothing() -> None:
    """More requirements rightly take a longer text."""
    assert find_label_leaks(signatures.get("generate_guidance"), []) == ()
