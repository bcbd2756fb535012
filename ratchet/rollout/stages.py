"""The stage behind a share of traffic: telemetry records the share, not the stage."""

from __future__ import annotations

from ratchet.rollout.assignment import BUCKETS, buckets_below
from ratchet.rollout.policy import RolloutPolicy
from ratchet.rollout.records import is_finite

_ROUNDING = 1e-6  # buckets; a share went through decimal text and binary floats


def stage_of(policy: RolloutPolicy, candidate_share: float | None) -> int | None:
    """The stage in which a key was assigned, from the candidate's share of traffic then.

    Shares grow strictly from stage to stage, and a share within a stage lies above the
    percent of the stage before, so it is the first stage whose percent reaches the share.

    Args:
        policy: The policy of the rollout that made the assignment.
        candidate_share: 0..1, a whole number of 1/10,000.

    Returns:
        The stage, counted from 0, or None for a share of 0 (no candidate ran, as in a
        person's pause) and for what can not be a share: unknown, not a number, below 0,
        above 1, or between two buckets.

    >>> policy = RolloutPolicy.standard()
    >>> [stage_of(policy, share) for share in (0.1, 0.25, 0.3, 1.0, 0.0, 1.5)]
    [0, 1, 2, 4, None, None]
    """
    if not is_finite(candidate_share):
        return None
    exact = candidate_share * BUCKETS  # type: ignore[operator]  # finite
    buckets = round(exact)
    if not 0 < buckets <= BUCKETS or abs(exact - buckets) > _ROUNDING:
        return None
    tops = map(buckets_below, policy.stages)
    return next(stage for stage, top in enumerate(tops) if buckets <= top)
