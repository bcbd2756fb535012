"""An order: one example that Claude is to write, by which strategy, and what it starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ratchet.collect.claude.seeds import Failure
from ratchet.collect.templates.plan import Cell
from ratchet.examples import Difficulty, Example


@dataclass(frozen=True, kw_only=True)
class Order:
    """One example to be written.

    `kinds` are those that the coverage plan lacks, in words, with their `tags`. `parent` is
    the example that a strategy starts from, `failure` the wrong answer. `variant` counts
    from 1 the orders that would else be the same.
    """

    strategy: str
    cell: Cell
    category: str
    scenario: str = ""
    kinds: str = ""
    tags: tuple[str, ...] = ()
    persona: str = ""
    parent: Example | None = None
    failure: Failure | None = None
    variant: int = 1

    @property
    def parent_id(self) -> str:
        """What it starts from: an example id, a request id, or nothing."""
        if self.parent is not None:
            return self.parent.example_id
        return self.failure.reference if self.failure else ""

    def to_json(self) -> dict[str, Any]:
        """The whole order, so that an interrupted command knows what it had asked for."""
        return {
            "strategy": self.strategy,
            "difficulty": self.cell.difficulty.value,
            "positive": self.cell.positive,
            "category": self.category,
            "scenario": self.scenario,
            "kinds": self.kinds,
            "tags": list(self.tags),
            "persona": self.persona,
            "parent": self.parent.to_json() if self.parent else None,
            "failure": self.failure.to_json() if self.failure else None,
            "variant": self.variant,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        fields = dict(document)
        cell = Cell(
            difficulty=Difficulty(fields.pop("difficulty")), positive=fields.pop("positive")
        )
        parent, failure = fields.pop("parent"), fields.pop("failure")
        return cls(
            **{**fields, "tags": tuple(fields["tags"])},
            cell=cell,
            parent=Example.from_json(parent) if parent else None,
            failure=Failure.from_json(failure) if failure else None,
        )
