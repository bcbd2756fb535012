"""Which examples may go into a dataset: with manual curation on, those that a person approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ratchet.examples import Example, ExampleId, Status

if TYPE_CHECKING:
    from ratchet.settings import Settings
    from ratchet.store import Store

UNAPPROVED = "not approved by a curator"


@dataclass(frozen=True, kw_only=True)
class Admission:
    """The rule. `trusted_from` is the quality, 0..100, that needs no person, or None.

    `calibrated` are the qualities 0..100 that a calibrated judge stands for; for what it has
    not scored, an example's own quality decides.
    """

    require_approval: bool = False
    trusted_from: float | None = None
    calibrated: Mapping[ExampleId, float] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> Admission:
        """The rule that a team has set."""
        curation = settings.curation
        trusted = settings.quality.manual_review_threshold
        return cls(
            require_approval=curation.require_approval,
            trusted_from=trusted if curation.trust_above_threshold else None,
        )

    def read(self, store: Store, signature: str) -> Admission:
        """The same with what the calibrated judge of a signature says, if the rule asks.

        Raises:
            StoreError: the store can not be read.
        """
        if not self.require_approval or self.trusted_from is None:
            return self
        from ratchet.quality.judges.banding import calibrated_scores, read_banding

        banding = read_banding(store.dimension_scores, signature)
        return replace(self, calibrated=calibrated_scores(store.dimension_scores, banding))

    def admits(self, example: Example) -> bool:
        """Whether an example may go into a dataset."""
        if example.status is Status.APPROVED:
            return True
        if example.status is not Status.ACCEPTED:
            return False
        return not self.require_approval or self._trusts(example)

    def sort(self, examples: Iterable[Example]) -> Admitted:
        """The examples that may, and how many may not."""
        admitted, waiting = [], 0
        for example in examples:
            if self.admits(example):
                admitted.append(example)
            else:
                waiting += 1
        return Admitted(examples=tuple(admitted), waiting=waiting)

    def _trusts(self, example: Example) -> bool:
        quality = self.calibrated.get(example.example_id, example.quality_score)
        return (
            self.trusted_from is not None and quality is not None and quality >= self.trusted_from
        )


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """The examples that may go into a dataset, and how many wait for a curator."""

    examples: tuple[Example, ...] = ()
    waiting: int = 0

    @property
    def left_out(self) -> dict[str, int]:
        """The waiting ones, as reports count what was left out."""
        return {UNAPPROVED: self.waiting} if self.waiting else {}
