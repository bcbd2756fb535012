"""What a rollout looks like in a terminal: its stages, its arms side by side, its decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ratchet.cli.terminal import console, number_of, say

if TYPE_CHECKING:
    from ratchet.control.overview import Overview
    from ratchet.rollout import RolloutState
    from ratchet.store.outcome_statistics import OutcomeStatistics

OWN = "the app's own program"
NONE = "-"
ARMS = ("baseline", "candidate")
PLACES = {"outside": "outside", "not_comparable": "not comparable"}


def program_name(version: str | None) -> str:
    """A version, or words for the program that is none."""
    return version or OWN


def show(overview: Overview) -> None:
    """Print an overview; long lines stay whole."""
    for number, line in enumerate(lines_of(overview)):
        say(line, style="" if number else "bold")
    for table in _tables(overview):
        console.print()
        console.print(table)


def picture(overview: Overview) -> RenderableType:
    """An overview as one thing to draw again and again."""
    lines = [Text(line, style="" if n else "bold") for n, line in enumerate(lines_of(overview))]
    return Group(*lines, *(part for table in _tables(overview) for part in (Text(), table)))


def lines_of(overview: Overview) -> Iterator[str]:
    """An overview in lines, without its figures."""
    record, state = overview.record, overview.record.state
    yield f"{record.experiment_id}: {state.status.value}"
    compared = f"{record.candidate_version} against {program_name(record.baseline_version)}"
    yield f"{state.signature}: {compared}"
    yield f"{stage_bar(state)}   the candidate has {state.percent:g} % of the traffic"
    yield (
        f"stage {overview.stage} of {len(state.policy.stages)} for {overview.minutes:.0f} minutes; "
        f"started {state.started_at:%Y-%m-%d %H:%M} UTC by {record.started_by}"
    )
    if record.ended_at:
        last = state.decisions[-1]
        yield f"ended {record.ended_at:%Y-%m-%d %H:%M} UTC by {last.actor}: {last.reason}"
    yield from (f"waits for: {words}" for words in overview.waits_for)
    if overview.next_gate:
        yield f"next gate: {overview.next_gate}"
    yield from (f"look at: {words}" for words in overview.alerts)


def stage_bar(state: RolloutState) -> str:
    """The stages in a row: done, current (or where it was rolled back), ahead."""
    marks = {"completed": "✓", "rolled_back": "✗", "paused": "‖"}
    here = marks.get(state.status.value, "▶")
    stages = state.policy.stages
    reached = len(stages) if state.status.value == "completed" else state.stage
    return "  ".join(
        f"{'✓' if n < reached else here if n == reached else '·'} {percent:g} %"
        for n, percent in enumerate(stages)
    )


def arms_of(
    overview: Overview,
) -> tuple[OutcomeStatistics | None, OutcomeStatistics | None]:
    """Baseline and candidate in the current stage; None without a request."""
    current = {
        found.variant: found
        for found in overview.statistics
        if found.stage == overview.record.state.stage
    }
    return current.get(ARMS[0]), current.get(ARMS[1])


def _tables(overview: Overview) -> Iterator[Table]:
    baseline, candidate = arms_of(overview)
    if baseline or candidate:
        title = f"Stage {overview.stage} as reported"
        arms = ("", *ARMS, "difference")
        yield _table(title, arms, list(_side_by_side(overview, baseline, candidate)))
    others = [found for found in overview.statistics if found not in (baseline, candidate)]
    if others:
        columns = ("stage", "variant", *(name for name, _ in MEASURES))
        rows = [
            [_place(found), found.variant, *(m(found) for _, m in MEASURES)] for found in others
        ]
        yield _table("Other requests", columns, rows)


def _side_by_side(
    overview: Overview, baseline: OutcomeStatistics | None, candidate: OutcomeStatistics | None
) -> Iterator[Sequence[str]]:
    differences = _differences(overview, baseline, candidate)
    for name, measure in MEASURES:
        cells = (measure(arm) if arm else NONE for arm in (baseline, candidate))
        yield name, *cells, differences.get(name, "")


def _differences(
    overview: Overview, baseline: OutcomeStatistics | None, candidate: OutcomeStatistics | None
) -> dict[str, str]:
    policy, found = overview.record.state.policy, {}
    if baseline and candidate:
        points = 100 * (candidate.error_rate - baseline.error_rate)
        limit = 100 * policy.max_error_difference
        found["errors"] = f"{points:+.1f} points (limit {limit:g})"
        if baseline.mean_latency_ms is not None and candidate.mean_latency_ms is not None:
            slower = candidate.mean_latency_ms - baseline.mean_latency_ms
            found["mean"] = f"{slower:+.0f} ms (limit {policy.max_latency_difference_ms:g})"
    if candidate and candidate.mean_quality is not None:
        found["quality"] = f"limit {policy.min_quality:g}"
    return found


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
    )
    for place, column in enumerate(columns):
        table.add_column(Text(column), justify="right" if place else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _place(found: OutcomeStatistics) -> str:
    if found.stage is not None:
        return str(found.stage + 1)
    return PLACES[found.placement.value]


def _latency(milliseconds: float | None) -> str:
    return NONE if milliseconds is None else f"{milliseconds:,.0f} ms"


def _quality(found: OutcomeStatistics) -> str:
    if found.mean_quality is None:
        return NONE
    return f"{found.mean_quality:.3f} ({number_of(found.labels, 'label')})"


MEASURES: tuple[tuple[str, Callable[[OutcomeStatistics], str]], ...] = (
    ("requests", lambda found: f"{found.requests:,}"),
    ("errors", lambda found: f"{found.errors:,} ({found.error_rate:.1%})"),
    ("mean", lambda found: _latency(found.mean_latency_ms)),
    ("p50", lambda found: _latency(found.p50_latency_ms)),
    ("p95", lambda found: _latency(found.p95_latency_ms)),
    ("p99", lambda found: _latency(found.p99_latency_ms)),
    ("quality", _quality),
    ("tokens in / out", lambda found: f"{found.input_tokens:,} / {found.output_tokens:,}"),
    ("cost", lambda found: f"{found.cost_usd:,.2f} USD"),
)
