"""The order of the review queue."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ratchet.configuration.curation import CurationSettings
from ratchet.curation.evidence import Miss, misses_of
from ratchet.curation.queue import needs_review
from ratchet.examples import Example, Status
from tests.builders import NOON
from tests.curation_builders import open_example, queue_of
from tests.store_builders import evaluation


def test_what_the_programs_got_wrong_comes_before_what_is_merely_near_a_threshold() -> None:
    """One of program and label is wrong; a score near a threshold only may be."""
    near = open_example(1, quality_score=70.0)
    wrong = open_example(2, quality_score=85.0)

    queue = queue_of(
        [near, wrong],
        thresholds={"the gate": 70.0},
        misses={wrong.example_id: Miss(score=0.0, evaluation_id="e7")},
        settings=CurationSettings(coverage_weight=0),
    )

    assert [item.example for item in queue] == [wrong, near]
    assert "scored 0.00 on it in evaluation e7" in queue[0].reasons[0]
    assert "quality 70.0 is near the gate (70)" in queue[1].reasons[0]


def test_each_signal_gives_its_reason_and_its_weight() -> None:
    """The value of an item is the sum, the strongest reason first."""
    example = open_example(
        status=Status.QUARANTINED,
        quality_score=51.0,
        provenance={"agreement": 0.75, "corrected": True},
    )

    (item,) = queue_of([example], thresholds={"rejection": 50.0})

    values = {signal.name: round(signal.value, 2) for signal in item.signals}
    assert values == {
        "contradiction": 4.0,
        "correction": 2.0,
        "coverage": 2.0,
        "threshold": 1.6,
        "disagreement": 1.5,
    }
    assert item.value == 11.1
    assert item.signals[0].name == "contradiction"


def test_a_weight_of_nought_silences_its_question() -> None:
    """The weights are a team's to set."""
    example = open_example(provenance={"corrected": True})

    (item,) = queue_of([example], settings=CurationSettings(correction_weight=0, coverage_weight=0))

    assert item.signals == ()
    assert item.reasons == ("it is accepted and nobody looked at it yet",)


def test_the_scarcer_its_cell_the_more_a_look_is_worth() -> None:
    """Cells that are full ask for nothing; the emptiest one of an example counts."""
    usable = [open_example(number, category="cli") for number in range(60)]
    rare = open_example(99, missing=("Lock after five failures",))

    common_item, rare_item = (queue_of([e], usable=usable)[0] for e in (usable[0], rare))

    assert common_item.value < rare_item.value
    assert "the set has 0 of" in rare_item.reasons[0]


def test_what_was_skipped_comes_last() -> None:
    """However much it is worth."""
    first, last = open_example(1), open_example(2, provenance={"corrected": True})

    queue = queue_of([first, last], skipped=frozenset({last.example_id}))

    assert [item.example for item in queue] == [first, last]
    assert queue[0].value < queue[1].value
    assert queue[1].is_skipped


@given(st.permutations([open_example(n, created_at=NOON + timedelta(n)) for n in range(6)]))
def test_the_order_does_not_depend_on_the_order_of_reading(examples: list[Example]) -> None:
    """Ties go to the older example."""
    ages = [item.example.created_at for item in queue_of(examples)]

    assert ages == sorted(ages)


def test_a_well_scored_example_skips_review_unless_evidence_speaks_against_it() -> None:
    """The score does not know whether a label is right; a second look or a user does."""
    good = open_example(1, quality_score=90.0)
    doubted = open_example(2, quality_score=99.0, provenance={"agreement": 0.7})
    middling = open_example(3, quality_score=89.9)

    queue = queue_of([good, doubted, middling])

    asked = [
        i.example
        for i in queue
        if needs_review(i, quality=i.example.quality_score, manual_review_threshold=90)
    ]
    assert asked == [doubted, middling]
    assert all(
        needs_review(i, quality=99.0, manual_review_threshold=90, everything=True) for i in queue
    )


def test_a_reason_says_which_quality_is_near_a_threshold() -> None:
    """Bands take the calibrated quality where there is one; the gates take an example's own."""
    judged, other = open_example(1, quality_score=73.0), open_example(2, quality_score=53.0)

    near = queue_of(
        [judged, other],
        thresholds={"rejection": 50.0},
        raw_thresholds={"the gates": 70.0},
        calibrated={judged.example_id: 51.0},
    )
    far = queue_of([judged], thresholds={"rejection": 50.0}, calibrated={judged.example_id: 80.0})
    gates = queue_of(
        [judged], raw_thresholds={"the gates": 70.0}, calibrated={judged.example_id: 1.0}
    )

    reasons = {
        i.example.example_id: [s.reason for s in i.signals if s.name == "threshold"] for i in near
    }
    assert reasons[judged.example_id] == ["calibrated quality 51.0 is near rejection (50)"]
    assert reasons[other.example_id] == ["raw quality 53.0 is near rejection (50)"]
    assert not any(s.name == "threshold" for s in far[0].signals)
    assert any("raw quality 73.0 is near the gates (70)" in r for r in gates[0].reasons)


def test_a_candidate_never_skips_review() -> None:
    """Nothing has accepted it yet, whatever its score."""
    (item,) = queue_of([open_example(quality_score=100.0, status=Status.CANDIDATE)])

    assert needs_review(item, quality=100.0, manual_review_threshold=90)


def test_the_misses_are_those_of_the_newest_evaluation_that_kept_scores() -> None:
    """An error of a program says nothing about the example; nor does a good score."""
    scores = {
        "wrong": {"baseline": 0.0, "candidate": 0.5},
        "right": {"baseline": 0.0, "candidate": 1.0},
        "failed": {"baseline": None, "candidate": None},
        "half": {"baseline": None, "candidate": 0.25},
    }
    records = [
        evaluation("e3", details={}),
        evaluation("e2", details={"scores": scores}),
        evaluation("e1", details={"scores": {"older": {"baseline": 0.0, "candidate": 0.0}}}),
    ]

    assert misses_of(records) == {
        "wrong": Miss(score=0.25, evaluation_id="e2"),
        "half": Miss(score=0.25, evaluation_id="e2"),
    }
