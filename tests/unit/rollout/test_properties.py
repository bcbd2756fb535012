"""What holds for any outcomes, labels and ticks, found by search."""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.rollout import (
    BASELINE,
    CANDIDATE,
    Action,
    Outcome,
    QualityLabel,
    RolloutPolicy,
    RolloutState,
    observe,
    roll_back,
    tick,
)
from tests.rollout_builders import NOON, begun, minutes_later

FEW = settings(max_examples=60, deadline=None)

IDS = st.integers(0, 30).map(lambda number: f"r{number}")
OUTCOMES = st.builds(
    Outcome,
    request_id=IDS,
    key=st.sampled_from(["a", "b", "c", "d"]),
    variant=st.sampled_from([BASELINE, CANDIDATE, "other"]),
    stage=st.integers(-1, 1),
    success=st.booleans(),
    latency_ms=st.one_of(st.none(), st.floats(), st.floats(0, 5_000)),
    at=st.integers(-100, 500).map(minutes_later),
    candidate_share=st.sampled_from([None, 0.0, 0.05, 0.1, 0.25]),
)
LABELS = st.builds(
    QualityLabel,
    request_id=IDS,
    quality=st.one_of(st.floats(), st.floats(0, 1)),
    at=st.integers(-100, 500).map(minutes_later),
)
RECORDS = st.lists(st.one_of(OUTCOMES, LABELS), max_size=40)
# Small stages, so that short histories reach decisions.
POLICIES = st.builds(
    lambda kind, **changes: RolloutPolicy.standard(mode=kind[0], allocation=kind[1], **changes),
    kind=st.sampled_from([("guarded", "fixed"), ("guarded", "thompson"), ("exact", "fixed")]),
    on_deadline=st.sampled_from(["decide", "pause"]),
    min_minutes=st.just(5),
    min_requests=st.just(4),
    min_per_arm=st.just(2),
    min_candidate_requests=st.just(1),
    min_labels=st.just(1),
)


@FEW
@given(RECORDS, RECORDS)
def test_observing_in_two_batches_is_observing_in_one(one: list, other: list) -> None:
    """Batches are an accident of ingestion."""
    together = observe(begun(), [*one, *other])
    apart = observe(observe(begun(), one), other)

    assert together == apart
    assert together.counts == apart.counts


@FEW
@given(RECORDS)
def test_observing_again_changes_nothing(records: list) -> None:
    """A batch that is ingested twice after a kill is one batch."""
    once = observe(begun(), records)

    assert observe(once, records) == once


@FEW
@given(POLICIES, st.lists(st.tuples(RECORDS, st.integers(0, 30)), max_size=12))
def test_any_state_survives_a_round_trip(policy: RolloutPolicy, steps: list) -> None:
    """Whatever happened, the document holds it all, and decides the same."""
    state, clock = begun(policy), 0
    for records, minutes in steps:
        clock += minutes
        state = observe(state, records)
        read = RolloutState.from_json(json.dumps(state.to_json()))
        assert read == state
        assert tick(read, now=minutes_later(clock)) == tick(state, now=minutes_later(clock))
        state, _ = tick(state, now=minutes_later(clock))


@FEW
@given(POLICIES, st.lists(st.tuples(RECORDS, st.integers(0, 30)), max_size=12))
def test_shares_only_grow_until_the_rollout_ends(policy: RolloutPolicy, steps: list) -> None:
    """No decision of the controller goes back to a smaller share, but a rollback."""
    state, clock, shares = begun(policy), 0, [0.01]
    for records, minutes in steps:
        clock += minutes
        state, _ = tick(observe(state, records), now=minutes_later(clock))
        shares.append(state.percent)

    kept = [share for share in shares if share > 0]
    assert kept == sorted(kept)
    assert 0.0 not in shares or set(shares[shares.index(0.0) :]) == {0.0}


@FEW
@given(POLICIES, RECORDS, st.integers(0, 10_000))
def test_a_rollback_latches(policy: RolloutPolicy, records: list, minutes: int) -> None:
    """Nothing that arrives and no tick revives the experiment."""
    gone, _ = roll_back(begun(policy), actor="ann", reason="bad", now=NOON)

    after, decision = tick(observe(gone, records), now=minutes_later(minutes))

    assert after == gone
    assert decision.action is Action.HOLD


def _without_labels(records: list) -> list:
    return [record for record in records if isinstance(record, Outcome)]


def _without_baseline(records: list) -> list:
    return [record for record in records if getattr(record, "variant", CANDIDATE) != BASELINE]


@FEW
@given(
    st.lists(st.tuples(RECORDS, st.integers(0, 300)), max_size=12),
    st.sampled_from([_without_labels, _without_baseline]),
)
def test_nothing_advances_without_labels_or_without_a_baseline(
    steps: list, without: Callable[[list], list]
) -> None:
    """What is missing is never a pass, however long one waits."""
    policy = RolloutPolicy.standard(
        min_minutes=5, min_requests=1, min_per_arm=2, min_labels=1, deadline_factor=1_000
    )
    state, clock = begun(policy), 0
    for records, minutes in steps:
        clock += minutes
        state, decision = tick(observe(state, without(records)), now=minutes_later(clock))
        assert decision.action in {Action.HOLD, Action.ROLLBACK}
