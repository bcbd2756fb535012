"""The JSON form of the evidence; floats come back bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ratchet.rollout.breaker import Breaker
from ratchet.rollout.error_evidence import ErrorEvidence
from ratchet.rollout.evidence import (
    ArmStatistics,
    Evidence,
    PeriodStatistics,
    StageStatistics,
)
from ratchet.rollout.latency_evidence import Moments
from ratchet.rollout.latency_keys import LatencyKeys
from ratchet.rollout.latency_keys_json import latency_keys_from_json, latency_keys_to_json
from ratchet.rollout.memory import KeySet
from ratchet.rollout.quality_evidence import QualityEvidence
from ratchet.rollout.sample_ratio import SampleRatio


def evidence_to_json(evidence: Evidence) -> dict[str, Any]:
    """The evidence as JSON values; sets of keys are packed."""
    return {
        "stages": [asdict(stage) for stage in evidence.stages],
        "stage_errors": _errors_to_json(evidence.stage_errors),
        "errors": _errors_to_json(evidence.errors),
        "quality": asdict(evidence.quality),
        "unit_keys": evidence.unit_keys.to_json(),
        "latency_keys": latency_keys_to_json(evidence.latency_keys),
        "breaker": asdict(evidence.breaker),
    }


def evidence_from_json(document: Mapping[str, Any]) -> Evidence:
    """Read what `evidence_to_json` wrote, now or under schema version 1."""
    if "units" in document:
        document = _from_version_1(document)
    return Evidence(
        stages=[_stage_from_json(stage) for stage in document["stages"]],
        stage_errors=_errors_from_json(document["stage_errors"]),
        errors=_errors_from_json(document["errors"]),
        quality=QualityEvidence(**document["quality"]),
        unit_keys=KeySet.from_json(document["unit_keys"]),
        latency_keys=latency_keys_from_json(document["latency_keys"]),
        breaker=Breaker(**document["breaker"]),
    )


def _errors_to_json(evidence: ErrorEvidence) -> dict[str, Any]:
    return {"logs": list(evidence.logs), "keys": evidence.keys.to_json()}


def _errors_from_json(document: Mapping[str, Any]) -> ErrorEvidence:
    return ErrorEvidence(logs=list(document["logs"]), keys=KeySet.from_json(document["keys"]))


def _stage_from_json(document: Mapping[str, Any]) -> StageStatistics:
    return StageStatistics(
        periods=list(map(_period_from_json, document["periods"])),
        quality=QualityEvidence(**document["quality"]),
    )


def _period_from_json(document: Mapping[str, Any]) -> PeriodStatistics:
    return PeriodStatistics(
        share=document["share"],
        baseline=_arm_from_json(document["baseline"]),
        candidate=_arm_from_json(document["candidate"]),
        units=SampleRatio(**document["units"]),
    )


def _arm_from_json(document: Mapping[str, Any]) -> ArmStatistics:
    return ArmStatistics(**{**document, "latency": Moments(**document["latency"])})


def _from_version_1(document: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 knew no periods: a stage held its arms, and units were those of the last."""
    none = {"candidate": 0, "baseline": 0}
    last = {side: document["units"][side] for side in none}
    units = [none] * (len(document["stages"]) - 1) + [last]
    stages = [
        {
            "periods": [
                {
                    "units": unit,
                    **{name: stage[name] for name in ("share", "baseline", "candidate")},
                }
            ],
            "quality": stage["quality"],
        }
        for stage, unit in zip(document["stages"], units, strict=True)
    ]
    return {
        **document,
        "stages": stages,
        "unit_keys": document["units"]["keys"],
        "latency_keys": latency_keys_to_json(LatencyKeys()),
    }
