"""Builders of what the store keeps: valid records that take what the test is about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ratchet.examples import Example
from ratchet.store import (
    AuditEntry,
    EvaluationRecord,
    ProgramKind,
    ProgramRecord,
    RunRecord,
    RunStatus,
    SplitUse,
    StageRecord,
)
from tests.builders import NOON, completeness_example


def numbered_examples(count: int) -> Iterator[Example]:
    """Different examples, each a second younger than the one before."""
    for number in range(count):
        yield completeness_example(
            implementation=f"implementation {number}", created_at=NOON + timedelta(seconds=number)
        )


def program(version: str = "v1", **changes: Any) -> ProgramRecord:
    """A candidate program of validate_completeness."""
    fields: dict[str, Any] = {
        "signature": "validate_completeness",
        "version": version,
        "created_at": NOON,
        "path": f"programs/validate_completeness/{version}.json",
        "sha256": "0" * 64,
        "kind": ProgramKind.CANDIDATE,
        "optimizer": "mipro",
        "dataset_version": "v20260301_120000",
        "model": "offline/in-context",
    }
    return ProgramRecord(**{**fields, **changes})


def evaluation(evaluation_id: str = "e1", **changes: Any) -> EvaluationRecord:
    """An evaluation that promotes v2 over v1."""
    fields: dict[str, Any] = {
        "evaluation_id": evaluation_id,
        "run_id": "run_1",
        "signature": "validate_completeness",
        "dataset_version": "v20260301_120000",
        "baseline_version": "v1",
        "candidate_version": "v2",
        "split": "test",
        "baseline_score": 0.5,
        "candidate_score": 0.75,
        "lower": 0.125,
        "upper": 0.375,
        "n": 80,
        "errors": 1,
        "verdict": "promote",
        "reasons": ("The gain is 50 %.", "Its lower bound is above 0."),
        "model": "offline/in-context",
        "created_at": NOON,
        "details": {"majority": 0.25, "seeds": [1, 2]},
    }
    return EvaluationRecord(**{**fields, **changes})


def split_use(evaluation_id: str = "e1", **changes: Any) -> SplitUse:
    """A look at the test split of a dataset version."""
    fields: dict[str, Any] = {
        "evaluation_id": evaluation_id,
        "signature": "validate_completeness",
        "dataset_version": "v20260301_120000",
        "n": 80,
        "purpose": "verdict",
        "actor": "ada",
        "at": NOON,
    }
    return SplitUse(**{**fields, **changes})


def run(run_id: str = "run_1", **changes: Any) -> RunRecord:
    """A run that has just started."""
    fields: dict[str, Any] = {
        "run_id": run_id,
        "started_at": NOON,
        "path": f"runs/{run_id}",
        "config": {"trials": 50},
    }
    return RunRecord(**{**fields, **changes})


def stage(stage: str = "collect", **changes: Any) -> StageRecord:
    """A finished stage of run_1."""
    fields: dict[str, Any] = {
        "run_id": "run_1",
        "signature": "validate_completeness",
        "stage": stage,
        "key": "k1",
        "status": RunStatus.SUCCEEDED,
        "at": NOON,
        "result": {"path": "collected.jsonl"},
    }
    return StageRecord(**{**fields, **changes})


def audit_entry(**changes: Any) -> AuditEntry:
    """An entry about validate_completeness."""
    fields: dict[str, Any] = {
        "at": NOON,
        "actor": "ada",
        "action": "gate.override",
        "subject": "validate_completeness",
        "reason": "enough for a first look",
        "before": {"verdict": "reject"},
        "after": {"verdict": "pass", "checks": [1, 2]},
    }
    return AuditEntry(**{**fields, **changes})
