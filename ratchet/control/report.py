"""A rollout as people read it: its stages in a table, its decisions as a page."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from ratchet.rollout import Action, Decision
from ratchet.rollout.stage_statistics import ArmStatistics, StageStatistics
from ratchet.rollout.state import RolloutState
from ratchet.store import RolloutRecord

AHEAD = "ahead"


def stage_rows(record: RolloutRecord, *, now: datetime) -> list[dict[str, Any]]:
    """A row for each stage of the policy; pairs are baseline / candidate.

    Minutes are those of the stage's clock where it decided, else of the wall.
    """
    state, reached = record.state, len(record.state.evidence.stages)
    ends = _ends(record)
    rows = []
    for stage, percent in enumerate(state.policy.stages):
        row: dict[str, Any] = {"stage": stage + 1, "percent": f"{percent:g}"}
        if stage < reached:
            row |= _seen(state.evidence.stages[stage])
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
    "quality": "",
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


def _seen(stage: StageStatistics) -> dict[str, str]:
    baseline, candidate = stage.baseline, stage.candidate
    quality = stage.quality.mean()
    return {
        "requests": f"{baseline.requests} / {candidate.requests}",
        "errors": f"{_errors(baseline)} / {_errors(candidate)}",
        "latency ms": f"{_latency(baseline)} / {_latency(candidate)}",
        "quality": "-" if quality is None else f"{quality:.2f} ({stage.quality.count} labels)",
    }


def _errors(arm: ArmStatistics) -> str:
    return f"{arm.errors} ({100 * arm.error_rate:.1f} %)" if arm.requests else "-"


def _latency(arm: ArmStatistics) -> str:
    return f"{arm.latency.mean:.0f}" if arm.latency.count else "-"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
