"""All SQL of Ratchet: examples, programs, evaluations, runs and the audit trail."""

from ratchet.store.audit import AuditEntry
from ratchet.store.evaluations import EvaluationRecord, SplitUse
from ratchet.store.examples import USABLE, Added, ExampleStatistics, Order
from ratchet.store.judgements import Judged, Judgement, JudgementRecord
from ratchet.store.programs import Champion, ProgramKind, ProgramRecord
from ratchet.store.rollouts import RolloutRecord, RolloutSummary
from ratchet.store.runs import RunRecord, RunStatus, StageRecord
from ratchet.store.store import Store, open_store

__all__ = [
    "USABLE",
    "Added",
    "AuditEntry",
    "Champion",
    "EvaluationRecord",
    "ExampleStatistics",
    "Judged",
    "Judgement",
    "JudgementRecord",
    "Order",
    "ProgramKind",
    "ProgramRecord",
    "RolloutRecord",
    "RolloutSummary",
    "RunRecord",
    "RunStatus",
    "SplitUse",
    "StageRecord",
    "Store",
    "open_store",
]
