"""Verifying the audit trail: what was rewritten is found, what is in order is not suspected."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ratchet.errors import InputError
from ratchet.examples import Status
from ratchet.store import Judgement, Store, open_store
from ratchet.store.reviews import Decision, Labels
from tests.audit_builders import checked, fill, said_of, tamper
from tests.builders import NOON
from tests.store_builders import audit_entry, numbered_examples

INSERT_ENTRY = (
    "INSERT INTO audit (entry_id, at, actor, action, subject, reason, hash) "
    "SELECT 6, at, 'eve', action, subject, reason, hash FROM audit WHERE entry_id = 5"
)
INSERT_JUDGEMENT = (
    "INSERT INTO example_judgements SELECT 6, example_id, status_before, status_after, "
    "quality_before, quality_after, reason, actor, at FROM example_judgements "
    "WHERE judgement_id = 5"
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a filled store, to be copied."""
    path = tmp_path_factory.mktemp("audit") / "ratchet.db"
    with open_store(f"sqlite:///{path}", clock=lambda: NOON) as store:
        fill(store)
    return path


def test_what_nobody_touched_is_whole(store: Store) -> None:
    """Every entry, example and judgement was looked at; the head is that of the last entry."""
    fill(store)

    report = checked(store)

    newest = store.audit.records(limit=1)[0]
    assert report.is_whole
    assert (report.entries, report.examples, report.judgements) == (5, 6, 5)
    assert (report.head_id, report.head) == (5, newest.hash)
    assert report.notes == ()


def test_an_empty_trail_is_whole(store: Store) -> None:
    """And has no head."""
    report = checked(store)

    assert (report.is_whole, report.entries, report.head) == (True, 0, None)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE audit SET actor = 'eve' WHERE entry_id = 1", "entry 1 does not match its hash"),
        ("DELETE FROM audit WHERE entry_id = 3", "entry 4 does not follow"),
        ("UPDATE audit SET hash = NULL WHERE entry_id = 5", "entry 5 has no hash, but entry 4"),
        ("UPDATE audit SET hash = NULL WHERE entry_id = 1", "entry 2 does not match its hash"),
        ("UPDATE audit SET entry_id = 9 WHERE entry_id = 1", "entry 2 does not follow"),
        (
            "UPDATE audit SET entry_id = 3 - entry_id + 10 WHERE entry_id IN (1, 2)",
            "entry 3 does not follow what is before it: entries 1 to 2",
        ),
        (
            INSERT_ENTRY,
            "entry 6 does not match its hash",
        ),
        (
            "UPDATE example_judgements SET quality_after = 99 WHERE judgement_id = 2",
            "entry 4 does not match its judgements (1 to 5): one was changed",
        ),
        (
            "DELETE FROM example_judgements WHERE judgement_id = 2",
            "entry 4 speaks of 5 judgements, and 4 are there",
        ),
        (
            INSERT_JUDGEMENT,
            "No entry speaks of judgements from number 6 on (1)",
        ),
        ("UPDATE examples SET quality_score = 99 WHERE quality_score = 80", "made it accepted"),
        ("UPDATE examples SET status = 'approved' WHERE status = 'candidate'", "entry 3 does not"),
        ("UPDATE examples SET inputs = outputs WHERE added_by = 'ada'", "is not what its id says"),
        ("UPDATE examples SET notes = 'eve' WHERE added_by = 'ada'", "entry 3 does not match what"),
        ("UPDATE examples SET provenance = '[]' WHERE added_by = 'ada'", "entry 3 does not match"),
        ("DELETE FROM examples WHERE added_by = 'ada'", "entry 3 says that 2 examples were added"),
        (
            "UPDATE examples SET added_by = 'eve' WHERE added_by = 'ada'",
            "No entry speaks of the examples that 'eve'",
        ),
    ],
)
def test_whatever_is_changed_behind_its_back_is_found(
    filled: Path, tmp_path: Path, statement: str, expected: str
) -> None:
    """By somebody who owns the database and drops its triggers first."""
    copy = shutil.copy(filled, tmp_path)
    with open_store(f"sqlite:///{copy}") as store:
        tamper(store, statement)

        problems = said_of(store)

    assert any(expected in problem for problem in problems), problems


def test_the_same_is_found_on_every_database(store: Store) -> None:
    """One change of each kind, all found at once."""
    fill(store)

    for change in (
        "UPDATE audit SET actor = 'eve' WHERE entry_id = 1",
        "DELETE FROM audit WHERE entry_id = 5",
        INSERT_ENTRY.replace("= 5", "= 4"),
        "UPDATE example_judgements SET quality_after = 99 WHERE judgement_id = 2",
        INSERT_JUDGEMENT,
        "UPDATE examples SET notes = 'eve' WHERE added_by = 'ada'",
        "UPDATE examples SET inputs = outputs WHERE added_by = 'ada'",
    ):
        tamper(store, change)

    problems = "\n".join(said_of(store))
    assert "entry 1 does not match its hash" in problems
    assert "entry 6 does not follow" in problems
    assert "entry 4 does not match its judgements" in problems
    assert "No entry speaks of judgements from number 6 on" in problems
    assert "entry 3 does not match what is stored with its examples" in problems
    assert problems.count("is not what its id says") == 2


def test_a_cut_end_is_found_by_the_noted_hash(store: Store) -> None:
    """Without it the rest of the chain is whole: that is why the head is to be noted."""
    fill(store)
    head = str(checked(store).head)
    store.audit.append(audit_entry())
    assert said_of(store, noted_head=head) == []
    assert said_of(store, noted_head=head[:16].upper()) == []

    tamper(store, "DELETE FROM audit WHERE entry_id >= 5")

    assert said_of(store) == []
    (problem,) = said_of(store, noted_head=head)
    assert problem.endswith("is not in the chain: its end was cut off, or it was hashed anew.")


@pytest.mark.parametrize("head", ["0123", "no hash at all, but long"])
def test_what_is_no_hash_is_refused_as_head(store: Store, head: str) -> None:
    """A mistyped head must not look like an attack."""
    with pytest.raises(InputError, match="is no hash of the audit trail"):
        checked(store, noted_head=head)


def test_many_problems_are_counted_and_a_hundred_told(store: Store) -> None:
    """So that a wrecked trail does not flood the screen."""
    for _ in range(120):
        store.audit.append(audit_entry())

    tamper(store, "UPDATE audit SET reason = 'eve'")

    report = checked(store)
    assert (len(report.problems), report.problem_count) == (100, 120)


def test_cleaning_and_adding_again_is_no_problem(store: Store) -> None:
    """Every stay of an example is known by its row or its tombstone, however often it came."""
    examples = list(numbered_examples(4))
    for _ in range(3):
        store.examples.add(examples)
        store.removals.clean({e.example_id: "old" for e in examples[:2]}, actor="c", at=NOON)
    store.examples.add(examples)
    store.removals.forget(examples[:1], subject="x", reason="asked", actor="c", at=NOON)

    report = checked(store)

    assert report.problems == ()
    assert report.examples == 10
    assert any("by their ids only" in note for note in report.notes)


def test_a_tombstone_that_is_taken_away_is_found(store: Store) -> None:
    """Then an example that was added is nowhere."""
    examples = list(numbered_examples(3))
    store.examples.add(examples)
    store.removals.clean({examples[0].example_id: "old"}, actor="c", at=NOON)

    tamper(store, "DELETE FROM tombstones")

    assert said_of(store) == ["entry 1 says that 3 examples were added; 2 are known"]


def test_judging_and_relabelling_afterwards_is_no_problem(store: Store) -> None:
    """What was added is compared with the changes taken back."""
    (example,) = numbered_examples(1)
    store.examples.add([example])
    for score in (70, 80.5):
        judgement = Judgement(
            example_id=example.example_id, status=Status.ACCEPTED, quality_score=score
        )
        store.examples.judge([judgement], actor="ada", at=NOON)
    labels = Labels.of(example)
    for category in ("other", "another"):
        changed = replace(labels, category=category)
        store.reviews.relabel(
            example.example_id, seen=labels, labels=changed, curator="ada", at=NOON
        )
        labels = changed

    assert said_of(store) == []


def test_an_example_that_replaces_another_has_its_entry(store: Store) -> None:
    """A curator's edit adds one, like any collection."""
    old, new = numbered_examples(2)
    store.examples.add([old])
    archived = Decision(
        example_id=old.example_id,
        seen=Status.CANDIDATE,
        status=Status.ARCHIVED,
        action="example.edit",
        curator="ada",
        reason="clearer",
        at=NOON,
    )

    store.reviews.replace(archived, new)

    assert said_of(store) == []
    assert [e.actor for e in store.audit.list(action="examples.add")] == ["ada", "ratchet"]


def test_additions_at_one_moment_are_told_apart(store: Store) -> None:
    """A clock that stands still moves on by a microsecond for the same actor."""
    examples = list(numbered_examples(5))
    for place in range(5):
        store.examples.add([*examples[:1], examples[place]])

    moments = sorted(entry.at for entry in store.audit.list(action="examples.add"))

    assert moments == [NOON + timedelta(microseconds=number) for number in range(5)]
    assert said_of(store) == []


def test_an_addition_says_what_was_new(store: Store) -> None:
    """Counts by signature, source and status, of what was not there before."""
    examples = list(numbered_examples(5))
    store.examples.add(examples[:2])

    store.examples.add([*examples, examples[4]], actor="ada")
    store.examples.add(examples)

    first, second = reversed(store.audit.list(action="examples.add"))
    assert (first.after["count"], second.after["count"]) == (2, 3)
    assert second.subject == "validate_completeness"
    assert second.after["sources"] == {examples[0].source.value: 3}
    assert second.actor == "ada"


def test_judging_says_what_changed(store: Store) -> None:
    """One entry a transaction, with the statuses before and after; repeating it says nothing."""
    examples = list(numbered_examples(3))
    store.examples.add(examples)
    judgements = [
        Judgement(example_id=e.example_id, status=Status.REJECTED, reason="short") for e in examples
    ]

    for _ in range(2):
        store.examples.judge(judgements, actor="ada", at=NOON)

    (entry,) = store.audit.list(action="examples.judge")
    assert entry.before == {"statuses": {"candidate": 3}}
    assert entry.after["statuses"] == {"rejected": 3}
    assert entry.after["judgement_ids"] == [[1, 3]]


def test_what_is_older_than_the_trail_is_noted(store: Store) -> None:
    """A store from before the trail spoke of examples is no broken one."""
    fill(store)
    tamper(store, "DELETE FROM audit")
    store.examples.add(list(numbered_examples(9))[8:])

    report = checked(store)

    assert report.older_judgements == 5
    assert report.examples + report.older_examples == 7
