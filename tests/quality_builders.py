"""Builders of sets of examples for the gates: every example valid, scored and distinct."""

from __future__ import annotations

from collections.abc import Iterable

from ratchet.examples import Difficulty, Example, Source
from tests.builders import completeness_example

CATEGORIES = ("authentication", "database", "api", "cli")


def scored_example(
    number: int,
    *,
    difficulty: Difficulty = Difficulty.MEDIUM,
    complete: bool = True,
    source: Source = Source.GIT,
    quality: float | None = 90.0,
    category: str = "",
    group: str = "",
) -> Example:
    """A validate_completeness example, distinct by its number."""
    requirements = (f"Requirement {number}", "Lock after five failures")
    return completeness_example(
        requirements=requirements,
        missing=() if complete else requirements[:1],
        difficulty=difficulty,
        source=source,
        quality_score=quality,
        category=category or CATEGORIES[number % len(CATEGORIES)],
        group_id=group or f"group {number}",
    )


def balanced_set(count: int = 40) -> list[Example]:
    """A set that passes every gate of validate_completeness: 30/50/20 and 40/60."""
    return [
        scored_example(
            number,
            difficulty=_difficulty(number),
            complete=number // 10 % 5 < 2 if count >= 50 else number % 5 < 2,
            source=Source.GIT if number % 2 else Source.SYNTHETIC,
        )
        for number in range(count)
    ]


def pool(*cells: tuple[int, Difficulty, bool, Source]) -> list[Example]:
    """So many examples of each (count, difficulty, complete, source)."""
    flat: Iterable[tuple[Difficulty, bool, Source]] = (
        (difficulty, complete, source)
        for count, difficulty, complete, source in cells
        for _ in range(count)
    )
    return [
        scored_example(
            number,
            difficulty=difficulty,
            complete=complete,
            source=source,
            quality=80.0 + number % 19,
        )
        for number, (difficulty, complete, source) in enumerate(flat)
    ]


def _difficulty(number: int) -> Difficulty:
    place = number % 10
    if place < 3:
        return Difficulty.EASY
    return Difficulty.MEDIUM if place < 8 else Difficulty.HARD
