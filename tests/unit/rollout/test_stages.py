"""The stage of a recorded share: unique, and unknown where nothing can be known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.rollout import RolloutPolicy, stage_of
from ratchet.rollout.assignment import BUCKETS, buckets_below

policies = st.sets(st.integers(1, BUCKETS - 1), min_size=1, max_size=6).map(
    lambda tops: RolloutPolicy(stages=(*(top / 100 for top in sorted(tops)), 100.0))
)


@given(policies)
def test_the_share_of_a_stage_belongs_to_it(policy: RolloutPolicy) -> None:
    """Every percent of a policy, written as a share, finds its own stage."""
    found = [stage_of(policy, percent / 100) for percent in policy.stages]

    assert found == list(range(len(policy.stages)))


@given(policies, st.integers(1, BUCKETS))
def test_a_share_belongs_to_the_first_stage_that_reaches_it(
    policy: RolloutPolicy, buckets: int
) -> None:
    """A share lies above the percent of the stage before, and not above its own stage's."""
    stage = stage_of(policy, buckets / BUCKETS)

    assert stage is not None
    assert buckets <= buckets_below(policy.stages[stage])
    assert stage == 0 or buckets > buckets_below(policy.stages[stage - 1])


@pytest.mark.parametrize(
    "share", [0, 0.0, -0.1, 1.0001, 2, math.nan, math.inf, -math.inf, None, True, 0.12345]
)
def test_what_can_not_be_a_share_has_no_stage(share: float | None) -> None:
    """No stage is guessed for a share of 0, out of range, or between two buckets."""
    assert stage_of(RolloutPolicy.standard(), share) is None
