"""Examples from production: only what feedback corrected or confirmed, each input once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ratchet import signatures
from ratchet.collect import Collection
from ratchet.collect.telemetry import collect_telemetry
from ratchet.errors import ConfigurationError
from ratchet.examples import Difficulty, Source, Status
from ratchet.store import Store
from tests.builders import NOON
from tests.feedback_builders import (
    COMPLETENESS,
    LOCK,
    LOGIN,
    absorb,
    absorb_labels,
    answered,
    asked,
    good,
    label,
    request,
    without,
)

NOW = NOON + timedelta(hours=1)


def collect(store: Store, **changes: Any) -> Collection:
    """What the last 90 days give."""
    arguments = {"since_days": 90, "now": NOW, **changes}
    return collect_telemetry(store.payloads, COMPLETENESS, **arguments)


def test_a_confirmed_answer_becomes_a_candidate_that_tells_where_it_is_from(store: Store) -> None:
    """Source, provenance, group, difficulty, category and the sentence of evidence."""
    absorb(store, [good("r1", "Added login() in auth.py.", key="<KEY:abcdefghijkl>")])

    (example,) = collect(store).examples

    assert example.inputs == asked("Added login() in auth.py.")
    assert example.outputs == answered()
    assert (example.source, example.status) == (Source.TELEMETRY, Status.CANDIDATE)
    assert (example.difficulty, example.category) == (Difficulty.EASY, "authentication")
    assert example.group_id == "telemetry:<KEY:abcdefghijkl>"
    assert example.quality_score is None
    assert "confirmed the answer with a quality of 0.90" in example.notes
    assert example.provenance == {
        "request_id": "r1",
        "program_version": "v2",
        "experiment_id": "e1",
        "variant": "candidate",
        "model": "anthropic/claude-sonnet",
        "recorded_at": NOON.isoformat(),
        "labelled_at": (NOON + timedelta(minutes=1)).isoformat(),
        "quality": 0.9,
        "corrected": False,
    }


def test_production_is_never_its_own_teacher(store: Store) -> None:
    """Without a label there is no example, and none with a label that is too low."""
    absorb(
        store,
        [
            request("silent", inputs=asked("One."), outputs=answered()),
            request("bad", label("bad", 0.79), inputs=asked("Two."), outputs=answered()),
        ],
    )

    found = collect(store)

    assert found.examples == ()
    assert found.skipped == {"bad label without a correction": 1}


def test_a_correction_wins_over_the_answer_of_the_model(store: Store) -> None:
    """Also when the model's answer is called good, before or after."""
    fixed = answered(LOCK)
    absorb(
        store,
        [
            request(
                "r1",
                label("r1", 1.0, minutes=1),
                label("r1", 0.2, corrected=fixed, minutes=2),
                label("r1", 0.95, minutes=3),
                inputs=asked(),
                outputs=answered(),
            )
        ],
    )

    (example,) = collect(store).examples

    assert example.outputs == fixed
    assert (example.provenance["corrected"], example.provenance["quality"]) == (True, 0.95)
    assert example.provenance["labelled_at"] == (NOON + timedelta(minutes=2)).isoformat()


def test_a_corrected_failure_is_an_example(store: Store) -> None:
    """What the program could not answer at all is worth the most."""
    absorb(
        store,
        [
            request(
                "r1",
                label("r1", corrected=answered(LOGIN)),
                inputs=asked(),
                success=False,
                error="AdapterParseError: no",
            )
        ],
    )

    (example,) = collect(store).examples

    assert example.outputs == answered(LOGIN)


def test_a_failed_request_is_not_confirmed_by_a_good_rating(store: Store) -> None:
    """An app that rates whatever it shows does not make a failure right."""
    absorb(
        store,
        [
            request(
                "r1", label("r1", 1.0), inputs=asked(), outputs=answered(), success=False, error="E"
            )
        ],
    )

    assert collect(store).examples == ()
    assert collect(store).skipped == {"failed without a correction": 1}


def test_the_newest_rating_decides(store: Store) -> None:
    """A second look takes a confirmation back, or gives it."""
    absorb(
        store,
        [
            request(
                "taken-back",
                label("taken-back", 1.0, minutes=1),
                label("taken-back", 0.1, minutes=2),
                inputs=asked("One."),
                outputs=answered(),
            ),
            request(
                "given",
                label("given", 1.0, minutes=2),
                label("given", 0.1, minutes=1),
                inputs=asked("Two."),
                outputs=answered(),
            ),
        ],
    )

    assert [e.provenance["request_id"] for e in collect(store).examples] == ["given"]


def test_the_same_inputs_give_one_example_by_the_newest_label(store: Store) -> None:
    """A thousand requests of one text, whatever its spacing, are one example."""
    absorb(
        store,
        [
            request(
                f"r{n}",
                label(f"r{n}", 0.9, minutes=n),
                inputs=asked("Added  Login." if n % 2 else "added login."),
                outputs=answered(explanation=f"{n} times."),
            )
            for n in range(5)
        ],
    )

    found = collect(store)

    assert [e.outputs["explanation"] for e in found.examples] == ["4 times."]
    assert found.skipped == {"repeated inputs": 4}
    assert found.notes == ()


def test_an_answer_that_is_refuted_later_in_another_request_is_out(store: Store) -> None:
    """The same answer to the same inputs is one answer."""
    absorb(
        store,
        [
            good("r1", "One."),
            request("r2", label("r2", 0.0, minutes=9), inputs=asked("One."), outputs=answered()),
        ],
    )

    assert collect(store).examples == ()


def test_contradicting_corrections_are_said_and_the_latest_wins(store: Store) -> None:
    """Of one request and of several with the same inputs."""
    absorb(
        store,
        [
            request(
                "twice",
                label("twice", corrected=answered(LOCK), minutes=1),
                label("twice", corrected=answered(), minutes=2),
                inputs=asked("One."),
            ),
            request("a", label("a", corrected=answered(LOGIN), minutes=5), inputs=asked("Two.")),
            request("b", label("b", corrected=answered(), minutes=4), inputs=asked("Two.")),
            request("same", label("same", corrected=answered(), minutes=1), inputs=asked("Six.")),
            request("too", label("too", corrected=answered(), minutes=4), inputs=asked("Six.")),
        ],
    )

    found = collect(store)

    outputs = {e.inputs["implementation"]: e.outputs for e in found.examples}
    assert outputs == {"One.": answered(), "Two.": answered(LOGIN), "Six.": answered()}
    (note,) = found.notes
    assert "contradicts itself on 2 inputs" in note
    assert note.endswith("a, twice.")


def test_confirmed_answers_with_opposite_labels_are_said(store: Store) -> None:
    """Two ratings can not both be right; the newer one is taken, and somebody should look."""
    absorb(store, [good("r1", "One."), good("r2", "One.", LOCK)])
    absorb_labels(store, [label("r2", 1.0, minutes=7)])

    found = collect(store)

    assert [e.outputs for e in found.examples] == [answered(LOCK)]
    assert "contradicts itself" in found.notes[0]


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (None, "inputs were not kept"),
        (["a"], "inputs are no object"),
        (without(asked(), "requirements"), "input requirements is missing"),
        ({**asked(), "persona": "x"}, "input persona is unknown"),
        ({**asked(), "requirements": "x"}, "input requirements breaks the contract"),
        ({**asked(), "implementation": "<FIELD:abcdefghijkl>"}, "redacted as a whole"),
        ({**asked(), "requirements": ["<EMAIL:abcdefghijkl>"]}, "redacted as a whole"),
    ],
)
def test_inputs_of_no_use_are_counted_with_the_reason(
    store: Store, inputs: Any, reason: str
) -> None:
    """Missing, unknown, mistyped, cut and wholly redacted ones."""
    absorb(store, [request("r1", label("r1", 1.0), inputs=inputs, outputs=answered())])

    found = collect(store)

    assert found.examples == ()
    ((counted, count),) = found.skipped.items()
    assert reason in counted
    assert count == 1


@pytest.mark.parametrize(
    ("outputs", "reason"),
    [
        (None, "outputs were not kept"),
        (without(answered(), "explanation"), "output explanation is missing"),
        ({**answered(), "verdict": 1}, "output verdict is unknown"),
        ({**answered(), "is_complete": "yes"}, "output is_complete breaks the contract"),
        ({**answered(), "is_complete": False}, "outputs contradict the inputs or each other"),
        ({**answered(), "explanation": "<FIELD:abcdefghijkl>"}, "redacted as a whole"),
    ],
)
def test_outputs_of_no_use_are_counted_with_the_reason(
    store: Store, outputs: Any, reason: str
) -> None:
    """An answer that breaks the contract is no truth, however it was rated."""
    absorb(store, [request("r1", label("r1", 1.0), inputs=asked(), outputs=outputs)])

    found = collect(store)

    assert found.examples == ()
    assert [reason in counted for counted in found.skipped] == [True]


def test_half_a_correction_is_no_example_and_not_filled_from_the_answer(store: Store) -> None:
    """Nobody vouched for the fields that the correction leaves out."""
    half = {"is_complete": False, "missing_requirements": [LOCK]}
    absorb(
        store,
        [request("r1", label("r1", 1.0, corrected=half), inputs=asked(), outputs=answered())],
    )

    found = collect(store)

    assert found.examples == ()
    assert found.skipped == {"correction: output explanation is missing": 1}


def test_what_is_partly_redacted_stays_useful(store: Store) -> None:
    """A stand-in inside a text is a word like another."""
    absorb(store, [good("r1", "Wrote a mail to <EMAIL:abcdefghijkl> on login.")])

    assert len(collect(store).examples) == 1


def test_the_reasoning_that_a_module_adds_is_left_out(store: Store) -> None:
    """ChainOfThought answers more fields than the signature has."""
    outputs = answered(reasoning="Both are there.")
    absorb(store, [request("r1", label("r1", 1.0), inputs=asked(), outputs=outputs)])

    assert [e.outputs for e in collect(store).examples] == [answered()]


def test_requests_without_a_key_are_grouped_by_their_inputs(store: Store) -> None:
    """As for every source that knows no group; near-duplicates are linked by validation."""
    absorb(store, [good("r1", "One."), good("r2", "Two.")])

    groups = Counter(e.group_id for e in collect(store).examples)

    assert len(groups) == 2
    assert all(group.startswith("inputs-") for group in groups)


def test_the_window_is_by_the_day_of_the_request(store: Store) -> None:
    """Late feedback on an old request does not bring it back."""
    absorb(store, [good("old", "One.", at=NOW - timedelta(days=8)), good("new", "Two.")])

    found = collect(store, since_days=7)

    assert [e.provenance["request_id"] for e in found.examples] == ["new"]


def test_the_threshold_can_be_set(store: Store) -> None:
    """From the quality given on, itself included."""
    absorb(store, [good("r1", "One.")])

    assert len(collect(store, min_quality=0.9).examples) == 1
    assert collect(store, min_quality=0.91).examples == ()


def test_nothing_there_is_said_in_a_sentence(store: Store) -> None:
    """With what to do about it; labels of unsampled requests are counted."""
    absorb(store, [request("r1", label("r1", 1.0), has_payload=False)])

    found = collect(store, target=30)

    assert found.examples == ()
    assert len(found.notes) == 2
    assert "router.feedback()" in found.notes[0]
    assert "1 labelled requests were not sampled" in found.notes[1]


def test_a_target_is_chosen_for_balance_with_a_remedy_for_what_is_short(store: Store) -> None:
    """Every label comes; the sentence names feedback, not a longer git history."""
    said = [good(f"c{n}", f"Added part {n}.") for n in range(20)]
    said += [good(f"i{n}", f"Left out part {n}.", LOCK, key=f"k{n}") for n in range(20)]
    absorb(store, said)

    found = collect(store, target=10)

    assert len(found.examples) == 10
    assert {e.outputs["is_complete"] for e in found.examples} == {False, True}
    assert any("router.feedback" in note for note in found.notes)
    assert not any("--repo" in note for note in found.notes)


def test_one_key_that_asks_most_is_said(store: Store) -> None:
    """Its examples can not be split."""
    absorb(store, [good(f"r{n}", f"Added part {n}.", key="k") for n in range(10)])

    assert "10 of 10 examples are of one key" in collect(store).notes[0]


def test_the_order_of_arrival_is_nothing(store: Store) -> None:
    """Feedback before its request gives what feedback after it gives."""
    absorb_labels(store, [label("r1", corrected=answered(LOCK))])
    absorb(store, [request("r1", inputs=asked(), outputs=answered())])

    assert [e.outputs for e in collect(store).examples] == [answered(LOCK)]


def test_where_one_question_has_many_right_answers_each_is_kept(store: Store) -> None:
    """A signature told apart by its outputs has no contradiction in two answers."""
    spec = replace(signatures.get(COMPLETENESS), name="write", told_apart_by=("explanation",))
    signatures.register(spec)
    said = [
        request(
            request_id,
            label(request_id, 1.0),
            inputs=asked(),
            outputs=answered(explanation=text),
            signature="write",
        )
        for request_id, text in (("r1", "One."), ("r2", "Two."), ("r3", "Two."))
    ]
    absorb(store, said)

    found = collect_telemetry(store.payloads, "write", since_days=90, now=NOW)

    assert {e.outputs["explanation"] for e in found.examples} == {"One.", "Two."}
    assert (found.skipped, found.notes) == ({"repeated inputs": 1}, ())


def test_an_unknown_signature_is_refused(store: Store) -> None:
    """With the nearest name."""
    with pytest.raises(ConfigurationError, match="validate_intent"):
        collect_telemetry(store.payloads, "validate_intend", since_days=1, now=NOW)
