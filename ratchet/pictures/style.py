"""The look of every picture: colours for light and dark pages, axes, and the way to a file.

The ground is clear, so that the page shows through; every colour has a contrast of at least
3.4 to white and to the dark pages of Prefect and GitHub.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratchet.errors import InputError, StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#7d8289"
BLUE, ORANGE, GREEN, RED, AMBER, VIOLET, TEAL = (
    *("#2f7fe0", "#d1622b", "#2b8a57", "#d9534f", "#a8740f", "#8a63d2", "#1793a5"),
)
SERIES = (BLUE, ORANGE, GREEN, VIOLET, TEAL, AMBER, RED)
BASELINE, CANDIDATE = BLUE, ORANGE
GROUNDS = ("#ffffff", "#0d1117", "#26272b")
"""White, and the dark pages of GitHub and of Prefect."""

DOTS_PER_INCH = 144
SMALL, NORMAL, LARGE = 8, 9, 11  # points
LEGEND: dict[str, Any] = {"frameon": False, "labelcolor": INK, "fontsize": SMALL}


class Format(StrEnum):
    """What a picture is saved as."""

    SVG = "svg"
    PNG = "png"

    @property
    def media_type(self) -> str:
        """Its MIME type.

        >>> Format.SVG.media_type
        'image/svg+xml'
        """
        return "image/svg+xml" if self is Format.SVG else "image/png"


def format_of(path: Path) -> Format:
    """The format that a file name asks for.

    >>> format_of(Path("history.PNG"))
    <Format.PNG: 'png'>

    Raises:
        InputError: it ends in neither .svg nor .png.
    """
    try:
        return Format(path.suffix.lower()[1:])
    except ValueError as error:
        raise InputError(f"{path} is no picture; name a file that ends in .svg or .png.") from error


@contextmanager
def drawing() -> Iterator[None]:
    """Draw within this: text stays text, and the same picture is the same file."""
    import matplotlib as mpl

    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "ratchet",
        "font.size": NORMAL,
        "text.parse_math": False,  # names are no formulas
    }
    with mpl.rc_context(settings):
        yield


def new_figure(width_inches: float, height_inches: float) -> Figure:
    """An empty figure, whose parts make room for each other."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_inches, height_inches), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)  # type: ignore[union-attr,call-arg]
    return figure


def rendered(figure: Figure, form: Format) -> bytes:
    """The figure as a file; neither its date nor random ids are in it."""
    content = io.BytesIO()
    metadata: dict[str, Any] = {"Date": None} if form is Format.SVG else {}
    figure.savefig(
        content, format=form.value, dpi=DOTS_PER_INCH, transparent=True, metadata=metadata
    )
    return content.getvalue()


def write_picture(path: Path, picture: bytes) -> None:
    """Write a picture, with the folders it needs.

    Raises:
        StoreError: the file can not be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)
    except OSError as error:
        raise StoreError(
            f"{path} can not be written: {error.strerror or error}. Choose another place."
        ) from error


def dress(axes: Axes, *, title: str = "", x: str = "", y: str = "") -> None:
    """Give axes their names in ink: two spines, a faint grid, nothing else."""
    axes.set_title(title, color=INK, fontsize=NORMAL, loc="left")
    axes.set_xlabel(x, color=INK, fontsize=SMALL)
    axes.set_ylabel(y, color=INK, fontsize=SMALL)
    axes.tick_params(colors=INK, labelsize=SMALL)
    axes.grid(axis="y", color=INK, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_color(INK)
        spine.set_visible(side in {"left", "bottom"})


def dress_times(axes: Axes, times: Sequence[datetime]) -> None:
    """Name the times of the x axis without repeating what they share."""
    from datetime import timedelta

    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    first, last = min(times), max(times)
    margin = timedelta(hours=1) if first == last else (last - first) * 0.05
    ends: Any = (first - margin, last + margin)  # matplotlib takes times, its types do not
    axes.set_xlim(ends)
    locator = AutoDateLocator(minticks=2, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set(color=INK, fontsize=SMALL)


def show_legend(axes: Axes, *, columns: int = 6) -> None:
    """Name the series above the axes, where they cover nothing."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        place: Any = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "borderaxespad": 0.3}
        axes.legend(handles, labels, ncols=columns, **LEGEND, **place)


def say_nothing_to_show(axes: Axes, words: str) -> None:
    """Say in an empty picture why it is empty."""
    axes.axis("off")
    axes.text(0.5, 0.5, words, color=INK, ha="center", va="center", transform=axes.transAxes)
