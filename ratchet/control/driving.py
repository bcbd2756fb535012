"""Drives a rollout tick by tick: take telemetry in, decide, let the routing follow, wait.

The times of the ticks follow from the state, not from when a driver was started: one that was
killed and started again, or a second one beside it, ticks when the next tick is due.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from ratchet.control.clock import Clock
from ratchet.control.controller import LATEST, Controller, Tick
from ratchet.errors import InputError
from ratchet.files import read_json
from ratchet.rollout import RolloutPolicy, Status
from ratchet.store import RolloutRecord, RolloutSummary
from ratchet.telemetry import ingest

PRESETS = ("standard", "daily")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a rollout stands; `stage` counts from 1 and `reason` says why it stands there."""

    experiment_id: str
    signature: str
    status: Status
    stage: int
    percent: float
    reason: str

    @property
    def is_over(self) -> bool:
        return self.status in (Status.COMPLETED, Status.ROLLED_BACK)


class Teller(Protocol):
    """Makes known how a rollout stands: once at the beginning without a tick, then at each."""

    def __call__(self, record: RolloutRecord, tick: Tick | None) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Driver:
    """Ticks one rollout by a clock, with the telemetry of the spool folder."""

    controller: Controller
    spool: Path
    clock: Clock
    tick_seconds: float = 60.0

    def drive_stage(self, experiment_id: str, *, tell: Teller) -> Standing:
        """Tick until the stage changes or the rollout ends.

        The routing is repaired first: whoever drove before may have been killed between a
        decision and its routing.

        Raises:
            InputError: there is no such rollout.
            StoreError: the database, the spool or the routing can not be read or written;
                what was decided stays, and driving again goes on from there.
        """
        self.controller.repair_routing(now=self.clock.now())
        record = self.controller.record(experiment_id)
        stage = record.state.stage
        tell(record, None)
        while record.state.stage == stage and not record.state.is_over:
            record = self._tick(record, tell)
        return standing_of(record)

    def _tick(self, record: RolloutRecord, tell: Teller) -> RolloutRecord:
        self.clock.wait_until(next_tick(record, self.clock.now(), self.tick_seconds))
        now = self.clock.now()
        ingest(self.controller.store, self.spool, now=now)
        tick = self.controller.tick(record.experiment_id, now=now)
        tell(tick.record, tick)
        return tick.record


def next_tick(record: RolloutRecord, now: datetime, tick_seconds: float) -> datetime:
    """When the next tick is due: so long after the last one, and never further away than that.

    A clock that was set back does not stop the ticks.
    """
    pause = timedelta(seconds=tick_seconds)
    return min((record.ticked_at or record.state.started_at) + pause, now + pause)


def standing_of(record: RolloutRecord) -> Standing:
    """Where a rollout stands."""
    state = record.state
    reason = state.decisions[-1].reason if state.decisions else f"started by {record.started_by}"
    return Standing(
        experiment_id=record.experiment_id,
        signature=state.signature,
        status=state.status,
        stage=state.stage + 1,
        percent=state.percent,
        reason=reason,
    )


def begin_or_join(
    controller: Controller,
    *,
    signature: str,
    candidate: str,
    actor: str,
    now: datetime,
    policy: RolloutPolicy,
    baseline: str | None = None,
    experiment_id: str | None = None,
) -> RolloutRecord:
    """Begin a rollout, or go on with the one of that candidate which is under way.

    Raises:
        InputError: as `Controller.begin`; the signature has a rollout of another candidate.
        StoreError: as `Controller.begin`.
    """
    if (found := _under_way(controller, signature, candidate)) is not None:
        return controller.record(found.experiment_id)
    try:
        return controller.begin(
            signature=signature,
            candidate=candidate,
            actor=actor,
            now=now,
            policy=policy,
            baseline=baseline,
            experiment_id=experiment_id,
        )
    except InputError:
        if (found := _under_way(controller, signature, candidate)) is None:
            raise
        return controller.record(found.experiment_id)  # somebody else was faster


def policy_of(given: str | Mapping[str, Any]) -> RolloutPolicy:
    """The policy that a preset's name, a JSON file or a mapping describes.

    >>> policy_of("daily").stages
    (10.0, 50.0, 100.0)

    Raises:
        ConfigurationError: an unknown field, or a value out of range.
        InputError: the file is missing or broken.
    """
    if not isinstance(given, str):
        return RolloutPolicy.from_json(given)
    return RolloutPolicy.from_json(
        {"preset": given} if given in PRESETS else read_json(Path(given))
    )


def _under_way(controller: Controller, signature: str, candidate: str) -> RolloutSummary | None:
    active = controller.store.rollouts.list(signature=signature, only_active=True)
    return next((found for found in active if candidate in (found.candidate_version, LATEST)), None)
