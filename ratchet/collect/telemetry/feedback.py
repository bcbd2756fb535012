"""What all labels of one request say together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ratchet.store.payloads import RecordedRequest
from ratchet.store.telemetry import LabelRow

MIN_QUALITY = 0.8  # 0..1; from this quality on feedback confirms an answer

Age = tuple[datetime, str]
"""Orders labels by time; of two of one moment the order is at least always the same."""


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """A request with the newest of its labels that rates it and of those that correct it.

    `is_disputed` says that corrections of this one request differ from each other.
    """

    request: RecordedRequest
    rating: LabelRow | None
    correction: LabelRow | None
    is_disputed: bool

    @property
    def quality(self) -> float | None:
        """The newest quality of the answer that production gave, 0..1."""
        return None if self.rating is None else self.rating.quality_score

    def refutes(self, min_quality: float) -> bool:
        """Whether the answer is said to be bad."""
        return self.quality is not None and self.quality < min_quality


def feedback_on(request: RecordedRequest) -> Feedback:
    """Read the labels of a request."""
    ratings = [label for label in request.labels if label.quality_score is not None]
    corrections = [label for label in request.labels if label.corrected_outputs is not None]
    newest = corrections[-1] if corrections else None
    return Feedback(
        request=request,
        rating=ratings[-1] if ratings else None,
        correction=newest,
        is_disputed=newest is not None
        and any(label.corrected_outputs != newest.corrected_outputs for label in corrections),
    )


def age_of(label: LabelRow) -> Age:
    """By this the newer one of two labels is told."""
    return (label.at, label.label_id)
