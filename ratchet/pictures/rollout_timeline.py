"""The timeline of a rollout: the candidate's share and every decision, and both arms by stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ratchet.pictures.style import (
    AMBER,
    BASELINE,
    CANDIDATE,
    GREEN,
    INK,
    LARGE,
    LEGEND,
    RED,
    TEAL,
    Format,
    drawing,
    dress,
    dress_times,
    new_figure,
    rendered,
    show_legend,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ratchet.rollout import Decision
    from ratchet.store import RolloutRecord
    from ratchet.store.outcome_statistics import OutcomeStatistics

WIDTH, HEIGHT = 9.0, 6.0
MARKS = {
    "advance": ("^", GREEN),
    "promote": ("*", GREEN),
    "pause": ("s", AMBER),
    "resume": (">", TEAL),
    "rollback": ("X", RED),
    "reallocate": ("D", TEAL),
}
Measure = Callable[["OutcomeStatistics"], float | None]


def draw_rollout_timeline(
    record: RolloutRecord,
    statistics: Sequence[OutcomeStatistics],
    *,
    now: datetime,
    form: Format = Format.SVG,
) -> bytes:
    """Draw a rollout until `now` or its end; the figures are those of all requests as reported."""
    state = record.state
    against = record.baseline_version or "the app's own program"
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    with drawing():
        figure = new_figure(WIDTH, HEIGHT)
        figure.suptitle(
            f"{state.signature}: {record.candidate_version} against {against}, "
            f"{state.status.value.replace('_', ' ')}",
            color=INK,
            fontsize=LARGE,
        )
        places = figure.add_gridspec(2, 3, height_ratios=(5, 4))
        _share(figure.add_subplot(places[0, :]), record, now=record.ended_at or now)
        policy = state.policy
        measures: tuple[tuple[str, Measure, float | None], ...] = (
            ("errors, %", lambda found: 100 * found.error_rate, None),
            ("p95 latency, ms", lambda found: found.p95_latency_ms, None),
            ("quality, 0..1", lambda found: found.mean_quality, policy.min_quality),
        )
        arms = [Patch(color=BASELINE, label="baseline"), Patch(color=CANDIDATE, label="candidate")]
        limits = [Line2D([], [], color=RED, linestyle="--", label="lower limit of quality")]
        figure.legend(handles=[*arms, *limits], loc="outside lower left", ncols=3, **LEGEND)
        for column, (title, measure, limit) in enumerate(measures):
            axes = figure.add_subplot(places[1, column])
            _arms(axes, policy.stages, statistics, measure)
            if limit is not None:
                axes.axhline(limit, color=RED, linewidth=1, linestyle="--")
            dress(axes, title=title, x="candidate's share, %")
            if limit is not None:
                axes.set_ylim(0, 1.05)
        return rendered(figure, form)


def _share(axes: Axes, record: RolloutRecord, *, now: datetime) -> None:
    state = record.state
    times: Any = [state.started_at, *(decision.at for decision in state.decisions)]
    shares = [state.policy.stages[0], *(decision.percent for decision in state.decisions)]
    if now > times[-1]:
        times.append(now)
        shares.append(shares[-1])
    axes.step(times, shares, where="post", color=CANDIDATE, linewidth=2)
    axes.fill_between(times, shares, step="post", color=CANDIDATE, alpha=0.18, linewidth=0)
    for action in MARKS:
        made = [decision for decision in state.decisions if decision.action.value == action]
        if made:
            _mark(axes, action, made)
    dress(axes, y="candidate's share, %")
    axes.set_ylim(0, 105)
    dress_times(axes, times)
    show_legend(axes)


def _mark(axes: Axes, action: str, made: Sequence[Decision]) -> None:
    mark, colour = MARKS[action]
    times: Any = [decision.at for decision in made]
    axes.plot(
        times,
        [decision.percent for decision in made],
        color=colour,
        marker=mark,
        markersize=11 if mark == "*" else 8,
        linestyle="none",
        label=f"{action} ({len(made)})" if len(made) > 1 else action,
        clip_on=False,
        zorder=5,
    )


def _arms(
    axes: Axes, stages: Sequence[float], statistics: Sequence[OutcomeStatistics], measure: Measure
) -> None:
    """Two bars a stage; a stage that has not measured it has none."""
    for side, (variant, colour) in enumerate((("baseline", BASELINE), ("candidate", CANDIDATE))):
        places, heights = [], []
        for found in statistics:
            value = measure(found) if found.variant == variant else None
            if found.stage is not None and value is not None:
                places.append(found.stage + (side - 0.5) * 0.38)
                heights.append(value)
        axes.bar(places, heights, width=0.36, color=colour)
    axes.set_xticks(range(len(stages)), [f"{percent:g}" for percent in stages])
    axes.set_xlim(-0.6, len(stages) - 0.4)
