"""What comes into a rollout (outcomes, quality labels) and what goes out (decisions)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from ratchet.rollout.assignment import VARIANTS

CONTROLLER = "controller"  # the actor of a decision that no person made


class Action(StrEnum):
    """What a decision does to the rollout."""

    HOLD = "hold"
    ADVANCE = "advance"
    PAUSE = "pause"
    RESUME = "resume"
    ROLLBACK = "rollback"
    REALLOCATE = "reallocate"  # a share within the stage, or the same one confirmed
    PROMOTE = "promote"


class Rule(StrEnum):
    """Which rule decided."""

    HARM = "harm"  # evidence of harm, and a limit passed
    BREAKER = "breaker"  # the candidate fails every call
    GATE = "gate"  # the stage is done
    ALLOCATION = "allocation"  # adaptive allocation set the share within the stage
    DEADLINE = "deadline"  # the stage took too long
    WAIT = "wait"  # something is missing or not in order
    PLAIN = "plain"  # exact mode
    ENDED = "ended"  # the rollout is over
    PERSON = "person"  # a manual command


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How one request ended, as the app reported it.

    `variant` and `stage` are those of its assignment. `latency_ms` may be None when it was
    not measured. `candidate_share` is the candidate's share of traffic, 0..1, when the key was
    assigned, if the app recorded it; 0 says that nothing ran beside this request. Under
    adaptive allocation it tells the period within the stage. Values that can not be
    are accepted here and refused, and counted, by `observe`: they are data.
    """

    request_id: str
    key: str
    variant: str
    stage: int
    success: bool
    latency_ms: float | None
    at: datetime
    candidate_share: float | None = None

    def problem(self) -> str | None:
        """Why nothing of this outcome can be used, or None."""
        if not self.request_id:
            return "no request_id"
        if self.variant not in VARIANTS:
            return "unknown variant"
        if self.at.tzinfo is None:
            return "time without zone"
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityLabel:
    """The quality of one request's answer, 0..1, found later and joined by `request_id`.

    The label with the latest `at` counts when a request is labelled again.
    """

    request_id: str
    quality: float
    at: datetime

    def problem(self) -> str | None:
        """Why this label can not be used, or None."""
        if not self.request_id:
            return "no request_id"
        if not (is_finite(self.quality) and 0 <= self.quality <= 1):
            return "quality outside 0..1"
        if self.at.tzinfo is None:
            return "time without zone"
        return None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was decided, by which rule, why, and on what evidence.

    `stage` and `percent` are those after the decision. `missing` lists what a held stage
    waits for, `alerts` what a person should look at. `refused` says that a manual command
    was not carried out.
    """

    action: Action
    rule: Rule
    reason: str
    at: datetime
    stage: int
    percent: float
    actor: str = CONTROLLER
    evidence: Mapping[str, float | None] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    refused: bool = False

    def to_json(self) -> dict[str, Any]:
        """The decision as JSON values; `from_json` reads it back."""
        return {
            "action": self.action.value,
            "rule": self.rule.value,
            "reason": self.reason,
            "at": self.at.isoformat(),
            "stage": self.stage,
            "percent": self.percent,
            "actor": self.actor,
            "evidence": dict(self.evidence),
            "missing": list(self.missing),
            "alerts": list(self.alerts),
            "refused": self.refused,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            **{
                **document,
                "action": Action(document["action"]),
                "rule": Rule(document["rule"]),
                "at": datetime.fromisoformat(document["at"]),
                "evidence": dict(document["evidence"]),
                "missing": tuple(document["missing"]),
                "alerts": tuple(document["alerts"]),
            }
        )


def is_finite(value: object) -> bool:
    """Whether `value` is a number that is neither NaN nor infinite; a boolean is no number.

    >>> is_finite(1), is_finite(float("nan")), is_finite(None), is_finite(True)
    (True, False, False, False)
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)  # type: ignore[arg-type]  # narrowed above
