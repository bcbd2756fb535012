"""Orders: what collection should bring so that the coverage plan becomes full.

Each order is for one example and takes at most one lacking cell of each dimension, so that a
few examples fill many cells. Cells that need different decisions never meet in one order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ratchet.collect.apportion import apportion
from ratchet.examples import Difficulty, Example
from ratchet.quality.coverage import measure_coverage
from ratchet.signatures.coverage_plan import CoverageCell
from ratchet.signatures.spec import SignatureSpec


@dataclass(frozen=True, kw_only=True)
class CoverageOrder:
    """One example that is wanted: its difficulty, its decision if that matters, its kinds."""

    difficulty: Difficulty
    positive: bool | None
    cells: tuple[CoverageCell, ...]

    @property
    def kinds(self) -> str:
        """The kinds in words; the difficulty is told apart from them."""
        return ", ".join(cell.words for cell in self.cells if cell.difficulty is None)

    def filled_by(self, example: Example) -> int:
        """How many of the ordered cells `example` is in."""
        return sum(cell.rule.holds(example) for cell in self.cells)


def orders_for(
    spec: SignatureSpec, examples: Sequence[Example], *, limit: int | None = None
) -> tuple[CoverageOrder, ...]:
    """What is still to be collected beside `examples`, one order an example.

    Empty when the plan is full, or when the signature has none. The scarcest kinds come
    first, so that a `limit` cuts off what matters least.
    """
    report = measure_coverage(spec, examples)
    lacking = {found.cell.key: found.missing for found in report.missing}
    cells = [found.cell for found in report.missing]
    shares = spec.policy.difficulty_shares
    given: Counter[Difficulty] = Counter(example.difficulty for example in examples)
    orders: list[CoverageOrder] = []
    while any(lacking.values()) and (limit is None or len(orders) < limit):
        taken = tuple(_next_cells(cells, lacking))
        for cell in taken:
            lacking[cell.key] -= 1
        asked = next((cell.difficulty for cell in taken if cell.difficulty), None)
        total = len(examples) + len(orders) + 1
        difficulty = asked or _scarcest(given, dict(shares), total=total)
        given[difficulty] += 1
        orders.append(CoverageOrder(difficulty=difficulty, positive=_decision(taken), cells=taken))
    return tuple(orders)


def in_words(spec: SignatureSpec, examples: Sequence[Example]) -> tuple[str, ...]:
    """The deficit cell by cell, as somebody would order it: "3 concurrency examples, hard".

    The difficulties are those of the orders that ask for the cell.
    """
    wanted: dict[str, Counter[Difficulty]] = {}
    named: dict[str, CoverageCell] = {}
    for order in orders_for(spec, examples):
        for cell in order.cells:
            named[cell.key] = cell
            wanted.setdefault(cell.key, Counter())[order.difficulty] += 1
    return tuple(
        _sentence(cell, count, difficulty)
        for key, cell in named.items()
        for difficulty, count in sorted(wanted[key].items(), key=lambda pair: -pair[1])
    )


def _next_cells(cells: Sequence[CoverageCell], lacking: dict[str, int]) -> Iterator[CoverageCell]:
    """One lacking cell of each dimension, the scarcest first, all for one decision."""
    dimensions: set[str] = set()
    decision: bool | None = None
    for cell in sorted(cells, key=lambda c: -lacking[c.key] / c.want):  # stable: ties in order
        is_free = cell.dimension not in dimensions and lacking[cell.key]
        if is_free and (decision is None or cell.positive in {None, decision}):
            dimensions.add(cell.dimension)
            decision = cell.positive if decision is None else decision
            yield cell


def _decision(cells: Sequence[CoverageCell]) -> bool | None:
    return next((cell.positive for cell in cells if cell.positive is not None), None)


def _scarcest(
    given: Counter[Difficulty], shares: dict[Difficulty, float], *, total: int
) -> Difficulty:
    """The difficulty that is furthest below its share."""
    wanted = dict(zip(shares, apportion(total, list(shares.values())), strict=True))
    return max(shares, key=lambda difficulty: wanted[difficulty] - given[difficulty])


def _sentence(cell: CoverageCell, count: int, difficulty: Difficulty) -> str:
    noun = "example" if count == 1 else "examples"
    if cell.difficulty is not None:
        return f"{count} {cell.words} {noun}"
    if cell.words.startswith(("with ", "in ", "at ", "that ", "where ", "satisfied in ")):
        return f"{count} {noun} {cell.words}, {difficulty.value}"
    return f"{count} {cell.words} {noun}, {difficulty.value}"
