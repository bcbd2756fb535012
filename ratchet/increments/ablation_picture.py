"""What each source is worth as a picture, readable on a light page and on a dark one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ratchet.errors import InputError
from ratchet.increments.ablation import Ablation, SourceEffect, Worth
from ratchet.pictures.style import (
    AMBER,
    BLUE,
    INK,
    LARGE,
    RED,
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

COLOURS = {Worth.CARRIES: BLUE, Worth.HARMS: RED, Worth.UNCLEAR: AMBER}
WIDTH, HEAD, ROW = 7.2, 1.3, 0.5  # inches


def draw_ablation(found: Ablation, path: Path) -> None:
    """Draw the effects with their intervals, and those of single seeds, into a file.

    Raises:
        InputError: the file is to be neither SVG nor PNG, or no source was measured.
        StoreError: it can not be written.
    """
    form = format_of(path)
    write_picture(path, effects_of_sources(found, form=form))


def effects_of_sources(found: Ablation, *, form: Format = Format.SVG) -> bytes:
    """Draw the effects with their intervals; the background stays clear.

    Raises:
        InputError: no source was measured.
    """
    measured = [effect for effect in found.effects if effect.effect is not None]
    if not measured:
        raise InputError(f"No source of {found.signature} was measured: there is nothing to draw.")
    with drawing():
        figure = new_figure(WIDTH, HEAD + ROW * len(measured))
        axes = figure.add_subplot()
        for place, effect in enumerate(reversed(measured)):
            _draw(axes, place, effect)
        axes.set_yticks(range(len(measured)), [e.source for e in reversed(measured)])
        axes.set_ylim(-0.6, len(measured) - 0.4)
        axes.axvline(0.0, color=INK, linewidth=1)
        dress(axes, x="score with the source minus without it, points of 0..1")
        title = f"Sources of {found.signature}, {found.dataset_version}"
        axes.set_title(title, color=INK, fontsize=LARGE)
        return rendered(figure, form)


def _draw(axes: Axes, place: int, effect: SourceEffect) -> None:
    if effect.effect is None or effect.lower is None or effect.upper is None:
        return
    colour = COLOURS[effect.worth]
    axes.plot([effect.lower, effect.upper], [place, place], color=colour, linewidth=3)
    axes.plot([effect.effect], [place], "o", color=colour, markersize=8)
    axes.plot(effect.by_seed, [place] * len(effect.by_seed), "|", color=INK, markersize=9)
