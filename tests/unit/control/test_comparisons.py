"""The numbers of a decision beside their limits, from the evidence alone."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from ratchet.control.comparisons import Comparison, comparisons_of
from ratchet.control.explaining import explain
from ratchet.rollout import Decision, RolloutPolicy
from ratchet.store import RolloutRecord
from tests.control_builders import FAILING, live, live_to_the_end, project
from tests.rollout_traffic import quick_policy

POLICY = RolloutPolicy.standard()
LAST_GATE = POLICY.controlled_stages - 1
UNASKED = {"stage_error_upper", "stage_latency_upper_ms"}  # the last gate asks all stages together


def only(comparisons: tuple[Comparison, ...]) -> Comparison:
    """The single comparison."""
    (found,) = comparisons
    return found


def compared(stage: int = 0, **evidence: float) -> tuple[Comparison, ...]:
    """What is compared when only these numbers are known."""
    return tuple(comparisons_of(POLICY, evidence, stage=stage))


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ({"cumulative_error_upper": 0.061}, "errors (for the last gate), all stages: 6.1 points"),
        ({"cumulative_latency_upper_ms": 512.0}, "latency (for the last gate), all stages: 512 ms"),
    ],
)
def test_upper_bounds_count_at_the_last_gate_alone(evidence: dict[str, float], words: str) -> None:
    """Before it they decide nothing, so they are not said."""
    bound = only(compared(LAST_GATE, **evidence))

    assert bound.is_beyond
    assert words in bound.words()
    assert compared(LAST_GATE - 1, **evidence) == ()


def test_an_upper_bound_at_its_limit_does_not_pass() -> None:
    """The last gate wants it below."""
    assert only(compared(LAST_GATE, cumulative_latency_upper_ms=500.0)).is_beyond
    assert not only(compared(LAST_GATE, cumulative_latency_upper_ms=499.0)).is_beyond


@pytest.mark.parametrize(("e_value", "is_beyond"), [(999.0, False), (1_001.0, True)])
def test_a_sample_ratio_mismatch_is_an_e_value(e_value: float, *, is_beyond: bool) -> None:
    """What the evidence has as a logarithm is said as the number that the policy limits."""
    found = only(compared(sample_ratio_log_e=math.log(e_value)))

    assert found.is_beyond is is_beyond
    assert found.limit == POLICY.sample_ratio_limit


def test_arms_that_hold_their_shares_need_no_words() -> None:
    """Evidence for the share, and a breaker at rest, are left out."""
    assert compared(sample_ratio_log_e=-2.0, breaker_score=0.0) == ()


def test_more_evidence_than_a_number_holds_is_still_compared() -> None:
    """An e-value of e to the 5,000 is no overflow."""
    assert only(compared(sample_ratio_log_e=5_000.0)).is_beyond


def test_the_breaker_shows_its_run_beyond_the_limit(tmp_path: Path) -> None:
    """A candidate that fails every call is explained by the number that stopped it."""
    with project(tmp_path, behaviour=FAILING, requests_a_minute=300) as made:
        made.begin(quick_policy(max_error_difference=0.99))  # so that no other rule comes first
        record = live_to_the_end(made)

    end = explain(record)[-1]

    (run,) = (each for each in end.comparisons if each.measure == "breaker")
    assert "total failure" in end.rule
    assert run.is_beyond
    assert "limit of 9.21" in run.words()


def test_no_number_of_the_evidence_stays_unsaid(tmp_path: Path) -> None:
    """Every one that a rule may look at changes the words when it changes."""
    with project(tmp_path) as made:
        made.begin(quick_policy(stages=(10, 100)))
        hold = live(made, 2)
    record, evidence = hold.record, {**hold.decision.evidence, "breaker_score": 3.0}

    before = said(record, hold.decision, evidence)

    changed = {name: {**evidence, name: (value or 0.0) + 77.0} for name, value in evidence.items()}
    silent = {name for name, now in changed.items() if said(record, hold.decision, now) == before}
    assert silent == UNASKED


def said(
    record: RolloutRecord, decision: Decision, evidence: dict[str, float | None]
) -> tuple[str, ...]:
    """The words about a hold with this evidence."""
    latest = replace(decision, evidence=evidence)
    return tuple(explain(replace(record, latest=latest))[-1].lines())


def test_a_deadline_that_a_person_moved_is_not_said_wrongly(tmp_path: Path) -> None:
    """The evidence beyond the policy's deadline does not know the new one."""
    with project(tmp_path) as made:
        made.begin()
        hold = live(made, 1)
    evidence = dict(hold.decision.evidence)

    early = said(hold.record, hold.decision, {**evidence, "stage_minutes": 15.0})
    late = said(hold.record, hold.decision, {**evidence, "stage_minutes": 17.0})

    assert any("15 of at least 4 minutes (deadline: 16)" in line for line in early)
    assert any(line.endswith("17 of at least 4 minutes") for line in late)
