"""How hard a change is to judge, from its size and spread."""

from __future__ import annotations

from collections.abc import Sequence

from ratchet.collect.git_history.commits import FileChange
from ratchet.collect.git_history.paths import is_changelog
from ratchet.examples import Difficulty

# Points of a change: one for every doubling of its lines, one for every further file and two
# for every further area. The limits were set on five open-source Python projects so that about
# 30 % of their usable commits are easy and 20 % hard.
EASY_BELOW = 4.0
HARD_FROM = 10.0


def difficulty_of(files: Sequence[FileChange], *, areas: int) -> Difficulty:
    """Easy, medium or hard, by fixed limits; see `points_of`."""
    points = points_of(files, areas=areas)
    if points < EASY_BELOW:
        return Difficulty.EASY
    return Difficulty.HARD if points >= HARD_FROM else Difficulty.MEDIUM


def points_of(files: Sequence[FileChange], *, areas: int) -> float:
    """The size and spread of a change as one number, 0 or more."""
    described = [file for file in files if not is_changelog(file.path)]
    lines = sum(file.added + file.deleted for file in described)
    return lines.bit_length() + max(0, len(described) - 1) + 2.0 * max(0, areas - 1)
