"""Validation accepts what is sound and new, and says of all else why it is not."""

from __future__ import annotations

import itertools
import json
import logging
import random
from typing import Any

import pytest
from rapidfuzz import fuzz

from ratchet import signatures
from ratchet.examples import Difficulty, Example, Status
from ratchet.quality.deduplication import inputs_text
from ratchet.quality.validation import validate
from ratchet.quality.validation_report import ValidationReport
from tests.builders import NOON
from tests.labelled_quality_cases import BAD_CASES, CASES, GOOD_CASES

NAME = "validate_completeness"
SPEC = signatures.get(NAME)
GOOD = [case.example for case in GOOD_CASES if case.example.signature == NAME]
SUBTLE = next(c.example for c in GOOD_CASES if c.name == "good: a subtle gap")


def check(*examples: Example, **options: Any) -> ValidationReport:
    """Validate a batch of validate_completeness at noon."""
    return validate(SPEC, examples, **{"now": NOON, **options})


def nearly(example: Example, *, group: str = "another group", **outputs: Any) -> Example:
    """The example with one word of its implementation changed."""
    implementation = example.inputs["implementation"].replace("Added", "Wrote", 1)
    return example.evolve(
        inputs={**example.inputs, "implementation": implementation},
        outputs={**example.outputs, **outputs},
        group_id=group,
    )


COMPLETE = {
    "is_complete": True,
    "missing_requirements": [],
    "explanation": "upload() sends parts, resume_upload() continues, larger files of 2 GB are "
    "rejected: 3 of 3 requirements are covered.",
}


def test_good_examples_are_accepted_with_status_and_score() -> None:
    """Accepted examples carry both, in the order of the batch, and nothing else changed."""
    report = check(*GOOD)
    assert [e.example_id for e in report.accepted] == [e.example_id for e in GOOD]
    assert all(e.status is Status.ACCEPTED and (e.quality_score or 0) > 75 for e in report.accepted)
    assert (report.rejected, report.rejection_rate) == ((), 0.0)


@pytest.mark.parametrize("name", sorted({case.example.signature for case in CASES}))
def test_the_labelled_set_is_sorted_as_a_person_sorted_it(name: str) -> None:
    """Of all labelled cases of a signature in one batch, the good ones are accepted."""
    cases = [case for case in CASES if case.example.signature == name]
    spec = signatures.get(name)
    report = validate(spec, [case.example for case in cases], now=NOON)
    accepted = {e.example_id for e in report.accepted}
    assert accepted == {case.example.example_id for case in cases if case.good}


def test_a_broken_contract_is_rejected_with_the_field() -> None:
    """Wrong types, whatever they are, cost the one example and name the field."""
    broken = SUBTLE.evolve(inputs={**SUBTLE.inputs, "requirements": "one, two"})
    report = check(broken, *GOOD)
    assert [rejection.example_id for rejection in report.rejected] == [broken.example_id]
    assert report.rejected[0].reasons[0].startswith("input requirements must be list[str]")
    assert report.rejected[0].example.status is Status.REJECTED
    assert report.rejected[0].example.quality_score is None


def test_content_that_json_can_not_hold_is_rejected_like_any_other() -> None:
    """Not even a NaN in a field, which has no content id, breaks the batch."""
    broken = SUBTLE.evolve(inputs={**SUBTLE.inputs, "implementation": float("nan")})
    report = check(broken, *GOOD)
    assert len(report.accepted) == len(GOOD)
    assert report.rejected[0].example_id.startswith("unhashable-")


def test_an_example_of_another_signature_is_rejected() -> None:
    """A batch is of one signature."""
    stranger = GOOD_CASES[0].example
    report = check(stranger)
    assert report.rejected[0].reasons == (
        "signature is extract_requirements, not validate_completeness",
    )


def test_an_unknown_category_is_an_error_with_the_nearest() -> None:
    """The vocabulary is closed; a slip gets a suggestion."""
    report = check(SUBTLE.evolve(category="databse"))
    assert report.rejected[0].reasons == ("category 'databse' is unknown; did you mean database?",)


def test_a_bad_example_is_rejected_with_its_score_and_reason() -> None:
    """Bad outright is refused here; the reason names what is wrong."""
    bad = next(
        c.example for c in BAD_CASES if c.name == "bad: incomplete, yet the explanation praises"
    )
    (rejection,) = check(bad).rejected
    assert rejection.example.quality_score is not None
    assert rejection.example.quality_score < 50
    assert "explanation contradicts the decision" in rejection.reasons[0]


def test_of_two_duplicates_the_better_stays_whatever_the_order() -> None:
    """A near-copy with the same label goes; the report names the one that stays."""
    worse = nearly(SUBTLE, explanation="Nothing rejects files larger than 2 GB.")
    for batch in ((SUBTLE, worse), (worse, SUBTLE)):
        report = check(*batch)
        assert [e.example_id for e in report.accepted] == [SUBTLE.example_id]
        assert report.rejected[0].duplicate_of == SUBTLE.example_id
        assert report.duplicate_groups[0].kept_id == SUBTLE.example_id
        assert report.duplicate_groups[0].duplicate_ids == (worse.example_id,)
        assert report.duplicate_rate == 0.5


def test_what_is_stored_is_not_accepted_again() -> None:
    """The same example, and a near-copy of it, are duplicates of the stored one."""
    report = check(SUBTLE, nearly(SUBTLE), stored=[SUBTLE])
    assert report.accepted == ()
    assert {r.duplicate_of for r in report.rejected} == {SUBTLE.example_id}


def test_the_same_example_twice_is_accepted_once() -> None:
    """A batch may repeat itself."""
    report = check(SUBTLE, SUBTLE)
    assert (len(report.accepted), len(report.rejected)) == (1, 1)


def test_the_threshold_decides_what_a_duplicate_is() -> None:
    """A strict threshold keeps what a lax one drops, and links it."""
    pair = (SUBTLE, nearly(SUBTLE))
    strict = check(*pair, threshold=1.0)
    assert len(strict.accepted) == 2
    assert {strict.linked[0].example_id, strict.linked[0].other_id} == {e.example_id for e in pair}
    assert len(check(*pair, threshold=0.9).accepted) == 1


def test_a_minimal_pair_is_kept() -> None:
    """The opposite label on nearly the same inputs in one group was made on purpose."""
    report = check(SUBTLE, nearly(SUBTLE, group=SUBTLE.group_id, **COMPLETE))
    assert len(report.accepted) == 2
    assert report.linked == ()  # one group already


def test_opposite_labels_on_nearly_the_same_inputs_are_quarantined() -> None:
    """In different groups they contradict each other, and nobody knows which is right."""
    report = check(SUBTLE, nearly(SUBTLE, **COMPLETE))
    assert report.accepted == ()
    assert {r.example.status for r in report.rejected} == {Status.QUARANTINED}
    assert [r.contradicts for r in report.rejected] == [
        r.example_id for r in reversed(report.rejected)
    ]
    assert all("the labels differ" in r.reasons[0] for r in report.rejected)


def test_another_requirement_held_against_the_same_change_is_no_contradiction() -> None:
    """A long implementation does not drown the short requirement: both stay, linked."""
    implementation = " ".join(f"Wrote {n}_step() in src/{n}.py with a test." for n in "abcdefghij")
    inputs = {"implementation": implementation, "requirements": ["Write j_step() with a test"]}
    outputs = {**COMPLETE, "explanation": "j_step() in src/j.py is there: 1 of 1 covered."}
    yes = SUBTLE.evolve(inputs=inputs, outputs=outputs, group_id="one")
    no = SUBTLE.evolve(
        inputs={**inputs, "requirements": ["Print invoices"]},
        outputs={
            "is_complete": False,
            "missing_requirements": ["Print invoices"],
            "explanation": "0 of 1 covered: nothing in src/j.py or elsewhere prints invoices.",
        },
        group_id="two",
    )
    report = check(yes, no)
    assert len(report.accepted) == 2
    assert report.linked[0].ratio >= 0.9


def test_opposite_labels_on_the_same_inputs_contradict_even_in_one_group() -> None:
    """One question has one answer."""
    report = check(SUBTLE, SUBTLE.evolve(outputs=COMPLETE))
    assert {r.example.status for r in report.rejected} == {Status.QUARANTINED}


def test_a_contradiction_of_the_store_is_quarantined() -> None:
    """What is stored stays; the newcomer that says the opposite waits for a person."""
    report = check(nearly(SUBTLE, **COMPLETE), stored=[SUBTLE])
    assert report.rejected[0].contradicts == SUBTLE.example_id


def test_the_same_inputs_with_other_outputs_are_duplicates_without_a_decision() -> None:
    """Two ways to advise on the same issues are both right; one is enough."""
    case = next(c.example for c in GOOD_CASES if c.name == "good: one deep problem")
    other = case.evolve(
        outputs={**case.outputs, "warnings": ["Prices may change while the page loads"]},
        group_id="another",
    )
    report = validate(signatures.get("generate_guidance"), [case, other], now=NOON)
    assert (len(report.accepted), len(report.rejected)) == (1, 1)
    assert report.rejected[0].duplicate_of == report.accepted[0].example_id


def test_what_is_alike_below_the_threshold_is_linked() -> None:
    """Between 0.70 and the threshold both stay, and must stay on one side of a split."""
    longer = SUBTLE.inputs["implementation"] + (
        " A progress bar shows how much of the file is done, and the page warns before it is left."
    )
    alike = SUBTLE.evolve(
        inputs={**SUBTLE.inputs, "implementation": longer}, group_id="another group"
    )
    batch, store = check(SUBTLE, alike), check(alike, stored=[SUBTLE])
    assert len(batch.accepted) == 2
    assert 0.7 <= batch.linked[0].ratio < 0.9
    assert not batch.linked[0].stored
    assert store.linked[0].stored
    assert store.linked[0].other_id == SUBTLE.example_id


def test_an_approved_example_stays_approved() -> None:
    """A person's decision is not taken back, and wins over a better duplicate."""
    approved = nearly(SUBTLE, explanation="Nothing rejects files larger than 2 GB.").evolve(
        status=Status.APPROVED
    )
    report = check(SUBTLE, approved)
    assert [e.status for e in report.accepted] == [Status.APPROVED]
    assert report.rejected[0].example_id == SUBTLE.example_id


def test_a_gross_misjudgement_of_difficulty_is_a_warning() -> None:
    """Many requirements and places called easy are accepted with a warning."""
    names = ["retry", "cache", "login", "export", "import", "search", "upload", "mail", "audit"]
    large = SUBTLE.evolve(
        difficulty=Difficulty.EASY,
        inputs={
            "implementation": " ".join(f"Added {n}_all() in src/{n}.py." for n in names)
            + " x" * 120,
            "requirements": [f"Let people {name} their records" for name in names],
        },
        outputs={
            "is_complete": False,
            "missing_requirements": ["Let people audit their records"],
            "explanation": "8 of 9 covered; audit_all() in src/audit.py is missing its records.",
        },
    )
    report = check(large)
    assert len(report.accepted) == 1
    assert report.warnings[0].message.startswith("difficulty is easy, but the inputs look hard")


def test_the_report_names_every_rejected_example_in_both_forms(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """JSON and page hold every reason; the rejection rate is in the log."""
    with caplog.at_level(logging.INFO, logger="ratchet"):
        report = check(SUBTLE, nearly(SUBTLE), SUBTLE.evolve(category="odd | one"))
    document = json.loads(json.dumps(report.to_json()))
    page = report.to_markdown()
    assert document["rejection_rate"] == pytest.approx(2 / 3, abs=1e-3)
    assert [r["example_id"] for r in document["rejected"]] == [
        r.example_id for r in report.rejected
    ]
    assert all(r.example_id[:8] in page for r in report.rejected)
    assert "category 'odd \\| one' is unknown" in page
    assert "rejection rate 66.7 %" in caplog.text


def test_an_empty_batch_gives_an_empty_report() -> None:
    """Nothing to validate is no failure."""
    report = check()
    assert (report.example_count, report.rejection_rate) == (0, 0.0)
    assert report.to_markdown().startswith("# Validation of validate_completeness")


def test_no_pair_that_is_alike_escapes_the_sieve_of_words() -> None:
    """Every pair of texts from 0.70 up, found by comparing all of them, is linked or refused."""
    base = SUBTLE.inputs["implementation"].split()
    chance = random.Random(7)
    batch = []
    for number in range(40):
        changed = list(base)
        for place in chance.sample(range(len(base)), chance.randint(1, len(base) // 3)):
            changed[place] = chance.choice(["session", "invoice", "cursor", "mailbox", "ledger"])
        inputs = {**SUBTLE.inputs, "implementation": " ".join(changed)}
        batch.append(SUBTLE.evolve(inputs=inputs, group_id=f"group {number}"))
    report = check(*batch)
    linked = {frozenset((link.example_id, link.other_id)) for link in report.linked}
    expected = {
        frozenset((left.example_id, right.example_id))
        for left, right in itertools.combinations(report.accepted, 2)
        if fuzz.ratio(inputs_text(SPEC, left.inputs), inputs_text(SPEC, right.inputs)) >= 70
    }
    assert len(expected) > 20
    assert linked == expected
