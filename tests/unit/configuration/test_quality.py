"""`[quality]` of the settings, and the bands that follow from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.configuration.quality import QualitySettings
from ratchet.errors import ConfigurationError
from ratchet.quality.judges.bands import band_of
from ratchet.settings import load_settings


def test_values_of_the_older_scale_are_converted(workspace: Path) -> None:
    """0.9 and 0.5 of an older configuration are 90 and 50."""
    (workspace / "ratchet.toml").write_text(
        "[quality]\nmanual_review_threshold = 0.8\nreject_below = 0.55\n"
    )

    quality = load_settings().quality

    assert (quality.manual_review_threshold, quality.reject_below) == (80.0, 55.0)


def test_bands_that_cross_are_refused(workspace: Path) -> None:
    """What is rejected can not be above what needs no review; both values are named."""
    (workspace / "ratchet.toml").write_text("[quality]\nreject_below = 95\n")

    with pytest.raises(ConfigurationError, match="95 is above manual_review_threshold 90"):
        load_settings()


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_better_score_is_never_in_a_worse_band(one: float, other: float) -> None:
    """The bands are in the order of the score, whatever the thresholds."""
    order = ("reject", "review", "accept")
    low, high = sorted((one, other))

    settings = QualitySettings(manual_review_threshold=70, reject_below=30)

    assert order.index(band_of(low, settings)) <= order.index(band_of(high, settings))


def test_without_room_between_the_thresholds_nobody_reviews() -> None:
    """Equal thresholds leave two bands; a threshold belongs to the better one."""
    settings = QualitySettings(manual_review_threshold=60, reject_below=60)

    assert [band_of(score, settings) for score in (59.9, 60.0)] == ["reject", "accept"]
