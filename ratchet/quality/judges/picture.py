"""The picture of a quality report: a histogram a dimension, with the bands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratchet.errors import InputError
from ratchet.quality.judges.report import Distribution, QualityReport

if TYPE_CHECKING:
    from ratchet.configuration.quality import QualitySettings

SUFFIXES = (".svg", ".png")
INK, BAR, REFUSE, REVIEW = "#808080", "#4c8bf5", "#d9534f", "#c98a10"
"""Mid-tones on a transparent ground: they can be read on white and on black alike."""

BIN_POINTS = 5
COLUMNS = 3


def draw_report(report: QualityReport, path: Path, *, settings: QualitySettings) -> None:
    """Write the picture to `path`, whose name says the format.

    Raises:
        InputError: the format is unknown, there is nothing to draw, or the file can not be
            written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path} is no picture that can be drawn; end it in .svg or .png.")
    if not report.n:
        raise InputError(
            f"{report.judge} has judged no example of {report.signature}: there is nothing to "
            f"draw. Run `ratchet quality judge --signature {report.signature}` first."
        )
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    rows = -(-len(report.distributions) // COLUMNS)
    with rc_context({"svg.hashsalt": report.signature, "svg.fonttype": "none"}):
        figure = Figure(figsize=(3.4 * COLUMNS, 2.4 * rows), layout="constrained")
        axes = figure.subplots(rows, COLUMNS, squeeze=False, sharex=True)
        for axis, distribution in zip(axes.flat, report.distributions, strict=False):
            _draw(axis, distribution, settings)
        for axis in axes.flat[len(report.distributions) :]:
            axis.set_visible(False)
        title = f"{report.signature}: {report.n} examples by {report.judge}"
        figure.suptitle(title, color=INK, fontsize=11)
        _save(figure, path)


def _draw(axis: Any, distribution: Distribution, settings: QualitySettings) -> None:
    axis.hist(distribution.values, bins=range(0, 101, BIN_POINTS), color=BAR)
    axis.axvline(settings.reject_below, color=REFUSE, linewidth=1, linestyle="--")
    axis.axvline(settings.manual_review_threshold, color=REVIEW, linewidth=1, linestyle="--")
    name = f"{distribution.dimension}, mean {distribution.mean:.0f}"
    axis.set_title(name, color=INK, fontsize=10)
    axis.set_xlim(0, 100)
    axis.patch.set_alpha(0)
    axis.tick_params(colors=INK, labelsize=8)
    for side, spine in axis.spines.items():
        spine.set_color(INK)
        spine.set_visible(side in {"left", "bottom"})


def _save(figure: Any, path: Path) -> None:
    metadata = {"Date": None} if path.suffix.lower() == ".svg" else None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, transparent=True, dpi=150, metadata=metadata)
    except OSError as error:
        raise InputError(
            f"{path} can not be written: {error.strerror}. Choose another place."
        ) from error
