"""How many to take from each cell of a pool so that rows, columns and sources hold their bands.

A cell is a pair (row, column), here (difficulty, label). Taking `total` examples is a flow
from a start over the rows and the columns to an end. What a band demands at least is carried
by arcs that pay a reward, and what one dominant source must fill by arcs that cost one; the
cheapest flow (successive shortest paths) shows whether all demands can be met, and it is
integral because the capacities are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ratchet.quality.shares import Band

REWARD = 1e6  # for a unit that a band demands; far above any sum of dominance costs per path
EPSILON = 1e-7
HALVINGS = 40  # of the search for the largest total: ends below one example in 10^10


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What a pool has of one row and column: in all, and from others than the dominant source."""

    row: str
    column: str
    size: int
    others: int


@dataclass(frozen=True, kw_only=True)
class Demands:
    """The bands of rows and columns, and the highest share of the dominant source."""

    rows: Mapping[str, Band]
    columns: Mapping[str, Band]
    dominant_share: float


@dataclass
class _Arc:
    target: int
    capacity: float
    cost: float
    twin: int


def allocate(
    cells: tuple[Cell, ...], demands: Demands, *, at_most: int, at_least: int = 1
) -> dict[tuple[str, str], int] | None:
    """Find the numbers to take of each (row, column) for the largest feasible total.

    Returns:
        The numbers, or None when no total in `at_least..at_most` is feasible.
    """
    ceiling = _relaxed_ceiling(cells, demands, at_most)
    for total in range(ceiling, at_least - 1, -1):
        if (taken := _solve(cells, demands, total, whole=True)) is not None:
            return {pair: round(count) for pair, count in taken.items()}
    return None


def _relaxed_ceiling(cells: tuple[Cell, ...], demands: Demands, at_most: int) -> int:
    """The largest total feasible in fractions; any smaller one then is too, by scaling."""
    low, high = 0.0, float(at_most)
    if _solve(cells, demands, high, whole=False) is not None:
        return at_most
    for _ in range(HALVINGS):
        if high - low < 0.5:
            break
        middle = (low + high) / 2
        if _solve(cells, demands, middle, whole=False) is None:
            high = middle
        else:
            low = middle
    return min(at_most, math.floor(high))


def _solve(
    cells: tuple[Cell, ...], demands: Demands, total: float, *, whole: bool
) -> dict[tuple[str, str], float] | None:
    """The cheapest way to take `total`, or None when a demand can not be met."""
    network = _Network(nodes=2 + len(demands.rows) + len(demands.columns))
    rows = {row: 2 + index for index, row in enumerate(demands.rows)}
    columns = {name: 2 + len(rows) + index for index, name in enumerate(demands.columns)}
    demanded = 0.0
    for bands, nodes in ((demands.rows, rows), (demands.columns, columns)):
        for key, band in bands.items():
            least, most = _bounds(band, total, whole=whole)
            ends = (0, nodes[key]) if bands is demands.rows else (nodes[key], 1)
            network.add(*ends, capacity=least, cost=-REWARD)
            network.add(*ends, capacity=max(0.0, most - least), cost=0.0)
            demanded += least
    arcs = {}
    for cell in cells:
        ends = rows[cell.row], columns[cell.column]
        free = network.add(*ends, capacity=cell.others, cost=0.0)
        costly = network.add(*ends, capacity=cell.size - cell.others, cost=1.0)
        arcs[cell.row, cell.column] = (free, costly)
    sent, cost = network.send(total)
    dominated = sum(network.flow(costly) for _, costly in arcs.values())
    met = round((dominated - cost) / REWARD, 3)
    _, dominated_most = _bounds(Band(low=0.0, high=demands.dominant_share), total, whole=whole)
    if sent < total - EPSILON or met < demanded - 1e-2 or dominated > dominated_most + EPSILON:
        return None
    return {pair: sum(map(network.flow, pair_arcs)) for pair, pair_arcs in arcs.items()}


def _bounds(band: Band, total: float, *, whole: bool) -> tuple[float, float]:
    if whole:
        return band.least(total), band.most(total)
    return band.low * total, band.high * total


class _Network:
    """A small flow network; node 0 is the start, node 1 the end."""

    def __init__(self, *, nodes: int) -> None:
        self._arcs: list[_Arc] = []
        self._out: list[list[int]] = [[] for _ in range(nodes)]

    def add(self, source: int, target: int, *, capacity: float, cost: float) -> int:
        index = len(self._arcs)
        self._arcs.append(_Arc(target=target, capacity=capacity, cost=cost, twin=index + 1))
        self._arcs.append(_Arc(target=source, capacity=0.0, cost=-cost, twin=index))
        self._out[source].append(index)
        self._out[target].append(index + 1)
        return index

    def flow(self, arc: int) -> float:
        return self._arcs[self._arcs[arc].twin].capacity

    def send(self, amount: float) -> tuple[float, float]:
        """Send up to `amount` along ever dearer paths; return what was sent and its cost."""
        sent = cost = 0.0
        while sent < amount - EPSILON and (path := self._cheapest_path()):
            width = min(amount - sent, *(self._arcs[arc].capacity for arc in path))
            for arc in path:
                self._arcs[arc].capacity -= width
                self._arcs[self._arcs[arc].twin].capacity += width
                cost += width * self._arcs[arc].cost
            sent += width
        return sent, cost

    def _cheapest_path(self) -> list[int]:
        """Bellman-Ford from start to end over arcs with room left; empty when there is none."""
        costs = [math.inf] * len(self._out)
        costs[0] = 0.0
        into: list[int] = [-1] * len(self._out)
        for _ in range(len(self._out)):
            if not self._relax(costs, into):
                break
        return list(self._walk_back(into)) if math.isfinite(costs[1]) else []

    def _relax(self, costs: list[float], into: list[int]) -> bool:
        changed = False
        for node, arcs in enumerate(self._out):
            if not math.isfinite(costs[node]):
                continue
            for index in arcs:
                arc = self._arcs[index]
                if arc.capacity > EPSILON and costs[node] + arc.cost < costs[arc.target] - EPSILON:
                    costs[arc.target] = costs[node] + arc.cost
                    into[arc.target] = index
                    changed = True
        return changed

    def _walk_back(self, into: list[int]) -> Iterator[int]:
        node = 1
        while node != 0:
            yield into[node]
            node = self._arcs[self._arcs[into[node]].twin].target
