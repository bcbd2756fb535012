"""The log of rollouts: rows of decisions and of the audit, written with what they record."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, insert, select

from ratchet.rollout import Decision, RolloutState, Status
from ratchet.store import schema
from ratchet.store.audit import AuditEntry, append_entry

_decisions = schema.rollout_decisions


def log_start(connection: Connection, state: RolloutState, *, actor: str, candidate: str) -> None:
    """The start is an audit row of its own; the log of decisions begins after it."""
    entry = AuditEntry(
        at=state.started_at,
        actor=actor,
        action="rollout.start",
        subject=state.experiment_id,
        reason=f"{state.signature}: {candidate}",
        after=_standing(state),
    )
    append_entry(connection, entry)


def log_decisions(connection: Connection, before: RolloutState, after: RolloutState) -> None:
    """The decisions that `after` has and `before` had not, each with its audit row."""
    known = len(before.decisions)
    for number, decision in enumerate(after.decisions[known:], start=known + 1):
        _log(connection, after.experiment_id, number, decision)
        _audit(connection, after.experiment_id, decision, _standing(before), _standing(after))


def log_ending(connection: Connection, experiment_id: str, decision: Decision) -> None:
    """The end of a rollout whose state can not be read, after the last of its log."""
    last = select(func.max(_decisions.c.number)).where(_decisions.c.experiment_id == experiment_id)
    _log(connection, experiment_id, (connection.execute(last).scalar() or 0) + 1, decision)
    ended = {"status": Status.ROLLED_BACK.value, "percent": decision.percent}
    _audit(connection, experiment_id, decision, {"state": "damaged"}, ended)


def log_refusal(connection: Connection, experiment_id: str, decision: Decision) -> None:
    """A command that was refused is in the audit trail alone."""
    entry = AuditEntry(
        at=decision.at,
        actor=decision.actor,
        action="rollout.refuse",
        subject=experiment_id,
        reason=decision.reason,
    )
    append_entry(connection, entry)


def _log(connection: Connection, experiment_id: str, number: int, decision: Decision) -> None:
    told = ("at", "action", "rule", "stage", "percent", "actor", "reason")
    row = {
        "experiment_id": experiment_id,
        "number": number,
        "document": decision.to_json(),
        **{name: getattr(decision, name) for name in told},
    }
    connection.execute(insert(_decisions).values(row))


def _audit(
    connection: Connection,
    experiment_id: str,
    decision: Decision,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    entry = AuditEntry(
        at=decision.at,
        actor=decision.actor,
        action=f"rollout.{decision.action.value}",
        subject=experiment_id,
        reason=decision.reason,
        before=before,
        after=after,
    )
    append_entry(connection, entry)


def _standing(state: RolloutState) -> dict[str, Any]:
    return {"status": state.status.value, "stage": state.stage, "percent": state.percent}
