"""The intake: each request once, in the stage and arm of its assignment, whatever comes."""

from __future__ import annotations

import json
import math
from datetime import timedelta

import pytest

from ratchet.errors import InputError
from ratchet.rollout import (
    BASELINE,
    CANDIDATE,
    RolloutState,
    observe,
    pause,
    promote,
    resume,
    roll_back,
    start,
)
from ratchet.rollout.memory import GENERATION, Recent, RememberedLabel
from tests.rollout_builders import (
    NOON,
    begun,
    label,
    labels_for,
    minutes_later,
    mixed,
    outcome,
    outcomes,
    tick_after,
    to_stage,
)


def test_a_request_counts_once() -> None:
    """Duplicates, in one batch or later, change nothing but a counter."""
    record = outcome(success=False)
    once = observe(begun(), [record])

    again = observe(observe(once, [record, record]), [record])

    assert again == once
    assert again.counts.duplicates == 3
    assert again.evidence.current.candidate.requests == 1


def test_the_first_report_of_a_request_stands() -> None:
    """A second outcome under the same id, even of the other arm, is a duplicate."""
    state = observe(begun(), [outcome(request_id="r"), outcome(BASELINE, request_id="r")])

    assert state.evidence.current.baseline.requests == 0


def test_observe_leaves_the_state_it_was_given() -> None:
    """The old state can still be used, written, compared."""
    state = observe(begun(), mixed(candidate_errors=3))
    before = json.dumps(state.to_json())

    observe(state, mixed(candidate_errors=5, baseline_errors=9))

    assert json.dumps(state.to_json()) == before


def test_a_late_outcome_counts_where_it_was_assigned() -> None:
    """An outcome of stage 0 that arrives in stage 1 is stage 0's."""
    state, _ = to_stage(begun(), 1)

    late = observe(state, [outcome(stage=0, success=False, at=minutes_later(59))])

    first, second = late.evidence.stages
    assert first.candidate.errors == 1
    assert (second.candidate.requests, second.candidate.errors) == (0, 0)
    assert late.evidence.errors.log_e_value() > state.evidence.errors.log_e_value()
    assert late.evidence.stage_errors == state.evidence.stage_errors


@pytest.mark.parametrize("latency", [math.nan, math.inf, -math.inf, -1.0, None, True])
def test_an_impossible_latency_is_refused_and_the_request_counts(latency: float | None) -> None:
    """A failing candidate can not hide behind bad timings."""
    state = observe(begun(), [outcome(success=False, latency_ms=latency)])

    arm = state.evidence.current.candidate
    assert (arm.requests, arm.errors, arm.latency.count) == (1, 1, 0)
    assert state.counts.latencies_refused == 1


def test_latency_is_clipped_at_the_timeout_of_the_client() -> None:
    """No request takes longer than the client waits."""
    state = observe(begun(client_timeout_ms=30_000), [outcome(latency_ms=1e9)])

    assert state.evidence.current.candidate.latency.mean == 30_000
    assert state.counts.latencies_clipped == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"variant": "control"}, "unknown variant"),
        ({"stage": 1}, "stage that has not begun"),
        ({"stage": -1}, "stage that has not begun"),
        ({"stage": None}, "stage that has not begun"),
        ({"request_id": ""}, "no request_id"),
        ({"at": NOON.replace(tzinfo=None)}, "time without zone"),
    ],
)
def test_an_impossible_outcome_is_refused_as_data(changes: dict[str, object], reason: str) -> None:
    """It is counted by its reason, and never raised into the controller."""
    state = observe(begun(), [outcome(**changes)])

    assert state == begun()
    assert state.counts.refused == {reason: 1}


@pytest.mark.parametrize("quality", [math.nan, math.inf, -0.01, 1.01])
def test_an_impossible_quality_is_refused_as_data(quality: float) -> None:
    """A label outside 0..1 is no label."""
    record = outcome()

    state = observe(begun(), [record, label(record.request_id, quality)])

    assert state.evidence.quality.count == 0
    assert state.counts.refused == {"quality outside 0..1": 1}


def test_clock_skew_and_future_stamps_change_nothing() -> None:
    """Evidence goes by assignment and arrival, so a wrong clock of an app does no harm."""
    stamps = [NOON - timedelta(days=400), NOON, NOON + timedelta(days=400)]
    records = mixed(candidate_errors=4, quality=None)
    states = []
    for shift in range(3):
        skewed = [
            outcome(
                record.variant,
                request_id=record.request_id,
                success=record.success,
                latency_ms=record.latency_ms,
                at=stamps[(n + shift) % 3],
            )
            for n, record in enumerate(records)
            if not hasattr(record, "quality")
        ]
        states.append(observe(begun(), skewed))

    assert states[0] == states[1] == states[2]


def test_a_label_waits_for_its_outcome() -> None:
    """Labels before, between and after their outcomes give the same evidence."""
    records = outcomes(CANDIDATE, 5)
    labels = labels_for(records, 0.4)

    before = observe(observe(begun(), labels), records)
    after = observe(observe(begun(), records), labels)

    assert before.evidence == after.evidence
    assert before.evidence.quality.count == 5


def test_a_late_label_counts_in_the_stage_of_its_outcome() -> None:
    """A label that comes an hour later belongs to the stage where the request was served."""
    records = outcomes(CANDIDATE, 3)
    state, _ = to_stage(observe(begun(), records), 1)
    had = state.evidence.stages[0].quality.count

    late = observe(state, labels_for(records, 0.1))

    assert late.evidence.stages[0].quality.count == had + 3
    assert late.evidence.current.quality.count == 0
    assert late.evidence.quality.count == state.evidence.quality.count + 3


def test_labels_of_the_baseline_are_no_evidence() -> None:
    """Quality is judged against its limit, on the candidate alone."""
    records = outcomes(BASELINE, 50)

    state = observe(begun(), [*records, *labels_for(records, 0.0)])

    assert state.evidence.quality.count == 0


def test_a_corrected_label_replaces_the_earlier_one() -> None:
    """The latest word counts, in whatever order the words arrive."""
    record = outcome()
    first, second = label("r", 0.9, at=NOON), label("r", 0.2, at=minutes_later(5))
    record = outcome(request_id="r")

    forwards = observe(begun(), [record, first, second, first])
    backwards = observe(begun(), [second, first, record])

    assert forwards.evidence.quality.mean() == pytest.approx(0.2)
    assert backwards.evidence.quality.mean() == pytest.approx(0.2)
    assert forwards.counts.labels_corrected == 1
    assert forwards.counts.labels_repeated == 1


def test_a_repeated_label_counts_once() -> None:
    """Feedback delivered twice is one label."""
    record = outcome(request_id="r")
    once = observe(begun(), [record, label("r")])

    assert observe(once, [label("r"), label("r")]) == once


@pytest.mark.parametrize("end", [roll_back, promote])
def test_what_arrives_after_the_end_is_ignored_and_counted(end: object) -> None:
    """A rollback latches; nothing that arrives later revives the experiment."""
    state, _ = end(begun(), actor="ann", reason="enough", now=NOON)  # type: ignore[operator]

    later = observe(state, [*outcomes(CANDIDATE, 10), label("r")])

    assert later == state
    assert later.counts.after_end == 11
    assert tick_after(later, 600)[0] == later


def test_requests_of_a_pause_compare_with_nothing() -> None:
    """A person's pause sends everybody to the baseline; that is no evidence for either arm."""
    state, _ = pause(begun(), actor="ann", reason="look", now=minutes_later(10))
    during = outcomes(BASELINE, 5, at=minutes_later(12))
    in_flight = outcomes(CANDIDATE, 2, at=minutes_later(10))
    paused = observe(state, [*during[:3], *in_flight])
    resumed, _ = resume(paused, actor="ann", reason="go on", now=minutes_later(20))

    after = observe(resumed, [*during[3:], *outcomes(BASELINE, 4, at=minutes_later(21))])

    stage = after.evidence.current
    assert (stage.candidate.requests, stage.baseline.requests) == (2, 4)
    assert after.counts.outside == 5


def test_an_app_can_say_that_nothing_ran_beside_a_request() -> None:
    """A share of 0 recorded with the request puts it outside, whatever the clocks say."""
    state = observe(begun(), [outcome(BASELINE, candidate_share=0.0), outcome(BASELINE)])

    assert state.evidence.current.baseline.requests == 1


def test_the_memory_forgets_whole_generations_and_never_the_last_ones() -> None:
    """At least the last 100,000 identifiers are known, at most 200,000."""
    memory: Recent[int] = Recent()
    for number in range(2 * GENERATION + 1):
        memory.put(number, 0)

    assert memory.get(0) is None
    assert memory.get(GENERATION + 1) == 0
    assert len(memory.newest) + len(memory.older) <= 2 * GENERATION


def test_copies_of_the_memory_do_not_see_each_other() -> None:
    """Two controllers that start from one state do not share what they learn."""
    memory: Recent[RememberedLabel] = Recent()
    copy = memory.copy()
    copy.put(1, RememberedLabel(0.5, 0.0))

    assert memory.get(1) is None


def test_a_state_is_one_json_document() -> None:
    """Written as text and read back it is the same state, with its counts."""
    state, _ = to_stage(begun(), 2)
    waiting = observe(state, [*mixed(stage=2, candidate_errors=7), label("not yet"), outcome("?")])
    paused, _ = pause(waiting, actor="ann", reason="look", now=minutes_later(150))

    read = RolloutState.from_json(json.dumps(paused.to_json()))

    assert read == paused
    assert RolloutState.from_json(paused.to_json()) == paused
    assert read.counts == paused.counts


@pytest.mark.parametrize(
    "change",
    [{"schema_version": 3}, {"status": "lost"}, {"evidence": {}}, {"stage_started_at": "noon"}],
)
def test_a_damaged_state_is_an_error_that_says_so(change: dict[str, object]) -> None:
    """A controller must not go on from half a state."""
    document = {**begun().to_json(), **change}

    with pytest.raises(InputError):
        RolloutState.from_json(document)


@pytest.mark.parametrize(
    "wrong", [{"salt": ""}, {"experiment_id": ""}, {"now": NOON.replace(tzinfo=None)}]
)
def test_a_rollout_does_not_start_without_what_it_needs(wrong: dict[str, object]) -> None:
    """An empty salt would give every experiment the same users."""
    needed = {"experiment_id": "x", "signature": "any", "salt": "s", "now": NOON}

    with pytest.raises(InputError):
        start(begun().policy, **{**needed, **wrong})  # type: ignore[arg-type]  # the fault
