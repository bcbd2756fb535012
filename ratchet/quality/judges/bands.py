"""The bands of quality: take it, let a person look, or refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ratchet.configuration.quality import QualitySettings

Band = Literal["accept", "review", "reject"]


def band_of(score: float, settings: QualitySettings) -> Band:
    """Which band a quality of 0..100 falls into; a threshold itself belongs to the better one.

    >>> from ratchet.configuration.quality import QualitySettings
    >>> [band_of(score, QualitySettings()) for score in (90, 89.9, 50, 49.9)]
    ['accept', 'review', 'review', 'reject']
    """
    if score >= settings.manual_review_threshold:
        return "accept"
    return "review" if score >= settings.reject_below else "reject"
