"""The state of one rollout: everything a controller needs to go on, as one JSON document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from ratchet.errors import ConfigurationError, InputError
from ratchet.rollout.allocation import first_percent
from ratchet.rollout.assignment import Assignment, variant_of
from ratchet.rollout.counts import IntakeCounts
from ratchet.rollout.evidence import Evidence, StageStatistics
from ratchet.rollout.evidence_json import evidence_from_json, evidence_to_json
from ratchet.rollout.memory import (
    Recent,
    RememberedLabel,
    labels_from_json,
    labels_to_json,
    placements_from_json,
    placements_to_json,
)
from ratchet.rollout.policy import FULL, Allocation, RolloutPolicy
from ratchet.rollout.records import Decision

SCHEMA_VERSION = 2
READABLE_VERSIONS = (1, 2)  # 1 knew no adaptive allocation


class Status(StrEnum):
    """Where a rollout stands."""

    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    ROLLED_BACK = "rolled_back"


class PauseKind(StrEnum):
    """Who paused, and so what goes on meanwhile."""

    PERSON = "person"  # the clock stops, all traffic goes to the baseline
    INCONCLUSIVE = "inconclusive"  # the share stays, evidence may still roll back


@dataclass(frozen=True, kw_only=True)
class Pause:
    """An interval of pause; `end` is None while it lasts."""

    kind: PauseKind
    start: datetime
    end: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)

    def length(self, now: datetime) -> timedelta:
        return max((self.end or now) - self.start, timedelta())


@dataclass(frozen=True, kw_only=True)
class Allocated:
    """The share that adaptive allocation set last; `turn` counts its times in the stage."""

    percent: float
    turn: int = 0

    @classmethod
    def under(cls, policy: RolloutPolicy, percent: float) -> Self | None:
        """What a stage begins with; None where the share is the stage's own and stays."""
        is_fixed = policy.allocation is Allocation.FIXED or percent >= FULL
        return None if is_fixed else cls(percent=percent)


@dataclass(frozen=True, kw_only=True)
class RolloutState:
    """One rollout: who, under which policy, how far, on what evidence, by which decisions.

    `stage` counts from 0. `deadline_minutes` is when the current stage must be decided, in
    minutes of its own clock. `requests` and `labels` remember single requests (see
    `memory`). `counts` says what became of every record; it is a report, so two states with
    the same evidence are equal whatever was ignored. `decisions` holds all but the holds.
    `allocated` is None under a fixed allocation.

    Never write to the parts of a state: `observe`, `tick` and the commands return new ones.
    """

    experiment_id: str
    signature: str
    salt: str
    policy: RolloutPolicy
    status: Status
    stage: int
    started_at: datetime
    stage_started_at: datetime
    deadline_minutes: float
    evidence: Evidence
    requests: Recent[int] = field(default_factory=Recent)
    labels: Recent[RememberedLabel] = field(default_factory=Recent)
    counts: IntakeCounts = field(default_factory=IntakeCounts, compare=False)
    pauses: tuple[Pause, ...] = ()
    decisions: tuple[Decision, ...] = ()
    allocated: Allocated | None = None

    @property
    def pause(self) -> Pause | None:
        """The pause that lasts, or None."""
        return self.pauses[-1] if self.status is Status.PAUSED else None

    @property
    def is_over(self) -> bool:
        return self.status in (Status.COMPLETED, Status.ROLLED_BACK)

    @property
    def is_paused_by_person(self) -> bool:
        pause = self.pause
        return pause is not None and pause.kind is PauseKind.PERSON

    @property
    def is_watching(self) -> bool:
        """Whether the candidate has all traffic and the rollout is not yet complete."""
        return not self.is_over and self.stage == self.policy.controlled_stages

    @property
    def percent(self) -> float:
        """The candidate's share of traffic just now, 0..100."""
        if self.status is Status.ROLLED_BACK or self.is_paused_by_person:
            return 0.0
        if self.status is Status.COMPLETED:
            return FULL
        return self.allocated.percent if self.allocated else self.policy.stages[self.stage]

    def minutes(self, now: datetime) -> float:
        """How long the stage has lasted, without a person's pauses; a clock set back gives 0."""
        lasted = now - self.stage_started_at
        for pause in self.pauses:
            if pause.kind is PauseKind.PERSON and pause.start >= self.stage_started_at:
                lasted -= pause.length(now)
        return max(lasted.total_seconds() / 60.0, 0.0)

    def require_policy(self, policy: RolloutPolicy) -> None:
        """Refuse another policy than the one the rollout started with.

        Raises:
            ConfigurationError: the policies differ.
        """
        if policy != self.policy:
            raise ConfigurationError(
                f"The policy of the running rollout {self.experiment_id} can not be edited; "
                "roll it back or promote it, and start another."
            )

    def to_json(self) -> dict[str, Any]:
        """The whole state as JSON values."""
        return {
            "schema_version": SCHEMA_VERSION,
            "experiment_id": self.experiment_id,
            "signature": self.signature,
            "salt": self.salt,
            "policy": self.policy.to_json(),
            "status": self.status.value,
            "stage": self.stage,
            "started_at": self.started_at.isoformat(),
            "stage_started_at": self.stage_started_at.isoformat(),
            "deadline_minutes": self.deadline_minutes,
            "evidence": evidence_to_json(self.evidence),
            "requests": placements_to_json(self.requests),
            "labels": labels_to_json(self.labels),
            "counts": self.counts.to_json(),
            "pauses": [_pause_to_json(pause) for pause in self.pauses],
            "decisions": [decision.to_json() for decision in self.decisions],
            "allocated": asdict(self.allocated) if self.allocated else None,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any] | str) -> Self:
        """Read what `to_json` wrote, as values or as JSON text.

        Raises:
            InputError: another schema version, or a field is missing or wrong.
        """
        values = json.loads(document) if isinstance(document, str) else dict(document)
        if (version := values.pop("schema_version", None)) not in READABLE_VERSIONS:
            raise InputError(
                f"A rollout state of schema version {version} can not be read; "
                f"this release reads {' and '.join(map(str, READABLE_VERSIONS))}."
            )
        try:
            return cls(**{**values, **_parsed(values)})
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"The rollout state is damaged: {error!r}.") from error


def start(
    policy: RolloutPolicy, *, experiment_id: str, signature: str, salt: str, now: datetime
) -> RolloutState:
    """A rollout at its first stage, with no evidence.

    Raises:
        InputError: an empty id, signature or salt, or a time without zone.
    """
    for name, value in (("id", experiment_id), ("signature", signature), ("salt", salt)):
        if not value:
            raise InputError(f"A rollout needs a {name}; it is empty.")
    if now.tzinfo is None:
        raise InputError(f"The start {now} has no time zone; use UTC.")
    percent = first_percent(policy, 0, Evidence(stages=[]))
    return RolloutState(
        experiment_id=experiment_id,
        signature=signature,
        salt=salt,
        policy=policy,
        status=Status.RUNNING,
        stage=0,
        started_at=now,
        stage_started_at=now,
        deadline_minutes=policy.deadline_minutes(0),
        evidence=Evidence(stages=[StageStatistics.at(percent / FULL)]),
        allocated=Allocated.under(policy, percent),
    )


def assign(state: RolloutState, key: str) -> Assignment:
    """The side of `key` just now; a growing share never moves a key back to the baseline."""
    variant = variant_of(state.salt, key, state.percent)
    return Assignment(variant=variant, stage=state.stage, percent=state.percent)


def end_pause(state: RolloutState, now: datetime) -> tuple[Pause, ...]:
    """The pauses of `state` with the lasting one, if any, ended."""
    if state.pause is None:
        return state.pauses
    return (*state.pauses[:-1], replace(state.pause, end=max(now, state.pause.start)))


def _pause_to_json(pause: Pause) -> dict[str, str | None]:
    return {
        "kind": pause.kind.value,
        "start": pause.start.isoformat(),
        "end": pause.end.isoformat() if pause.end else None,
    }


def _pause_from_json(document: Mapping[str, Any]) -> Pause:
    return Pause(
        kind=PauseKind(document["kind"]),
        start=datetime.fromisoformat(document["start"]),
        end=datetime.fromisoformat(document["end"]) if document["end"] else None,
    )


def _parsed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "policy": RolloutPolicy.from_json(values["policy"]),
        "status": Status(values["status"]),
        "started_at": datetime.fromisoformat(values["started_at"]),
        "stage_started_at": datetime.fromisoformat(values["stage_started_at"]),
        "evidence": evidence_from_json(values["evidence"]),
        "requests": placements_from_json(values["requests"]),
        "labels": labels_from_json(values["labels"]),
        "counts": IntakeCounts.from_json(values["counts"]),
        "pauses": tuple(map(_pause_from_json, values["pauses"])),
        "decisions": tuple(map(Decision.from_json, values["decisions"])),
        "allocated": Allocated(**allocated) if (allocated := values.get("allocated")) else None,
    }
