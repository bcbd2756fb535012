"""`[curation]`: whether people approve examples, and what their review queue is ordered by."""

from __future__ import annotations

from pydantic import Field

from ratchet.configuration.section import Section


def _weight(default: float, question: str) -> float:
    found: float = Field(
        default=default, ge=0, le=100, description=f"Weight in the review queue of: {question}."
    )
    return found


class CurationSettings(Section):
    """Curation by people. The bands of quality are in `[quality]`."""

    require_approval: bool = Field(
        default=False,
        description=(
            "Manual curation: only examples that a curator approved go into datasets. Otherwise "
            "accepted ones do, too."
        ),
    )
    trust_above_threshold: bool = Field(
        default=False,
        description=(
            "With require_approval: accepted examples with a quality of at least "
            "quality.manual_review_threshold go into datasets without a curator."
        ),
    )
    near_points: float = Field(
        default=5.0,
        gt=0,
        le=50,
        description="Distance to a threshold (points of 0..100) at which quality is not near it.",
    )
    wrong_weight: float = _weight(4.0, "programs got it wrong in the last evaluation")
    contradiction_weight: float = _weight(4.0, "it contradicts another example")
    disagreement_weight: float = _weight(3.0, "a blind second label agrees little")
    threshold_weight: float = _weight(2.0, "its quality is near a threshold")
    coverage_weight: float = _weight(2.0, "its coverage cell lacks examples")
    correction_weight: float = _weight(2.0, "a user corrected the answer in production")
