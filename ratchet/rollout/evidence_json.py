"""The JSON form of the evidence; floats come back bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ratchet.rollout.breaker import Breaker
from ratchet.rollout.error_evidence import ErrorEvidence
from ratchet.rollout.evidence import ArmStatistics, Evidence, StageStatistics
from ratchet.rollout.latency_evidence import Moments
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
        "units": {
            "candidate": evidence.units.candidate,
            "baseline": evidence.units.baseline,
            "keys": evidence.units.keys.to_json(),
        },
        "breaker": asdict(evidence.breaker),
    }


def evidence_from_json(document: Mapping[str, Any]) -> Evidence:
    """Read what `evidence_to_json` wrote."""
    units = document["units"]
    return Evidence(
        stages=[_stage_from_json(stage) for stage in document["stages"]],
        stage_errors=_errors_from_json(document["stage_errors"]),
        errors=_errors_from_json(document["errors"]),
        quality=QualityEvidence(**document["quality"]),
        units=SampleRatio(**{**units, "keys": KeySet.from_json(units["keys"])}),
        breaker=Breaker(**document["breaker"]),
    )


def _errors_to_json(evidence: ErrorEvidence) -> dict[str, Any]:
    return {"logs": list(evidence.logs), "keys": evidence.keys.to_json()}


def _errors_from_json(document: Mapping[str, Any]) -> ErrorEvidence:
    return ErrorEvidence(logs=list(document["logs"]), keys=KeySet.from_json(document["keys"]))


def _stage_from_json(document: Mapping[str, Any]) -> StageStatistics:
    return StageStatistics(
        share=document["share"],
        baseline=_arm_from_json(document["baseline"]),
        candidate=_arm_from_json(document["candidate"]),
        quality=QualityEvidence(**document["quality"]),
    )


def _arm_from_json(document: Mapping[str, Any]) -> ArmStatistics:
    return ArmStatistics(**{**document, "latency": Moments(**document["latency"])})
