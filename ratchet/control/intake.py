"""From stored telemetry to what the pure core observes."""

from __future__ import annotations

from collections.abc import Iterator

from ratchet.rollout import Outcome, QualityLabel, RolloutPolicy, stage_of
from ratchet.rollout.assignment import BUCKETS
from ratchet.store.telemetry import Arrived, OutcomeRow


def outcomes_and_labels(
    policy: RolloutPolicy, arrived: Arrived
) -> Iterator[Outcome | QualityLabel]:
    """What arrived, as the core takes it: outcomes in the order of time, then labels.

    Requests that compare with nothing, because they were not served by the variant they
    were assigned, are left out.
    """
    for row in arrived.outcomes:
        if row.candidate_buckets is not None:
            yield _outcome(policy, row, row.candidate_buckets / BUCKETS)
    for label in arrived.labels:
        if label.quality_score is not None:
            yield QualityLabel(
                request_id=label.request_id, quality=label.quality_score, at=label.at
            )


def _outcome(policy: RolloutPolicy, row: OutcomeRow, share: float) -> Outcome:
    return Outcome(
        request_id=row.request_id,
        key=row.key or row.request_id,
        variant=row.variant,
        stage=stage_of(policy, share) or 0,  # a share of 0 is outside every stage
        success=row.success,
        latency_ms=row.latency_ms,
        at=row.at,
        candidate_share=share,
    )
