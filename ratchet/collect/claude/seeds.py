"""What strategies may start from: examples that were accepted, and answers that went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ratchet.collect.orders import CoverageOrder
from ratchet.examples import Difficulty, Example

TELEMETRY, EVALUATION = "telemetry", "evaluation"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Something that the current program got wrong.

    `origin` is "telemetry" or "evaluation", `reference` the request or example id. `inputs`
    and `outputs` (the right answer) are None where the example is sealed, as its text must
    not lead to training data; then only its kind is known. `outputs` is None too where
    nobody knows the right answer. `positive` is the right decision, if known. `group_id` is
    empty where what is written from it is of no group.
    """

    origin: str
    reference: str
    difficulty: Difficulty
    category: str
    group_id: str
    positive: bool | None = None
    inputs: Mapping[str, Any] | None = None
    outputs: Mapping[str, Any] | None = None
    answered: Any = None
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """All fields, as JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(**{**document, "difficulty": Difficulty(document["difficulty"])})


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """Everything there is to start from, for one signature.

    `orders` is what the coverage plan lacks. `accepted` are stored examples that are not
    sealed for tests.
    """

    orders: tuple[CoverageOrder, ...] = ()
    accepted: tuple[Example, ...] = ()
    failures: tuple[Failure, ...] = ()


NO_SEEDS = Seeds()
