"""Rollouts: their state with compare-and-set on a revision, and the log of their decisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from ratchet.errors import DamagedRolloutError, InputError
from ratchet.rollout import Action, Decision, RolloutState, Status
from ratchet.store import schema
from ratchet.store.counters import ROUTING, counted, locked, set_counter
from ratchet.store.engine import Database
from ratchet.store.programs import crown_candidate, uncrown_candidate
from ratchet.store.rollout_log import log_decisions, log_ending, log_refusal, log_start

_rollouts = schema.rollouts
_decisions = schema.rollout_decisions
_HEAVY = frozenset({"state", "absorbed", "announced"})


@dataclass(frozen=True, kw_only=True)
class RolloutRecord:
    """A rollout with everything a controller needs.

    `baseline_version` None is the app's own program. `revision` counts the writes,
    `absorbed` is the last arrival of telemetry in the state, `announced` the number of
    decisions that were made known, the start being the first. `latest` is what the newest
    tick decided, at `ticked_at`; it may be a hold, which the log does not keep.
    """

    state: RolloutState
    baseline_version: str | None
    candidate_version: str
    started_by: str
    revision: int = 1
    absorbed: int = 0
    announced: int = 0
    ticked_at: datetime | None = None
    latest: Decision | None = None

    @property
    def experiment_id(self) -> str:
        return self.state.experiment_id

    @property
    def ended_at(self) -> datetime | None:
        """When it was completed or rolled back for the last time; None while it goes on."""
        return self.state.decisions[-1].at if self.state.is_over else None


@dataclass(frozen=True, kw_only=True)
class RolloutSummary:
    """A rollout in a list: where it stands, without its evidence."""

    experiment_id: str
    signature: str
    status: Status
    stage: int
    percent: float
    baseline_version: str | None
    candidate_version: str
    salt: str
    policy: dict[str, Any]
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    end_reason: str
    revision: int
    ticked_at: datetime | None
    latest: Decision | None

    @property
    def is_active(self) -> bool:
        return self.ended_at is None


class RolloutStore:
    """All rollouts; at most one that has not ended for each signature."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: RolloutRecord) -> RolloutRecord:
        """Store a rollout that begins; the start is its own audit row.

        Raises:
            InputError: the signature has a rollout under way.
            StoreError: the candidate is not stored, or the database can not be written.
        """
        with self._database.writing() as connection:
            _new_routing(connection)  # starts take turns from here
            _refuse_second(connection, record.state.signature)
            connection.execute(insert(_rollouts).values(_row(record)))
            log_start(
                connection,
                record.state,
                actor=record.started_by,
                candidate=record.candidate_version,
            )
        return record

    def get(self, experiment_id: str) -> RolloutRecord | None:
        """One rollout with its state, or None.

        Raises:
            DamagedRolloutError: its state can not be read.
        """
        query = select(_rollouts).where(_rollouts.c.experiment_id == experiment_id)
        try:
            with self._database.reading() as connection:
                row = connection.execute(query).mappings().first()
            return None if row is None else _to_record(row)
        except (InputError, ValueError) as error:
            raise DamagedRolloutError(self._said_of_damaged(experiment_id, error)) from error

    def _said_of_damaged(self, experiment_id: str, error: Exception) -> str:
        is_active = any(one.experiment_id == experiment_id for one in self.list(only_active=True))
        remedy = (
            f"Restore a backup, or roll it back (`ratchet rollout rollback {experiment_id} "
            "--reason ...`)."
            if is_active
            else "It has ended and gets no traffic by itself; a backup has its evidence."
        )
        return f"The state of rollout {experiment_id} can not be read: {error} {remedy}"

    def list(
        self, *, signature: str | None = None, only_active: bool = False
    ) -> tuple[RolloutSummary, ...]:
        """Rollouts without their evidence, the newest first."""
        query = _summaries()
        if signature is not None:
            query = query.where(_rollouts.c.signature == signature)
        if only_active:
            query = query.where(_rollouts.c.ended_at.is_(None))
        with self._database.reading() as connection:
            return tuple(_to_summary(row) for row in connection.execute(query).mappings())

    def decisions(self, experiment_id: str) -> tuple[Decision, ...]:
        """The log: every decision but the holds, the oldest first."""
        query = select(_decisions.c.document).where(_decisions.c.experiment_id == experiment_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(_decisions.c.number)).scalars()
            return tuple(Decision.from_json(document) for document in rows)

    def replace(self, before: RolloutRecord, after: RolloutRecord) -> RolloutRecord | None:
        """Write `after` if nobody has written since `before` was read.

        State, log, audit and, when the rollout ends, the line of champions change in one
        transaction.

        Returns:
            What is stored now; None when somebody else was first: read again and decide again.

        Raises:
            StoreError: the database can not be written.
        """
        written = replace(after, revision=before.revision + 1)
        with self._database.writing() as connection:
            if len(after.state.decisions) > len(
                before.state.decisions
            ):  # before the row, as every writer does, so that none waits in a circle
                _new_routing(connection)
            statement = update(_rollouts).where(
                _rollouts.c.experiment_id == before.experiment_id,
                _rollouts.c.revision == before.revision,
            )
            values = {k: v for k, v in _row(written).items() if k != "announced"}
            if connection.execute(statement.values(values)).rowcount == 0:
                return None  # a revision of the routing that nobody used does no harm
            log_decisions(connection, before.state, after.state)
            _follow_with_champion(connection, before, after)
        return written

    def end_damaged(self, experiment_id: str, decision: Decision) -> bool:
        """Roll back, by a person's decision, a rollout whose state can not be read.

        The state stays as it is, for who wants to look into it; False when it was rolled back
        already.
        """
        ended = {
            "status": Status.ROLLED_BACK,
            "percent": decision.percent,
            "ended_at": decision.at,
            "end_reason": decision.reason,
            "revision": _rollouts.c.revision + 1,
        }
        statement = update(_rollouts).where(
            _rollouts.c.experiment_id == experiment_id,
            _rollouts.c.status != Status.ROLLED_BACK,
        )
        with self._database.writing() as connection:
            _new_routing(connection)
            if connection.execute(statement.values(ended)).rowcount == 0:
                return False
            log_ending(connection, experiment_id, decision)
        return True

    def record_refusal(self, experiment_id: str, decision: Decision) -> None:
        """Keep a command that was refused in the audit trail."""
        with self._database.writing() as connection:
            log_refusal(connection, experiment_id, decision)

    def mark_announced(self, experiment_id: str, *, before: int, after: int) -> bool:
        """Move the mark of what was made known; False when somebody else has."""
        statement = update(_rollouts).where(
            _rollouts.c.experiment_id == experiment_id, _rollouts.c.announced == before
        )
        with self._database.writing() as connection:
            return connection.execute(statement.values(announced=after)).rowcount == 1

    def routing(self) -> tuple[int, tuple[RolloutSummary, ...]]:
        """The revision of the routing and, of each signature, the rollout that says it.

        That is the newest; but when the newest gave its traffic back to a version that was
        itself taken back since, the rollout of that version. The revision is read first: a
        rollout that changes meanwhile is seen with an older revision, never the other way
        round.
        """
        with self._database.reading() as connection:
            revision = counted(connection, ROUTING)
        speaking: dict[str, RolloutSummary] = {}
        for summary in self.list():
            newest = speaking.get(summary.signature)
            if newest is None or _was_taken_back_since(newest, summary):
                speaking[summary.signature] = summary
        return revision, tuple(speaking.values())

    def raise_routing_revision(self, least: int) -> int:
        """Let the revision of the routing be at least `least`; the revision it then has."""
        with self._database.writing() as connection:
            revision = max(locked(connection, ROUTING), least)
            set_counter(connection, ROUTING, revision)
        return revision


def _row(record: RolloutRecord) -> dict[str, Any]:
    state, ended_at = record.state, record.ended_at
    return {
        "experiment_id": state.experiment_id,
        "signature": state.signature,
        "status": state.status,
        "stage": state.stage,
        "percent": state.percent,
        "baseline_version": record.baseline_version,
        "candidate_version": record.candidate_version,
        "salt": state.salt,
        "policy": state.policy.to_json(),
        "started_at": state.started_at,
        "started_by": record.started_by,
        "ended_at": ended_at,
        "end_reason": state.decisions[-1].reason if ended_at else "",
        "revision": record.revision,
        "absorbed": record.absorbed,
        "announced": record.announced,
        "ticked_at": record.ticked_at,
        "latest": record.latest.to_json() if record.latest else None,
        "state": state.to_json(),
    }


def _to_record(row: RowMapping) -> RolloutRecord:
    return RolloutRecord(
        state=RolloutState.from_json(row["state"]),
        baseline_version=row["baseline_version"],
        candidate_version=row["candidate_version"],
        started_by=row["started_by"],
        revision=row["revision"],
        absorbed=row["absorbed"],
        announced=row["announced"],
        ticked_at=row["ticked_at"],
        latest=_latest(row),
    )


def _summaries() -> Select[Any]:
    columns = [column for column in _rollouts.c if column.name not in _HEAVY]
    return select(*columns).order_by(
        _rollouts.c.started_at.desc(), _rollouts.c.experiment_id.desc()
    )


def _to_summary(row: RowMapping) -> RolloutSummary:
    return RolloutSummary(**{**row, "status": Status(row["status"]), "latest": _latest(row)})


def _latest(row: RowMapping) -> Decision | None:
    return Decision.from_json(row["latest"]) if row["latest"] else None


def _was_taken_back_since(newer: RolloutSummary, older: RolloutSummary) -> bool:
    """Whether the version that `newer` gave the traffic back to is no longer wanted."""
    return (
        newer.status is older.status is Status.ROLLED_BACK
        and newer.baseline_version == older.candidate_version
        and older.ended_at is not None
        and older.ended_at >= newer.started_at
    )


def _refuse_second(connection: Connection, signature: str) -> None:
    active = select(_rollouts.c.experiment_id, _rollouts.c.started_at).where(
        _rollouts.c.signature == signature, _rollouts.c.ended_at.is_(None)
    )
    if (found := connection.execute(active).first()) is not None:
        raise InputError(
            f"{signature} has a rollout under way: {found.experiment_id}, since "
            f"{found.started_at:%Y-%m-%d %H:%M} UTC. Promote it or roll it back first "
            f"(`ratchet rollout status {found.experiment_id}`)."
        )


def _new_routing(connection: Connection) -> None:
    set_counter(connection, ROUTING, locked(connection, ROUTING) + 1)


def _follow_with_champion(
    connection: Connection, before: RolloutRecord, after: RolloutRecord
) -> None:
    """A completed rollout makes its candidate champion; one taken back later unmakes it."""
    if after.state.status is before.state.status:
        return
    if after.state.status is Status.COMPLETED:
        change = crown_candidate
    elif before.state.status is Status.COMPLETED:
        change = uncrown_candidate
    else:
        return
    decision = next(d for d in reversed(after.state.decisions) if d.action is not Action.HOLD)
    change(
        connection,
        signature=after.state.signature,
        candidate=after.candidate_version,
        baseline=after.baseline_version,
        actor=decision.actor,
        reason=f"rollout {after.experiment_id}: {decision.reason}",
        at=decision.at,
    )
