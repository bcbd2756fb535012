"""How hard a change is to judge, from its size and spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.collect.git_history.commits import FileChange
from ratchet.collect.git_history.paths import is_changelog
from ratchet.examples import Difficulty


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Below `easy_below` points a change is easy, from `hard_from` on it is hard."""

    easy_below: float
    hard_from: float


# Set on five open-source Python projects (three years of each), so that about 30 % of their
# usable commits are easy and 20 % hard.
WHOLE_CHANGE = Limits(easy_below=4.0, hard_from=10.0)
# Looser ones for the code files alone, of commits that change code: there about 38, 40 and 22 %.
CODE_ALONE = Limits(easy_below=5.0, hard_from=9.0)


def difficulty_of(
    files: Sequence[FileChange], *, areas: int, limits: Limits = WHOLE_CHANGE
) -> Difficulty:
    """Easy, medium or hard, by fixed limits; see `points_of`."""
    points = points_of(files, areas=areas)
    if points < limits.easy_below:
        return Difficulty.EASY
    return Difficulty.HARD if points >= limits.hard_from else Difficulty.MEDIUM


def points_of(files: Sequence[FileChange], *, areas: int) -> float:
    """The size and spread of a change as one number, 0 or more.

    One point for every doubling of its lines, one for every further file, two for every
    further area. A changelog does not count.
    """
    described = [file for file in files if not is_changelog(file.path)]
    lines = sum(file.added + file.deleted for file in described)
    return lines.bit_length() + max(0, len(described) - 1) + 2.0 * max(0, areas - 1)
