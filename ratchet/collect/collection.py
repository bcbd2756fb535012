"""What a source brings home: examples, and a count for everything it left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ratchet.examples import Example


@dataclass(frozen=True, kw_only=True)
class Collection:
    """The result of one source.

    `skipped` counts what was looked at and not taken, by reason. `notes` are sentences that
    an operator should read ("history is cut at 2024-01-01: the clone is shallow").
    """

    examples: tuple[Example, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __add__(self, other: Collection) -> Collection:
        """Join two collections; the same example found twice is kept once."""
        merged = {e.example_id: e for e in (*self.examples, *other.examples)}
        return Collection(
            examples=tuple(merged.values()),
            skipped=dict(Counter(self.skipped) + Counter(other.skipped)),
            notes=tuple(dict.fromkeys((*self.notes, *other.notes))),
        )
