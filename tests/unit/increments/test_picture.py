"""The picture of a learning curve: for light pages and dark ones."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from ratchet.errors import InputError
from ratchet.increments.curve import fit, forecast
from ratchet.increments.forecasting import Outlook
from ratchet.increments.picture import INK, LINE, POINT, draw_curve
from tests.unit.increments.test_curve import SIZES, law, point

POINTS = tuple(point(n, law(n, limit=0.9, scale=1.5, exponent=0.6)) for n in SIZES)
LIGHT, DARK = "#ffffff", "#0d1117"
READABLE = 3.0  # WCAG 2.1, 1.4.11: contrast of graphics and large text


def outlook(count: int) -> Outlook:
    """What so many points say."""
    curve = fit(POINTS[:count])
    return Outlook(
        signature="validate_intent",
        model="offline/in-context",
        points=POINTS[:count],
        curve=curve,
        forecast=forecast(curve, more=200) if count == len(POINTS) else None,  # type: ignore[arg-type]
        is_plateau=False,
        advice="",
    )


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, after WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [LINE, POINT, INK])
@pytest.mark.parametrize("page", [LIGHT, DARK])
def test_every_colour_can_be_read_on_light_and_on_dark(colour: str, page: str) -> None:
    """The background is clear, so both pages shine through."""
    low, high = sorted((luminance(colour), luminance(page)))

    assert (high + 0.05) / (low + 0.05) >= READABLE


def test_an_svg_is_the_same_each_time_and_says_the_forecast(tmp_path: Path) -> None:
    """No date and no random ids; words are text that can be searched."""
    for name in ("a.svg", "b.svg"):
        draw_curve(outlook(len(POINTS)), tmp_path / "pictures" / name)

    first, second = ((tmp_path / "pictures" / name).read_text() for name in ("a.svg", "b.svg"))
    assert first == second
    text = " ".join(ET.fromstring(first).itertext())  # noqa: S314 - drawn above
    assert "200 more examples" in text
    assert "learning curve" in text
    assert "#ffffff" not in first.lower()


def test_points_without_a_curve_are_drawn_all_the_same(tmp_path: Path) -> None:
    """As PNG too."""
    draw_curve(outlook(2), tmp_path / "few.png")

    assert (tmp_path / "few.png").read_bytes().startswith(b"\x89PNG")


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    """Before anything is drawn."""
    with pytest.raises(InputError, match=r"\.svg or \.png"):
        draw_curve(outlook(2), tmp_path / "curve.txt")
