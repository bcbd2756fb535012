"""The record of a small program with places where a known defect can be planted."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Spot:
    """One place in a program: the `right` code, and the `wrong` one that is a known defect.

    `issue` says what is wrong and what follows; `praise` why the right code is right.
    `severity` is major or minor; `family` is logic, security, performance, edge case or
    concurrency.
    """

    severity: str
    family: str
    right: str
    wrong: str
    issue: str
    praise: str


@dataclass(frozen=True, kw_only=True)
class Program:
    """A few lines of code around its spots, which the code marks as @1@ and @2@.

    `names` holds, for each placeholder such as `$f`, the identifiers that may stand for it.
    """

    category: str
    pattern: str
    language: str
    title: str
    names: Mapping[str, tuple[str, ...]]
    code: str
    spots: tuple[Spot, ...]

    def draw_names(self, rng: random.Random) -> dict[str, str]:
        """Choose an identifier for every placeholder."""
        return {placeholder: rng.choice(choices) for placeholder, choices in self.names.items()}

    def written(self, defects: Collection[Spot], names: Mapping[str, str]) -> str:
        """The code with the `defects` planted and every other spot as it should be."""
        code = self.code
        for number, spot in enumerate(self.spots, start=1):
            code = code.replace(f"@{number}@", spot.wrong if spot in defects else spot.right)
        for placeholder, identifier in names.items():
            code = code.replace(f"${placeholder}", identifier)
        return code.strip("\n")
