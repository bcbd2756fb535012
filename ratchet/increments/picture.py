"""The learning curve as a picture, readable on a light page and on a dark one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ratchet.errors import ConfigurationError
from ratchet.increments.curve import CONFIDENCE, Missing, band
from ratchet.increments.forecasting import Outlook

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE, POINT, INK = "#2f7fe0", "#d1622b", "#7d8590"
"""Each has a contrast of at least 3 to white and to the dark pages of Prefect and GitHub."""
SUFFIXES = (".svg", ".png")
SIZES = 80  # places along the curve
INCHES = (7.2, 4.2)


def draw_curve(outlook: Outlook, path: Path) -> None:
    """Draw points, curve, its band and the forecast; the background stays clear.

    Raises:
        ConfigurationError: the file is to be neither SVG nor PNG.
        OSError: it can not be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigurationError(f"{path} is no picture; name it {' or '.join(SUFFIXES)}.")
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Text as text, and no ids that differ from one time to the next.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "ratchet"}):
        figure = Figure(figsize=INCHES, layout="constrained")
        axes = figure.add_subplot()
        _points(axes, outlook)
        _curve(axes, outlook)
        _frame(axes, outlook)
        path.parent.mkdir(parents=True, exist_ok=True)
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else {}
        figure.savefig(path, dpi=144, transparent=True, metadata=metadata)


def _points(axes: Axes, outlook: Outlook) -> None:
    axes.errorbar(
        [point.size for point in outlook.points],
        [point.score for point in outlook.points],
        yerr=[1.645 * point.standard_error for point in outlook.points],  # 90 %, both sides
        fmt="o",
        color=POINT,
        capsize=3,
        label="evaluations",
    )


def _curve(axes: Axes, outlook: Outlook) -> None:
    curve, ahead = outlook.curve, outlook.forecast
    if isinstance(curve, Missing) or ahead is None:
        return
    smallest = min(point.size for point in curve.points)
    sizes = np.linspace(smallest, ahead.size_then, SIZES)
    lower, upper = band(curve, sizes)
    scores = [curve.score(float(size)) for size in sizes]
    axes.plot(sizes, scores, color=LINE, linewidth=2, label="learning curve")
    axes.fill_between(
        sizes, lower, upper, color=LINE, alpha=0.25, linewidth=0, label=f"{CONFIDENCE:.0%} band"
    )
    axes.axvline(ahead.size_now, color=INK, linestyle=":", linewidth=1)
    axes.set_title(ahead.sentence, color=INK, fontsize=10)


def _frame(axes: Axes, outlook: Outlook) -> None:
    axes.set_xlabel("examples in the dataset version", color=INK)
    axes.set_ylabel(f"score of {outlook.signature}, 0..1", color=INK)
    axes.tick_params(colors=INK)
    axes.grid(color=INK, alpha=0.25)
    for spine in axes.spines.values():
        spine.set_color(INK)
    if outlook.points:
        legend = axes.legend(frameon=False, labelcolor=INK)
        legend.set_zorder(3)
