"""The wanted number comes with the wanted shares, as far as the pool goes."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ratchet import signatures
from ratchet.collect.selection import select
from ratchet.examples import Difficulty, Example
from tests.builders import NOON, completeness_example

SPEC = signatures.get("validate_completeness")


def pool(easy: int, medium: int, hard: int, *, complete_share: float = 0.5) -> list[Example]:
    """So many examples of each difficulty, in groups of two."""
    levels = [Difficulty.EASY] * easy + [Difficulty.MEDIUM] * medium + [Difficulty.HARD] * hard
    return [
        completeness_example(
            implementation=f"Change number {n}",
            missing=() if (n * 7) % 100 < complete_share * 100 else ("Log in with a password",),
            difficulty=level,
            category=("api", "cli", "files")[n % 3],
            group_id=f"g{n // 2}",
            provenance={"committed_at": (NOON - timedelta(days=n)).isoformat()},
        )
        for n, level in enumerate(levels)
    ]


def test_a_large_pool_gives_the_shares_exactly() -> None:
    """30/50/20 by difficulty and 40/60 by label."""
    chosen = select(SPEC, pool(100, 100, 100), 50)

    assert Counter(e.difficulty.value for e in chosen.examples) == {
        "easy": 15,
        "medium": 25,
        "hard": 10,
    }
    assert Counter(SPEC.label(e.outputs) for e in chosen.examples) == {
        "complete": 20,
        "incomplete": 30,
    }
    assert chosen.shortfalls == ()


def test_a_small_pool_is_taken_whole_and_the_shortfall_said() -> None:
    """The message has the shape that operators know."""
    chosen = select(SPEC, pool(4, 4, 2), 30)

    assert len(chosen.examples) == 10
    assert "collected: 10 examples, target: 30" in chosen.shortfalls[0]
    assert "--since-days" in chosen.shortfalls[0]


def test_a_lacking_difficulty_is_filled_and_said() -> None:
    """The number is reached with what there is; the note names what is short."""
    chosen = select(SPEC, pool(60, 60, 0), 30)

    assert len(chosen.examples) == 30
    assert any("0 hard examples, target: 6" in text for text in chosen.shortfalls)


def test_groups_and_categories_take_turns() -> None:
    """No group gives a second example before another gave its first."""
    chosen = select(SPEC, pool(40, 40, 40), 12)

    assert len({example.group_id for example in chosen.examples}) >= 10
    assert len({example.category for example in chosen.examples}) == 3


def test_the_same_pool_in_another_order_gives_the_same_selection() -> None:
    """What is chosen depends on the examples, not on how they were found."""
    examples = pool(30, 30, 30)

    assert select(SPEC, examples, 20) == select(SPEC, examples[::-1], 20)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.integers(1, 30))
def test_a_selection_is_never_larger_than_wanted_nor_smaller_than_it_could_be(
    easy: int, medium: int, hard: int, target: int
) -> None:
    """Any pool gives min(pool, target) distinct examples."""
    examples = pool(easy, medium, hard)

    chosen = select(SPEC, examples, target).examples

    assert len({example.example_id for example in chosen}) == min(len(examples), target)
