"""Staged rollouts: policy, evidence and decisions, as pure functions of what was observed."""

from ratchet.rollout.assignment import BASELINE, CANDIDATE, Assignment, bucket_of, variant_of
from ratchet.rollout.commands import pause, promote, resume, roll_back
from ratchet.rollout.decisions import tick
from ratchet.rollout.intake import observe
from ratchet.rollout.policy import Mode, OnDeadline, RolloutPolicy
from ratchet.rollout.records import Action, Decision, Outcome, QualityLabel, Rule
from ratchet.rollout.state import RolloutState, Status, assign, start

__all__ = [
    "BASELINE",
    "CANDIDATE",
    "Action",
    "Assignment",
    "Decision",
    "Mode",
    "OnDeadline",
    "Outcome",
    "QualityLabel",
    "RolloutPolicy",
    "RolloutState",
    "Rule",
    "Status",
    "assign",
    "bucket_of",
    "observe",
    "pause",
    "promote",
    "resume",
    "roll_back",
    "start",
    "tick",
    "variant_of",
]
