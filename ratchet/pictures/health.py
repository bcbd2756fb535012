"""The health of the system at a glance: a line a check, and production by signature."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ratchet.pictures.style import (
    AMBER,
    BLUE,
    GREEN,
    INK,
    LARGE,
    NORMAL,
    RED,
    SMALL,
    TEAL,
    VIOLET,
    Format,
    drawing,
    dress,
    new_figure,
    rendered,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ratchet.monitoring.check import Check
    from ratchet.monitoring.health import Health

WIDTH = 9.0
LINE_CHARS = 88
MAX_LINES = 2  # of a headline
LINE_INCHES, BAR_INCHES, BASE_INCHES = 0.2, 0.26, 0.9
PRODUCTION = "production"
STATES = {"ok": GREEN, "info": TEAL, "warning": AMBER, "error": RED, "critical": VIOLET}


def draw_health(health: Health, *, form: Format = Format.SVG) -> bytes:
    """Draw what the checks found; the bars are those of the recent hours of production."""
    traffic = _traffic(health)
    words = [_wrapped(check.headline) for check in health.checks]
    lines = sum(len(one) + 1 for one in words) * LINE_INCHES
    bars = BASE_INCHES + BAR_INCHES * len(traffic) if traffic else 0.0
    with drawing():
        figure = new_figure(WIDTH, 0.6 + lines + bars)
        title = f"Ratchet: {health.state.value}, {health.at:%Y-%m-%d %H:%M} UTC"
        figure.suptitle(title, color=STATES[health.state.value], fontsize=LARGE, weight="bold")
        heights = (lines, bars) if traffic else (lines,)
        places = figure.add_gridspec(len(heights), 3, height_ratios=heights)
        _checks(figure.add_subplot(places[0, :]), health.checks, words)
        if traffic:
            for column, (name, key, factor, colour) in enumerate(MEASURES):
                axes = figure.add_subplot(places[1, column])
                _bars(axes, traffic, key, factor=factor, colour=colour, is_named=column == 0)
                dress(axes, title=name)
                axes.grid(visible=False)
        return rendered(figure, form)


MEASURES = (
    ("errors, %", "error_rate", 100.0, RED),
    ("p95 latency, ms", "p95_latency_ms", 1.0, BLUE),
    ("quality, 0..1", "quality", 1.0, GREEN),
)


def _checks(axes: Axes, checks: Sequence[Check], words: Sequence[Sequence[str]]) -> None:
    """A dot in the colour of the state, the name, the state, and what was seen."""
    rows = sum(len(one) + 1 for one in words)
    axes.set_xlim(0, 1)
    axes.set_ylim(-rows, 0.4)
    axes.axis("off")
    y = 0.0
    for check, said in zip(checks, words, strict=True):
        colour = STATES[check.state.value]
        axes.plot([0.012], [y - 0.5], marker="o", markersize=8, color=colour)
        shared: dict[str, Any] = {"va": "center", "fontsize": NORMAL}
        axes.text(0.035, y - 0.5, check.name, color=INK, weight="bold", **shared)
        axes.text(0.16, y - 0.5, check.state.value, color=colour, weight="bold", **shared)
        for number, line in enumerate(said):
            axes.text(0.25, y - 0.5 - number, line, color=INK, **shared)
        y -= len(said) + 1


def _bars(
    axes: Axes,
    traffic: Mapping[str, Mapping[str, Any]],
    key: str,
    *,
    factor: float,
    colour: str,
    is_named: bool,
) -> None:
    """A bar a signature with its value; one without a value says so."""
    values = [figures.get(key) for figures in traffic.values()]
    heights = [0.0 if value is None else factor * value for value in values]
    axes.barh(range(len(heights)), heights, color=colour, height=0.6)
    for place, (value, height) in enumerate(zip(values, heights, strict=True)):
        words = " none" if value is None else f" {_number(height)}"
        axes.text(height, place, words, color=INK, fontsize=SMALL, va="center")
    axes.set_yticks(range(len(traffic)), list(traffic) if is_named else [""] * len(traffic))
    axes.set_ylim(len(traffic) - 0.4, -0.6)
    axes.set_xlim(0, 1.3 * max([*heights, 1e-9]))
    axes.locator_params(axis="x", nbins=4)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _traffic(health: Health) -> dict[str, dict[str, Any]]:
    """The figures of production by signature, flat."""
    check = health.check(PRODUCTION)
    figures = {} if check is None else check.figures
    return {
        name: {**found["recent"], "quality": found["quality"]}
        for name, found in sorted(figures.items())
    }


def _wrapped(text: str) -> list[str]:
    lines = textwrap.wrap(text, LINE_CHARS) or [""]
    if len(lines) > MAX_LINES:
        lines = [
            *lines[: MAX_LINES - 1],
            textwrap.shorten(" ".join(lines[MAX_LINES - 1 :]), LINE_CHARS, placeholder=" ..."),
        ]
    return lines
