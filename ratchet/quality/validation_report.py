"""What validation says of a batch: who is accepted, who is not and why, and what is alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ratchet.examples import Example, ExampleId
from ratchet.quality.deduplication import Link

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """An example that was not accepted.

    `example` carries its score, if it came so far, and the status rejected or quarantined.
    `duplicate_of` is the better or stored example it repeats; `contradicts` the one that
    says the opposite of the same inputs.
    """

    example_id: ExampleId
    example: Example
    reasons: tuple[str, ...]
    duplicate_of: ExampleId | None = None
    contradicts: ExampleId | None = None


@dataclass(frozen=True, kw_only=True)
class DuplicateGroup:
    """The example that stays, of the batch or the store, and those that repeat it."""

    kept_id: ExampleId
    duplicate_ids: tuple[ExampleId, ...]


@dataclass(frozen=True, kw_only=True)
class ExampleWarning:
    """Something odd about an accepted example."""

    example_id: ExampleId
    message: str


@dataclass(frozen=True, kw_only=True)
class ValidationReport:
    """The outcome of one batch of one signature.

    `accepted` is in the order of the batch, `rejected` too. `linked` are kept examples that
    are alike: one group for a split. `threshold` is the ratio of a duplicate, 0..1.
    """

    signature: str
    created_at: datetime
    threshold: float
    accepted: tuple[Example, ...]
    rejected: tuple[Rejection, ...]
    duplicate_groups: tuple[DuplicateGroup, ...]
    linked: tuple[Link, ...]
    warnings: tuple[ExampleWarning, ...]

    @property
    def example_count(self) -> int:
        """How many examples the batch had."""
        return len(self.accepted) + len(self.rejected)

    @property
    def rejection_rate(self) -> float:
        """The share of the batch that was not accepted, 0..1; 0 for an empty batch."""
        return len(self.rejected) / self.example_count if self.example_count else 0.0

    @property
    def duplicate_rate(self) -> float:
        """The share of the batch that was a duplicate, 0..1."""
        duplicates = sum(rejection.duplicate_of is not None for rejection in self.rejected)
        return duplicates / self.example_count if self.example_count else 0.0

    def to_json(self) -> dict[str, Any]:
        """The report with values JSON can hold; accepted examples by id and score."""
        return {
            "schema_version": SCHEMA_VERSION,
            "signature": self.signature,
            "created_at": self.created_at.isoformat(),
            "threshold": self.threshold,
            "example_count": self.example_count,
            "rejection_rate": round(self.rejection_rate, 4),
            "duplicate_rate": round(self.duplicate_rate, 4),
            "accepted": [
                {"example_id": example.example_id, "quality_score": example.quality_score}
                for example in self.accepted
            ],
            "rejected": [_rejection_json(rejection) for rejection in self.rejected],
            "duplicate_groups": [asdict(group) for group in self.duplicate_groups],
            "linked": [asdict(link) for link in self.linked],
            "warnings": [asdict(warning) for warning in self.warnings],
        }

    def to_markdown(self) -> str:
        """The report as a page for people, with every rejected example and its reasons."""
        summary = (
            f"{len(self.accepted)} of {self.example_count} examples accepted "
            f"({self.rejection_rate:.1%} rejected, {self.duplicate_rate:.1%} as duplicates), "
            f"{self.created_at:%Y-%m-%d %H:%M} UTC."
        )
        lines = [f"# Validation of {self.signature}", "", summary, ""]
        lines += self._score_lines()
        if self.rejected:
            lines += ["## Rejected", "", "| example | source | status | reasons |"]
            lines += ["|---|---|---|---|"]
            lines += [_rejection_row(rejection) for rejection in self.rejected]
            lines.append("")
        if self.linked:
            lines += [f"{len(self.linked)} pairs are alike and stay on one side of a split.", ""]
        if self.warnings:
            lines += ["## Warnings", ""]
            lines += [f"- {warning.example_id[:8]}: {warning.message}" for warning in self.warnings]
        return "\n".join(lines).rstrip() + "\n"

    def _score_lines(self) -> list[str]:
        """How many accepted examples scored in each ten points."""
        tens = Counter(int((example.quality_score or 0) // 10) * 10 for example in self.accepted)
        if not tens:
            return []
        counts = ", ".join(f"{low}-{low + 10}: {tens[low]}" for low in sorted(tens, reverse=True))
        return [f"Quality scores of the accepted: {counts}.", ""]


def _rejection_json(rejection: Rejection) -> dict[str, Any]:
    return {
        "example_id": rejection.example_id,
        "source": rejection.example.source.value,
        "status": rejection.example.status.value,
        "quality_score": rejection.example.quality_score,
        "reasons": list(rejection.reasons),
        "duplicate_of": rejection.duplicate_of,
        "contradicts": rejection.contradicts,
        "provenance": dict(rejection.example.provenance),
    }


def _rejection_row(rejection: Rejection) -> str:
    reasons = "; ".join(rejection.reasons).replace("|", "\\|").replace("\n", " ")
    example = rejection.example
    return f"| {rejection.example_id[:8]} | {example.source} | {example.status} | {reasons} |"
