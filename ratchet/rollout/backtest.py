"""The backtest: replays recorded telemetry through a policy and says what it would have done.

The recorded requests were assigned under shares of their own time. Where the policy stands
at another share, requests are thinned by the hash of their key until the arms stand in the
policy's proportion; nothing is invented, so a backtest sees fewer requests than the record,
never more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ratchet.errors import InputError
from ratchet.rollout.assignment import BUCKETS, CANDIDATE, bucket_of
from ratchet.rollout.decisions import tick
from ratchet.rollout.intake import observe
from ratchet.rollout.policy import RolloutPolicy
from ratchet.rollout.records import Action, Decision, Outcome, QualityLabel
from ratchet.rollout.state import RolloutState, Status, start

TICK = timedelta(minutes=1)
THINNING_SALT = "backtest"


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One telemetry record as far as a rollout uses it; `share` is the candidate's, 0..1."""

    request_id: str
    key: str
    variant: str
    share: float
    success: bool
    latency_ms: float | None
    quality: float | None
    at: datetime

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Recorded:
        """Read a telemetry record; without a key each request is its own.

        Raises:
            InputError: a field is missing or can not be read.
        """
        try:
            return cls(
                request_id=str(record["request_id"]),
                key=str(record.get("key") or record["request_id"]),
                variant=str(record["variant"]),
                share=_share_of(record),
                success=bool(record["success"]),
                latency_ms=record.get("latency_ms"),
                quality=record.get("quality_score"),
                at=datetime.fromisoformat(record["timestamp"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"The telemetry record can not be replayed: {error!r}.") from error


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """What the policy would have done. `unused` requests were thinned out or came too late."""

    state: RolloutState
    holds: tuple[Decision, ...]
    used: int
    unused: int

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """All decisions but the holds; `holds` has the first of each reason."""
        return self.state.decisions


def backtest(policy: RolloutPolicy, records: Iterable[Mapping[str, Any]]) -> Backtest:
    """Replay telemetry `records` in the order of their time, with a tick every minute.

    The rollout begins at the first record and ends with a decision that ends it, a pause, or
    the last record.

    Raises:
        InputError: there is no record, or one can not be read.
    """
    recorded = sorted(map(Recorded.from_json, records), key=lambda record: record.at)
    if not recorded:
        raise InputError("There is no telemetry record to replay.")
    replay = _Replay(policy, recorded[0].at)
    for record in recorded:
        replay.tick_until(record.at)
        replay.take(record)
    replay.tick_until(recorded[-1].at + TICK)
    return replay.result(len(recorded))


class _Replay:
    """A rollout that follows the clock of the record."""

    def __init__(self, policy: RolloutPolicy, began: datetime) -> None:
        self.state = start(
            policy, experiment_id="backtest", signature="backtest", salt=THINNING_SALT, now=began
        )
        self.next_tick = began + TICK
        self.batch: list[Outcome | QualityLabel] = []
        self.used = 0
        self.holds: dict[tuple[str, ...], Decision] = {}

    def tick_until(self, at: datetime) -> None:
        while self.next_tick <= at and self.state.status is Status.RUNNING:
            self.state = observe(self.state, self.batch)
            self.batch = []
            self.state, decision = tick(self.state, now=self.next_tick)
            if decision.action is Action.HOLD:
                self.holds.setdefault(_kind_of(decision), decision)
            self.next_tick += TICK

    def take(self, record: Recorded) -> None:
        share = self.state.percent / 100
        if self.state.status is not Status.RUNNING or not _is_kept(record, share):
            return
        self.used += 1
        self.batch.append(
            Outcome(
                request_id=record.request_id,
                key=record.key,
                variant=record.variant,
                stage=self.state.stage,
                success=record.success,
                latency_ms=record.latency_ms,
                at=record.at,
                candidate_share=share,
            )
        )
        if record.quality is not None:
            self.batch.append(
                QualityLabel(request_id=record.request_id, quality=record.quality, at=record.at)
            )

    def result(self, total: int) -> Backtest:
        return Backtest(
            state=self.state,
            holds=tuple(self.holds.values()),
            used=self.used,
            unused=total - self.used,
        )


def _share_of(record: Mapping[str, Any]) -> float:
    """The candidate's share behind a record, from the propensity of its own variant."""
    propensity = float(record["propensity"])
    if not (math.isfinite(propensity) and 0 <= propensity <= 1):
        raise ValueError(f"propensity {propensity} is not in 0..1")
    return propensity if record["variant"] == CANDIDATE else 1 - propensity


def _is_kept(record: Recorded, share: float) -> bool:
    """Whether a record stays when the recorded share is thinned to the policy's.

    Each arm is kept at a rate proportional to (its part wanted) / (its part recorded), the
    larger of the two rates being 1.
    """
    if not 0 < record.share < 1:  # recorded without a baseline beside it, or the reverse
        return share == 1.0 and record.variant == CANDIDATE
    candidate, baseline = share / record.share, (1 - share) / (1 - record.share)
    rate = candidate if record.variant == CANDIDATE else baseline
    kept = round(BUCKETS * rate / max(candidate, baseline))
    return bucket_of(THINNING_SALT, record.key) < kept


def _kind_of(decision: Decision) -> tuple[str, ...]:
    """What a hold waits for, without its numbers."""
    letters = "".join(letter for letter in decision.reason if not letter.isdigit())
    return (str(decision.stage), letters)
