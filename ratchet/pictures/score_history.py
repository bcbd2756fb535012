"""The score history of a signature: baseline and candidate at every evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ratchet.pictures.style import (
    AMBER,
    BASELINE,
    CANDIDATE,
    GREEN,
    INK,
    LARGE,
    RED,
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

    from ratchet.store import EvaluationRecord

WIDTH, HEIGHT = 8.0, 5.0
MARKS = {"promote": ("^", GREEN), "reject": ("X", RED), "inconclusive": ("o", AMBER)}


@dataclass(frozen=True, kw_only=True)
class ScorePoint:
    """One evaluation: scores 0..1, the bounds of their difference, the size of the dataset."""

    at: datetime
    baseline: float
    candidate: float
    lower: float | None
    upper: float | None
    verdict: str
    examples: int | None


def score_points(
    evaluations: Iterable[EvaluationRecord], sizes: Mapping[str, int]
) -> tuple[ScorePoint, ...]:
    """The points of the evaluations that have scores, the oldest first.

    Args:
        evaluations: In any order; void ones are left out.
        sizes: Examples by dataset version; one that is not there has no size.
    """
    points = [
        ScorePoint(
            at=found.created_at,
            baseline=found.baseline_score,
            candidate=found.candidate_score,
            lower=found.lower,
            upper=found.upper,
            verdict=found.verdict,
            examples=sizes.get(found.dataset_version),
        )
        for found in evaluations
        if found.baseline_score is not None and found.candidate_score is not None
    ]
    return tuple(sorted(points, key=lambda point: point.at))


def draw_score_history(
    points: Sequence[ScorePoint], *, signature: str, form: Format = Format.SVG
) -> bytes:
    """Draw the scores over time, with the 95 % interval of each gain, above the data they had."""
    with drawing():
        figure = new_figure(WIDTH, HEIGHT)
        figure.suptitle(f"Score history of {signature}", color=INK, fontsize=LARGE)
        if not points:
            say_nothing_to_show(figure.add_subplot(), "No evaluation has scores yet.")
            return rendered(figure, form)
        scores, sizes = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        _scores(scores, points)
        _sizes(sizes, points)
        dress_times(sizes, [point.at for point in points])
        scores.tick_params(labelbottom=False)
        return rendered(figure, form)


def _scores(axes: Axes, points: Sequence[ScorePoint]) -> None:
    times = _times(points)
    baseline = [point.baseline for point in points]
    axes.plot(times, baseline, color=BASELINE, marker="s", label="baseline")
    bounded = [point for point in points if point.lower is not None and point.upper is not None]
    axes.vlines(
        _times(bounded),
        [_clipped(point.baseline + (point.lower or 0.0)) for point in bounded],
        [_clipped(point.baseline + (point.upper or 0.0)) for point in bounded],
        color=CANDIDATE,
        linewidth=5,
        alpha=0.35,
        zorder=1,
        label="95 % interval",
    )
    axes.plot(times, [point.candidate for point in points], color=CANDIDATE, label="candidate")
    for verdict in dict.fromkeys(point.verdict for point in points):
        mark, colour = MARKS.get(verdict, ("D", INK))
        those = [point for point in points if point.verdict == verdict]
        scores = [point.candidate for point in those]
        style: Any = {"color": colour, "marker": mark, "markersize": 8, "linestyle": "none"}
        axes.plot(_times(those), scores, label=verdict, **style)
    dress(axes, y="score on sealed data, 0..1")
    show_legend(axes)


def _sizes(axes: Axes, points: Sequence[ScorePoint]) -> None:
    known = [point for point in points if point.examples is not None]
    counts = [point.examples or 0 for point in known]
    axes.vlines(_times(known), 0, counts, color=INK, linewidth=6, alpha=0.8)
    dress(axes, y="examples")
    axes.set_ylim(bottom=0)


def _times(points: Sequence[ScorePoint]) -> Any:
    """Matplotlib takes times; its types know numbers only."""
    return [point.at for point in points]


def _clipped(score: float) -> float:
    return min(1.0, max(0.0, score))
