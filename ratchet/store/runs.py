"""Runs of the pipeline and their stages: what was started, and what is finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping, select, update

from ratchet.canonical import sha256_of
from ratchet.errors import StoreError
from ratchet.store import schema
from ratchet.store.audit import AuditEntry, append_entry
from ratchet.store.bulk import insert_new, upsert
from ratchet.store.columns import refuse_naive
from ratchet.store.engine import Database

_runs = schema.runs
_stages = schema.run_stages


class RunStatus(StrEnum):
    """Where a run or a stage stands."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run; `path` is its folder. `config` and `summary` are JSON.

    Raises:
        InputError: a time has no time zone.
    """

    run_id: str
    started_at: datetime
    path: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    status: RunStatus = RunStatus.RUNNING
    finished_at: datetime | None = None
    error: str = ""
    summary: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        refuse_naive(started_at=self.started_at, finished_at=self.finished_at)


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """One stage of a run for one signature ("" when it is for all).

    `key` is a hash of everything the stage reads: the same key gives the same result.
    `result` is JSON and says where to find what the stage made.

    Raises:
        InputError: `at` has no time zone.
    """

    run_id: str
    stage: str
    key: str
    status: RunStatus
    at: datetime
    signature: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        refuse_naive(at=self.at)


class RunStore:
    """All runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, run: RunRecord, *, actor: str = "ratchet") -> bool:
        """Store a run, with its audit row; False when it is stored, which changes nothing.

        Raises:
            StoreError: the database can not be written.
        """
        row = tuple(getattr(run, column.name) for column in _runs.c)
        with self._database.writing() as connection:
            inserted = insert_new(connection, _runs, [row])
            if inserted:
                append_entry(connection, _started(run, actor))
        return bool(inserted)

    def finish(
        self,
        run_id: str,
        *,
        status: RunStatus,
        at: datetime,
        error: str = "",
        summary: Mapping[str, Any] | None = None,
        actor: str = "ratchet",
    ) -> None:
        """Write down how a run ended, with its audit row; the last word holds.

        Raises:
            StoreError: the run was never started, or the database can not be written.
        """
        refuse_naive(at=at)
        statement = update(_runs).where(_runs.c.run_id == run_id)
        statement = statement.values(
            status=status.value, finished_at=at, error=error, summary=summary or {}
        )
        entry = AuditEntry(
            at=at,
            actor=actor,
            action="run.finish",
            subject=run_id,
            reason=error,
            after={"status": status.value, "summary_sha256": sha256_of(summary or {})},
        )
        with self._database.writing() as connection:
            before = select(_runs.c.status).where(_runs.c.run_id == run_id).with_for_update()
            if (was := connection.execute(before).scalar()) is None:
                raise StoreError(f"Run {run_id} can not be finished: it was never started.")
            connection.execute(statement)
            append_entry(connection, replace(entry, before={"status": was}))

    def get(self, run_id: str) -> RunRecord | None:
        """One run, or None."""
        with self._database.reading() as connection:
            query = select(_runs).where(_runs.c.run_id == run_id)
            row = connection.execute(query).mappings().first()
        return None if row is None else _to_run(row)

    def list(self, *, status: RunStatus | None = None, limit: int = 100) -> tuple[RunRecord, ...]:
        """The newest runs first, at most `limit`."""
        query = select(_runs).order_by(_runs.c.started_at.desc(), _runs.c.run_id.desc())
        if status is not None:
            query = query.where(_runs.c.status == status.value)
        with self._database.reading() as connection:
            return tuple(_to_run(row) for row in connection.execute(query.limit(limit)).mappings())

    def record_stage(self, stage: StageRecord) -> None:
        """Write down where a stage stands; a later record of it replaces the earlier.

        Raises:
            StoreError: the run was never started, or the database can not be written.
        """
        if self.get(stage.run_id) is None:
            raise StoreError(f"Stage {stage.stage} belongs to run {stage.run_id}: start it first.")
        with self._database.writing() as connection:
            upsert(connection, _stages, asdict(stage))

    def stages(self, run_id: str) -> tuple[StageRecord, ...]:
        """The stages of a run, the earliest first."""
        query = select(_stages).where(_stages.c.run_id == run_id)
        query = query.order_by(_stages.c.at, _stages.c.signature, _stages.c.stage)
        with self._database.reading() as connection:
            return tuple(_to_stage(row) for row in connection.execute(query).mappings())

    def finished_stage(self, stage: str, key: str, *, signature: str = "") -> StageRecord | None:
        """The newest success of a stage with this key, in whichever run; None if there is none."""
        query = select(_stages).where(
            _stages.c.signature == signature,
            _stages.c.stage == stage,
            _stages.c.key == key,
            _stages.c.status == RunStatus.SUCCEEDED.value,
        )
        query = query.order_by(_stages.c.at.desc(), _stages.c.run_id.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _to_stage(row)


def _started(run: RunRecord, actor: str) -> AuditEntry:
    return AuditEntry(
        at=run.started_at,
        actor=actor,
        action="run.start",
        subject=run.run_id,
        after={"status": run.status.value, "path": run.path, "config": run.config},
    )


def _to_run(row: RowMapping) -> RunRecord:
    return RunRecord(**{**row, "status": RunStatus(row["status"])})


def _to_stage(row: RowMapping) -> StageRecord:
    return StageRecord(**{**row, "status": RunStatus(row["status"])})
