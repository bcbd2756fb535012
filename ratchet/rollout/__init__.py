"""Staged rollouts: policy, evidence and decisions, as pure functions of what was observed.

Names are loaded when they are first used, so that serving, which needs the assignment alone,
does not pay for the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ratchet.rollout.advice import Advice, StageEstimate, advise
    from ratchet.rollout.assignment import BASELINE, CANDIDATE, Assignment, bucket_of, variant_of
    from ratchet.rollout.commands import pause, promote, resume, roll_back
    from ratchet.rollout.decisions import tick
    from ratchet.rollout.intake import observe
    from ratchet.rollout.policy import Allocation, Mode, OnDeadline, RolloutPolicy
    from ratchet.rollout.records import Action, Decision, Outcome, QualityLabel, Rule
    from ratchet.rollout.stages import stage_of
    from ratchet.rollout.state import RolloutState, Status, assign, start

_MODULES = {
    "advice": ("Advice", "StageEstimate", "advise"),
    "assignment": ("BASELINE", "CANDIDATE", "Assignment", "bucket_of", "variant_of"),
    "commands": ("pause", "promote", "resume", "roll_back"),
    "decisions": ("tick",),
    "intake": ("observe",),
    "policy": ("Allocation", "Mode", "OnDeadline", "RolloutPolicy"),
    "records": ("Action", "Decision", "Outcome", "QualityLabel", "Rule"),
    "stages": ("stage_of",),
    "state": ("RolloutState", "Status", "assign", "start"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "BASELINE",
    "CANDIDATE",
    "Action",
    "Advice",
    "Allocation",
    "Assignment",
    "Decision",
    "Mode",
    "OnDeadline",
    "Outcome",
    "QualityLabel",
    "RolloutPolicy",
    "RolloutState",
    "Rule",
    "StageEstimate",
    "Status",
    "advise",
    "assign",
    "bucket_of",
    "observe",
    "pause",
    "promote",
    "resume",
    "roll_back",
    "stage_of",
    "start",
    "tick",
    "variant_of",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
