"""Which examples may go into a dataset: with manual curation on, those that a person approved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ratchet.examples import Example, Status

if TYPE_CHECKING:
    from ratchet.settings import Settings

UNAPPROVED = "not approved by a curator"


@dataclass(frozen=True, kw_only=True)
class Admission:
    """The rule. `trusted_from` is the quality, 0..100, that needs no person, or None."""

    require_approval: bool = False
    trusted_from: float | None = None

    @classmethod
    def of(cls, settings: Settings) -> Admission:
        """The rule that a team has set."""
        curation = settings.curation
        trusted = settings.quality.manual_review_threshold
        return cls(
            require_approval=curation.require_approval,
            trusted_from=trusted if curation.trust_above_threshold else None,
        )

    def admits(self, example: Example) -> bool:
        """Whether an example may go into a dataset."""
        if example.status is Status.APPROVED:
            return True
        if example.status is not Status.ACCEPTED:
            return False
        return not self.require_approval or self._trusts(example.quality_score)

    def sort(self, examples: Iterable[Example]) -> Admitted:
        """The examples that may, and how many may not."""
        admitted, waiting = [], 0
        for example in examples:
            if self.admits(example):
                admitted.append(example)
            else:
                waiting += 1
        return Admitted(examples=tuple(admitted), waiting=waiting)

    def _trusts(self, quality: float | None) -> bool:
        return (
            self.trusted_from is not None and quality is not None and quality >= self.trusted_from
        )


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """The examples that may go into a dataset, and how many wait for a curator."""

    examples: tuple[Example, ...]
    waiting: int

    @property
    def left_out(self) -> dict[str, int]:
        """The waiting ones, as reports count what was left out."""
        return {UNAPPROVED: self.waiting} if self.waiting else {}
