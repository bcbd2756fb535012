"""A rollout as people read it: its stages in a table, its decisions as a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from ratchet.rollout import Action, Decision
from ratchet.rollout.assignment import VARIANTS
from ratchet.rollout.state import RolloutState
from ratchet.store import RolloutRecord
from ratchet.store.outcome_statistics import OutcomeStatistics

AHEAD = "ahead"
NOTHING = "-"  # no request, or none that measured it


def stage_rows(
    record: RolloutRecord, statistics: Sequence[OutcomeStatistics], *, now: datetime
) -> list[dict[str, Any]]:
    """A row for each stage of the policy; pairs are baseline / candidate.

    Minutes are those of the stage's clock where it decided, else of the wall. The figures are
    those of all requests as reported, the same that `ratchet rollout status` shows.
    """
    state, reached = record.state, len(record.state.evidence.stages)
    figures = {(found.stage, found.variant): found for found in statistics}
    ends = _ends(record)
    rows = []
    for stage, percent in enumerate(state.policy.stages):
        row: dict[str, Any] = {"stage": stage + 1, "percent": f"{percent:g}"}
        if stage < reached:
            row |= _seen([figures.get((stage, variant)) for variant in VARIANTS])
            row["minutes"] = f"{_minutes(state, stage, ends, now):.0f}"
        decision = ends.get(stage) or (record.latest if stage == state.stage else None)
        reason = f"{decision.action.value}: {decision.reason}" if decision else ""
        rows.append({**_EMPTY, **row, "decision": reason if stage < reached else AHEAD})
    return rows


def progress_percent(record: RolloutRecord, *, now: datetime) -> float:
    """How much of its shortest way a rollout has gone, 0..100.

    Stages count by their minimum durations; one that waits for evidence stays below its end.
    """
    state, policy = record.state, record.state.policy
    if state.is_over:
        return 100.0
    lengths = [policy.stage_minutes(stage) for stage in range(len(policy.stages))]
    total = sum(lengths)
    if not total:
        return 100.0 * state.stage / len(lengths)
    done = sum(lengths[: state.stage]) + min(state.minutes(now), lengths[state.stage])
    return min(99.0, 100.0 * done / total)


def decision_log(record: RolloutRecord) -> str:
    """Every decision with its reason and who took it, as markdown."""
    state = record.state
    compared = record.baseline_version or "the app's own program"
    first = f"{state.started_at:%Y-%m-%d %H:%M} | start |  | 1 | {state.policy.stages[0]:g} %"
    lines = [
        f"# {record.experiment_id}: {state.status.value}",
        "",
        f"{state.signature}: {record.candidate_version} against {compared}.",
        f"Policy {state.policy.name}, {state.policy.mode.value} mode.",
        "",
        "| time (UTC) | action | rule | stage | share | by | reason |",
        "|---|---|---|---|---|---|---|",
        f"| {first} | {_cell(record.started_by)} |  |",
    ]
    lines += [
        f"| {d.at:%Y-%m-%d %H:%M} | {d.action.value} | {d.rule.value} | {d.stage + 1} "
        f"| {d.percent:g} % | {_cell(d.actor)} | {_cell(d.reason)} |"
        for d in state.decisions
    ]
    return "\n".join([*lines, ""])


_EMPTY: dict[str, Any] = {
    "stage": "",
    "percent": "",
    "minutes": "",
    "requests": "",
    "errors": "",
    "latency ms": "",
    "p95 ms": "",
    "quality": "",
    "cost USD": "",
    "decision": "",
}


def _ends(record: RolloutRecord) -> dict[int, Decision]:
    """The decision that ended each stage."""
    stages = [0, *(decision.stage for decision in record.state.decisions)]
    moves = zip(pairwise(stages), record.state.decisions, strict=True)
    ending = (Action.ADVANCE, Action.PROMOTE, Action.ROLLBACK)
    return {before: d for (before, _), d in moves if d.action in ending}


def _minutes(state: RolloutState, stage: int, ends: dict[int, Decision], now: datetime) -> float:
    end = ends.get(stage)
    if end is None:
        return state.minutes(now)
    if (counted := end.evidence.get("stage_minutes")) is not None:
        return counted
    began = ends[stage - 1].at if stage - 1 in ends else state.started_at
    return max(0.0, (end.at - began).total_seconds() / 60)


def _seen(arms: Sequence[OutcomeStatistics | None]) -> dict[str, str]:
    return {
        name: " / ".join(measure(arm) if arm else NOTHING for arm in arms)
        for name, measure in _MEASURES.items()
    }


def _errors(arm: OutcomeStatistics) -> str:
    return f"{arm.errors} ({100 * arm.error_rate:.1f} %)"


def _latency(milliseconds: float | None) -> str:
    return NOTHING if milliseconds is None else f"{milliseconds:.0f}"


def _quality(arm: OutcomeStatistics) -> str:
    if arm.mean_quality is None:
        return NOTHING
    return f"{arm.mean_quality:.2f} ({arm.labels} labels)"


_MEASURES: dict[str, Callable[[OutcomeStatistics], str]] = {
    "requests": lambda arm: str(arm.requests),
    "errors": _errors,
    "latency ms": lambda arm: _latency(arm.mean_latency_ms),
    "p95 ms": lambda arm: _latency(arm.p95_latency_ms),
    "quality": _quality,
    "cost USD": lambda arm: f"{arm.cost_usd:.2f}",
}


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
