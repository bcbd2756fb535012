"""What came into a rollout and what became of it: counted, and no part of the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(slots=True)
class IntakeCounts:
    """Records by what `observe` did with them.

    `refused` counts by reason outcomes and labels of which nothing can be used. An outcome
    whose latency alone can not be (NaN, infinite, negative, not measured) still counts as a
    request, so that a failing candidate can not hide behind bad timings. `outside` are
    baseline requests of a pause or under a share of 0: nothing ran beside them.
    `after_end` arrived after the rollout was over. `labels_corrected` replaced an earlier
    label of the request; `labels_repeated` said nothing new.
    """

    outcomes: int = 0
    duplicates: int = 0
    latencies_refused: int = 0
    latencies_clipped: int = 0
    outside: int = 0
    after_end: int = 0
    labels: int = 0
    labels_repeated: int = 0
    labels_corrected: int = 0
    refused: dict[str, int] = field(default_factory=dict)

    def refuse(self, reason: str) -> None:
        self.refused[reason] = self.refused.get(reason, 0) + 1

    def copy(self) -> IntakeCounts:
        return IntakeCounts(**{**asdict(self), "refused": dict(self.refused)})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(**{**document, "refused": dict(document["refused"])})
