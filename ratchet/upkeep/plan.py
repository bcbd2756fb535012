"""The plan of a clean-up, item by item, and the report of what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Kind(StrEnum):
    """What a clean-up takes care of, in the order in which it does."""

    TEMPORARY = "temporary"
    RUNS = "runs"
    LOGS = "logs"
    ROLLOUTS = "rollouts"
    TELEMETRY = "telemetry"
    ARCHIVES = "archives"
    BACKUPS = "backups"
    ALERTS = "alerts"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that is to go, or to be made smaller: `name` finds it again.

    `size_bytes` is what it takes on disk; of rows in the database it is None where nobody
    can tell without reading them all, and `rows` says how many there are.
    """

    kind: Kind
    name: str
    reason: str
    size_bytes: int | None = None
    rows: int | None = None


@dataclass(frozen=True, kw_only=True)
class Part:
    """The plan of one kind; `held` counts, by reason, what is old enough and stays all the same.

    `problem` says why nothing could be planned.
    """

    kind: Kind
    items: tuple[Item, ...] = ()
    held: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a clean-up would do at `made_at`."""

    made_at: datetime
    parts: tuple[Part, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything that would go."""
        return tuple(item for part in self.parts for item in part.items)

    @property
    def size_bytes(self) -> int:
        """What the items take on disk, as far as it is known."""
        return sum(item.size_bytes or 0 for item in self.items)

    @property
    def headline(self) -> str:
        """The plan in a line."""
        said = f"{len(self.items):,} to clean up, {megabytes(self.size_bytes)}"
        return f"{said}; {_unplanned(self.parts)}" if _problems(self.parts) else said


@dataclass(frozen=True, kw_only=True)
class Freed:
    """What was gained by an item: bytes on disk, and rows."""

    size_bytes: int = 0
    rows: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of an item; `error` is empty when it is gone."""

    item: Item
    freed: Freed = Freed()
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a clean-up planned and did; an error on one item did not stop the others."""

    plan: Plan
    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The items that are still there."""
        return tuple(outcome for outcome in self.outcomes if outcome.error)

    @property
    def freed_bytes(self) -> int:
        """Bytes on disk."""
        return sum(outcome.freed.size_bytes for outcome in self.outcomes)

    @property
    def freed_rows(self) -> int:
        """Rows in the database."""
        return sum(outcome.freed.rows for outcome in self.outcomes)

    @property
    def is_whole(self) -> bool:
        """Whether everything was planned, and all that was planned was done."""
        return not self.failed and not _problems(self.plan.parts)

    @property
    def headline(self) -> str:
        """The report in a line."""
        done = len(self.outcomes) - len(self.failed)
        said = f"{done:,} cleaned up, {megabytes(self.freed_bytes)} and {self.freed_rows:,} rows"
        if self.failed:
            said += f"; {len(self.failed):,} failed: {self.failed[0].error}"
        return f"{said}; {_unplanned(self.plan.parts)}" if _problems(self.plan.parts) else said


class Keeper(Protocol):
    """Knows one kind of thing: says what is to go, and takes it away."""

    @property
    def kind(self) -> Kind: ...

    def plan(self, now: datetime) -> Part:
        """What is old enough at `now`, and what of it stays."""

    def remove(self, item: Item, now: datetime) -> Freed:
        """Take one item of the plan away; one that is gone already is no error."""


def rows_of(plan: Plan) -> list[dict[str, Any]]:
    """A row a kind, for a table."""
    return [
        {
            "kind": part.kind.value,
            "items": len(part.items),
            "rows": sum(item.rows or 0 for item in part.items),
            "size": megabytes(sum(item.size_bytes or 0 for item in part.items)),
            "stays": "; ".join(f"{count:,} {why}" for why, count in sorted(part.held.items())),
            "problem": part.problem,
        }
        for part in plan.parts
    ]


def megabytes(size_bytes: int) -> str:
    """A size for people.

    >>> megabytes(1_234_567)
    '1.2 MB'
    """
    return f"{size_bytes / 1e6:,.1f} MB"


class Held(Counter[str]):
    """Counts what stays, by the reason why."""


def _problems(parts: tuple[Part, ...]) -> list[Part]:
    return [part for part in parts if part.problem]


def _unplanned(parts: tuple[Part, ...]) -> str:
    return "; ".join(
        f"{part.kind} could not be looked at: {part.problem}" for part in parts if part.problem
    )
