"""The gate of a stage: what it asks for, in words that say how much is missing."""

from __future__ import annotations

from collections.abc import Iterator

from ratchet.rollout.breaker import REMEMBERED
from ratchet.rollout.policy import Mode
from ratchet.rollout.reading import POINTS
from ratchet.rollout.view import View


def missing_evidence(view: View) -> tuple[str, ...]:
    """What the stage has too little of; nothing that is missing is ever a pass."""
    asked = _exact_minimum(view) if view.policy.mode is Mode.EXACT else _guarded_minimum(view)
    return tuple(
        f"needs {wanted - have} more {what}" for what, have, wanted in asked if have < wanted
    )


def unhealthy_baseline(view: View) -> Iterator[str]:
    """Says so when the baseline itself fails: then being like it proves nothing."""
    if not view.state.evidence.current.is_controlled:
        return
    share = view.state.evidence.breaker.baseline_error_share()
    if share > view.policy.max_baseline_error_rate:
        yield f"the baseline is unhealthy: {share:.0%} of its last {REMEMBERED} requests failed"


def last_gate_obstacles(view: View) -> Iterator[str]:
    """Before all traffic moves, the upper bounds too must lie below the limits."""
    policy, reading = view.policy, view.cumulative
    if view.state.stage != policy.controlled_stages - 1:
        return
    error, latency = reading.error_upper, reading.latency_upper
    if error is not None and error >= policy.max_error_difference:
        yield (
            f"the last gate needs more certainty: errors may be {error * POINTS:.1f} points up "
            f"(limit {policy.max_error_difference * POINTS:g})"
        )
    if latency is not None and latency >= policy.max_latency_difference_ms:
        yield (
            f"the last gate needs more certainty: latency may be {latency:.0f} ms up "
            f"(limit {policy.max_latency_difference_ms:g})"
        )


Asked = tuple[str, int, int]


def _guarded_minimum(view: View) -> Iterator[Asked]:
    policy, stage = view.policy, view.state.evidence.current
    yield "requests", stage.requests, policy.min_requests
    yield "candidate requests", stage.candidate.requests, policy.min_per_arm
    yield "measured candidate latencies", stage.candidate.latency.count, policy.min_per_arm
    if stage.is_controlled:
        yield "baseline requests", stage.baseline.requests, policy.min_per_arm
        yield "measured baseline latencies", stage.baseline.latency.count, policy.min_per_arm
    yield "labels", stage.quality.count, policy.min_labels


def _exact_minimum(view: View) -> Iterator[Asked]:
    policy, stage = view.policy, view.state.evidence.current
    yield "requests", stage.requests, policy.min_requests
    yield "candidate requests", stage.candidate.requests, policy.min_candidate_requests
    if stage.is_controlled:
        yield "baseline requests", stage.baseline.requests, 1
