"""The work of the system: its runs, what they cost, evaluations and rollouts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from ratchet.store import schema
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database
from ratchet.store.runs import RunStatus

_runs = schema.runs
_rollouts = schema.rollouts


@dataclass(frozen=True, kw_only=True)
class RunFigures:
    """The runs by status, and how the newest went.

    `consecutive_failures` counts the failed runs that began after the last successful one;
    those that a person stopped or that still go on count neither way. `last_seconds` is how
    long the last finished run took.
    """

    by_status: Mapping[str, int]
    last_success_at: datetime | None
    last_started_at: datetime | None
    last_seconds: float | None
    consecutive_failures: int


@dataclass(frozen=True, kw_only=True)
class SignatureCost:
    """What the runs of a window spent on one signature."""

    signature: str
    runs: int
    cost_usd: float
    lm_calls: int


@dataclass(frozen=True, kw_only=True)
class ActiveRollout:
    """A rollout that has not ended; `stage` counts from 1, `percent` is the candidate's share."""

    experiment_id: str
    signature: str
    status: str
    stage: int
    percent: float
    started_at: datetime
    ticked_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class RolloutFigures:
    """The rollouts by status, those under way, and the decisions by action and rule."""

    by_status: Mapping[str, int]
    active: tuple[ActiveRollout, ...]
    decisions: Mapping[tuple[str, str], int]


def run_figures(database: Database) -> RunFigures:
    """The figures of all runs.

    Raises:
        StoreError: the database can not be read.
    """
    with database.reading() as connection:
        success = _newest_start(connection, RunStatus.SUCCEEDED)
        failed = select(func.count()).where(_runs.c.status == RunStatus.FAILED.value)
        if success is not None:
            failed = failed.where(_runs.c.started_at > success)
        finished = select(_runs.c.started_at, _runs.c.finished_at).where(
            _runs.c.finished_at.is_not(None)
        )
        last = connection.execute(finished.order_by(_runs.c.started_at.desc()).limit(1)).first()
        return RunFigures(
            by_status=_counted(connection, _runs.c.status),
            last_success_at=_newest_end(connection),
            last_started_at=_newest_start(connection),
            last_seconds=(last[1] - last[0]).total_seconds() if last else None,
            consecutive_failures=int(connection.execute(failed).scalar_one()),
        )


def run_costs(database: Database, since: datetime) -> tuple[SignatureCost, ...]:
    """What the runs that began since then spent, by signature; from their summaries.

    Raises:
        InputError: the time has no zone.
        StoreError: the database can not be read.
    """
    refuse_naive(since=since)
    found: dict[str, list[Mapping[str, Any]]] = {}
    with database.reading() as connection:
        query = select(_runs.c.summary).where(_runs.c.started_at >= since)
        for summary in connection.execute(query).scalars():
            for name, one in (summary or {}).get("signatures", {}).items():
                found.setdefault(name, []).append(one)
    return tuple(
        SignatureCost(
            signature=name,
            runs=len(parts),
            cost_usd=float(sum(part.get("cost_usd") or 0.0 for part in parts)),
            lm_calls=int(sum(part.get("lm_calls") or 0 for part in parts)),
        )
        for name, parts in sorted(found.items())
    )


def rollout_figures(database: Database) -> RolloutFigures:
    """The figures of all rollouts; their evidence is not read.

    Raises:
        StoreError: the database can not be read.
    """
    decisions = schema.rollout_decisions.c
    counts = select(decisions.action, decisions.rule, func.count())
    with database.reading() as connection:
        made = connection.execute(counts.group_by(decisions.action, decisions.rule)).all()
        return RolloutFigures(
            by_status=_counted(connection, _rollouts.c.status),
            active=_active(connection),
            decisions={(row[0], row[1]): row[2] for row in made},
        )


def _active(connection: Connection) -> tuple[ActiveRollout, ...]:
    c = _rollouts.c
    query = select(
        c.experiment_id, c.signature, c.status, c.stage, c.percent, c.started_at, c.ticked_at
    ).where(c.ended_at.is_(None))
    rows = connection.execute(query.order_by(c.signature)).mappings()
    return tuple(ActiveRollout(**{**row, "stage": row["stage"] + 1}) for row in rows)


def _newest_start(connection: Connection, status: RunStatus | None = None) -> datetime | None:
    query = select(func.max(_runs.c.started_at, type_=_runs.c.started_at.type))
    if status is not None:
        query = query.where(_runs.c.status == status.value)
    return connection.execute(query).scalar()


def _newest_end(connection: Connection) -> datetime | None:
    newest = func.max(_runs.c.finished_at, type_=_runs.c.finished_at.type)
    query = select(newest).where(_runs.c.status == RunStatus.SUCCEEDED.value)
    return connection.execute(query).scalar()


def _counted(connection: Connection, column: Any) -> dict[str, int]:
    query = select(column, func.count()).group_by(column).order_by(column)
    return {row[0]: row[1] for row in connection.execute(query)}
