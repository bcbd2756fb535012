"""Difficulty grows with what there is to read, to check and to look at."""

from __future__ import annotations

import pytest

from ratchet.examples import Difficulty
from ratchet.quality.difficulty import assess_difficulty


@pytest.mark.parametrize(
    ("items", "places", "words", "expected"),
    [
        (2, 1, 10, Difficulty.EASY),
        (6, 4, 60, Difficulty.MEDIUM),
        (12, 9, 200, Difficulty.HARD),
        (12, 0, 10, Difficulty.MEDIUM),
        (3, 9, 200, Difficulty.HARD),
    ],
)
def test_difficulty_follows_the_documented_thresholds(
    items: int, places: int, words: int, expected: Difficulty
) -> None:
    """Three requirements in one file are easy, a dozen over a package are hard."""
    inputs = {
        "implementation": " ".join([f"src/file{n}.py" for n in range(places)] + ["word"] * words),
        "requirements": ["lock"] * items,
    }
    assessment = assess_difficulty(inputs)
    assert assessment.difficulty is expected
    assert (assessment.items, assessment.places) == (items, places)


def test_inputs_without_lists_are_judged_by_the_rest() -> None:
    """No list to count does not make an example easy."""
    text = " ".join(f"call_{letter}()" for letter in "abcdefgh") + " word" * 150
    assert assess_difficulty({"implementation": text}).difficulty is Difficulty.HARD
    assert assess_difficulty({"implementation": text}).items is None
