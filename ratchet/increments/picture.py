"""The learning curve as a picture, readable on a light page and on a dark one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ratchet.increments.curve import CONFIDENCE, Missing, band
from ratchet.increments.forecasting import Outlook
from ratchet.pictures.style import (
    BLUE,
    INK,
    LARGE,
    ORANGE,
    Format,
    drawing,
    dress,
    format_of,
    new_figure,
    rendered,
    write_picture,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE, POINT = BLUE, ORANGE
SIZES = 80  # places along the curve
WIDTH, HEIGHT = 7.2, 4.2


def draw_curve(outlook: Outlook, path: Path) -> None:
    """Draw points, curve, its band and the forecast into a file.

    Raises:
        InputError: the file is to be neither SVG nor PNG.
        StoreError: it can not be written.
    """
    form = format_of(path)
    write_picture(path, learning_curve(outlook, form=form))


def learning_curve(outlook: Outlook, *, form: Format = Format.SVG) -> bytes:
    """Draw points, curve, its band and the forecast; the background stays clear."""
    with drawing():
        figure = new_figure(WIDTH, HEIGHT)
        axes = figure.add_subplot()
        _points(axes, outlook)
        _curve(axes, outlook)
        _frame(axes, outlook)
        return rendered(figure, form)


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


def _frame(axes: Axes, outlook: Outlook) -> None:
    title = "" if outlook.forecast is None else outlook.forecast.sentence
    dress(axes, x="examples in the dataset version", y=f"score of {outlook.signature}, 0..1")
    axes.set_title(title, color=INK, fontsize=LARGE - 1)
    if outlook.points:
        axes.legend(frameon=False, labelcolor=INK).set_zorder(3)
