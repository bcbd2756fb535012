"""The trend of datasets: how many examples the versions have, and of what quality."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ratchet.pictures.style import (
    INK,
    LARGE,
    SERIES,
    Format,
    drawing,
    dress,
    dress_times,
    new_figure,
    rendered,
    say_nothing_to_show,
    show_legend,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ratchet.datasets import DatasetVersion

WIDTH, HEIGHT = 8.0, 5.0


def draw_dataset_trend(
    versions: Mapping[str, Sequence[DatasetVersion]], *, form: Format = Format.SVG
) -> bytes:
    """Draw size and mean quality of the versions over time, a line for each signature."""
    shown = {name: found for name, found in sorted(versions.items()) if found}
    with drawing():
        figure = new_figure(WIDTH, HEIGHT)
        figure.suptitle("Dataset versions", color=INK, fontsize=LARGE)
        if not shown:
            say_nothing_to_show(figure.add_subplot(), "No dataset version was published yet.")
            return rendered(figure, form)
        sizes, qualities = figure.subplots(2, 1, sharex=True)
        for number, (name, found) in enumerate(shown.items()):
            colour = SERIES[number % len(SERIES)]
            line = "-" if number < len(SERIES) else "--"
            style: Any = {"color": colour, "linestyle": line, "marker": "o", "label": name}
            _plot(sizes, found, lambda one: one.example_count, **style)
            _plot(qualities, found, lambda one: one.statistics.quality_scores.mean, **style)
        dress(sizes, y="examples")
        dress(qualities, y="mean quality, 0..100")
        sizes.set_ylim(bottom=0)
        qualities.set_ylim(0, 105)
        sizes.tick_params(labelbottom=False)
        dress_times(qualities, [one.created for found in shown.values() for one in found])
        show_legend(sizes, columns=3)
        return rendered(figure, form)


def _plot(
    axes: Axes,
    versions: Sequence[DatasetVersion],
    measure: Callable[[DatasetVersion], float | None],
    **style: Any,
) -> None:
    """A line through the versions that have the measure."""
    known = [version for version in versions if measure(version) is not None]
    times: Any = [version.created for version in known]
    values: Any = [measure(version) for version in known]
    axes.plot(times, values, **style)
