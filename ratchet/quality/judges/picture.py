"""The picture of a quality report: a histogram a dimension, with the bands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratchet.errors import InputError
from ratchet.pictures.style import (
    AMBER,
    BLUE,
    INK,
    LARGE,
    RED,
    drawing,
    dress,
    format_of,
    new_figure,
    rendered,
    write_picture,
)
from ratchet.quality.judges.report import Distribution, QualityReport

if TYPE_CHECKING:
    from ratchet.configuration.quality import QualitySettings

BAR, REFUSE, REVIEW = BLUE, RED, AMBER
BIN_POINTS = 5
COLUMNS = 3


def draw_report(report: QualityReport, path: Path, *, settings: QualitySettings) -> None:
    """Write the picture to `path`, whose name says the format.

    Raises:
        InputError: the format is unknown, or there is nothing to draw.
        StoreError: the file can not be written.
    """
    form = format_of(path)
    if not report.n:
        raise InputError(
            f"{report.judge} has judged no example of {report.signature}: there is nothing to "
            f"draw. Run `ratchet quality judge --signature {report.signature}` first."
        )
    rows = -(-len(report.distributions) // COLUMNS)
    with drawing():
        figure = new_figure(3.4 * COLUMNS, 2.4 * rows)
        axes = figure.subplots(rows, COLUMNS, squeeze=False, sharex=True)
        for axis, distribution in zip(axes.flat, report.distributions, strict=False):
            _draw(axis, distribution, settings)
        for axis in axes.flat[len(report.distributions) :]:
            axis.set_visible(False)
        title = f"{report.signature}: {report.n} examples by {report.judge}"
        figure.suptitle(title, color=INK, fontsize=LARGE)
        write_picture(path, rendered(figure, form))


def _draw(axis: Any, distribution: Distribution, settings: QualitySettings) -> None:
    axis.hist(distribution.values, bins=range(0, 101, BIN_POINTS), color=BAR)
    axis.axvline(settings.reject_below, color=REFUSE, linewidth=1, linestyle="--")
    axis.axvline(settings.manual_review_threshold, color=REVIEW, linewidth=1, linestyle="--")
    dress(axis, title=f"{distribution.dimension}, mean {distribution.mean:.0f}")
    axis.grid(visible=False)
    axis.set_xlim(0, 100)
