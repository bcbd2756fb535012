"""The JSON form of what the latencies of a key have in common; floats come back bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ratchet.rollout.latency_keys import ArmKeys, Carried, LatencyKeys
from ratchet.rollout.memory import packed, unpacked_floats, unpacked_integers


def latency_keys_to_json(keys: LatencyKeys) -> dict[str, Any]:
    """The sums as JSON values; those of single keys are packed."""
    return {
        "candidate": _arm_to_json(keys.candidate),
        "baseline": _arm_to_json(keys.baseline),
        "stage": _carried_to_json(keys.stage),
        "rollout": _carried_to_json(keys.rollout),
    }


def latency_keys_from_json(document: Mapping[str, Any]) -> LatencyKeys:
    """Read what `latency_keys_to_json` wrote."""
    return LatencyKeys(
        candidate=_arm_from_json(document["candidate"]),
        baseline=_arm_from_json(document["baseline"]),
        stage=_carried_from_json(document["stage"]),
        rollout=_carried_from_json(document["rollout"]),
    )


def _arm_to_json(arm: ArmKeys) -> dict[str, Any]:
    return {
        "center": arm.center,
        "untracked": arm.untracked,
        "keys": packed("Q", arm.sums),
        "counts": packed("Q", [count for count, _ in arm.sums.values()]),
        "totals": packed("d", [total for _, total in arm.sums.values()]),
        "pairs": arm.pairs,
        "pair_sums": arm.pair_sums,
        "pair_products": arm.pair_products,
        "carried": [list(sums) for sums in arm.carried],
    }


def _arm_from_json(document: Mapping[str, Any]) -> ArmKeys:
    keys = unpacked_integers("Q", document["keys"])
    counts = unpacked_integers("Q", document["counts"])
    totals = unpacked_floats(document["totals"])
    return ArmKeys(
        center=document["center"],
        untracked=document["untracked"],
        sums=dict(zip(keys, zip(counts, totals, strict=True), strict=True)),
        pairs=document["pairs"],
        pair_sums=document["pair_sums"],
        pair_products=document["pair_products"],
        carried=[(products, totals) for products, totals in document["carried"]],
    )


def _carried_to_json(carried: Carried) -> dict[str, Any]:
    return {
        "keys": packed("Q", carried.residuals),
        "residuals": packed("d", carried.residuals.values()),
        "excess": carried.excess,
        "freedom": carried.freedom,
    }


def _carried_from_json(document: Mapping[str, Any]) -> Carried:
    keys = unpacked_integers("Q", document["keys"])
    residuals = unpacked_floats(document["residuals"])
    return Carried(
        residuals=dict(zip(keys, residuals, strict=True)),
        excess=document["excess"],
        freedom=document["freedom"],
    )
