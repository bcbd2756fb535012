"""Examples that leave the store, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, insert, select

from ratchet.examples import Example, Status
from ratchet.store import Judgement, Store, schema
from ratchet.store.removals import CHUNK
from ratchet.store.telemetry import PayloadRow
from ratchet.store.tombstones import TombstoneKind, inputs_sha256
from tests.builders import NOON, completeness_example
from tests.control_builders import absorb, label, outcome
from tests.store_builders import audit_entry, numbered_examples

SIGNATURE = "validate_completeness"
LATER = NOON + timedelta(days=1)


def clean(store: Store, examples: Sequence[Example]) -> int:
    """Clean them all for one reason."""
    reasons = {example.example_id: "too old" for example in examples}
    return store.removals.clean(reasons, actor="ada", at=LATER).removed


def forget(store: Store, *examples: Example, requests: Sequence[str] = ()) -> int:
    """Forget them on request of a person."""
    return store.removals.forget(
        examples,
        request_ids=requests,
        subject="commit=abc",
        actor="ada",
        reason="asked to",
        at=LATER,
    ).examples


def rows_of(store: Store, table: str) -> int:
    """How many rows a table has."""
    with store.database.reading() as connection:
        return connection.execute(
            select(func.count()).select_from(schema.metadata.tables[table])
        ).scalar_one()


def scored(store: Store, example: Example) -> None:
    """Give an example what depends on it by a foreign key: a dimension and a skip."""
    with store.database.writing() as connection:
        connection.execute(
            insert(schema.dimension_scores).values(
                example_id=example.example_id,
                judge="heuristic",
                dimension="accuracy",
                value=50.0,
                reason="",
                at=NOON,
            )
        )
        connection.execute(
            insert(schema.review_skips).values(
                example_id=example.example_id, curator="ada", at=NOON
            )
        )


def test_a_cleaned_example_leaves_a_tombstone_and_its_judgements(store: Store) -> None:
    """What depended on it goes too; who judged it and why stays readable."""
    example = completeness_example()
    store.examples.add([example], actor="import")
    store.examples.judge(
        [Judgement(example_id=example.example_id, status=Status.REJECTED, reason="weak")],
        actor="validation",
        at=NOON,
    )
    scored(store, example)

    assert clean(store, [example]) == 1

    assert store.examples.get(example.example_id) is None
    assert rows_of(store, "dimension_scores") == rows_of(store, "review_skips") == 0
    assert [j.reason for j in store.examples.judgements(example.example_id)] == ["weak"]
    stone = store.removals.tombstone(example.example_id)
    assert stone is not None
    assert (stone.kind, stone.reason, stone.actor) == (TombstoneKind.CLEANED, "too old", "ada")
    assert (stone.added_at, stone.added_by) == (NOON, "import")
    assert stone.details["status"] == "rejected"


def test_every_transaction_of_a_clean_up_is_one_audit_entry_with_the_ids(store: Store) -> None:
    """Nobody has to guess from a count what was deleted."""
    examples = list(numbered_examples(CHUNK + 5))
    store.examples.add(examples)

    assert clean(store, examples) == CHUNK + 5

    entries = store.audit.list(action="examples.clean")
    assert [len(entry.before["examples"]) for entry in entries] == [5, CHUNK]
    named = {i for entry in entries for i in entry.before["examples"]}
    assert named == {e.example_id for e in examples}


def test_an_approved_or_audited_example_is_held_at_the_last_moment(store: Store) -> None:
    """Even when the plan was made before somebody approved it or wrote an audit record."""
    approved, audited, plain = numbered_examples(3)
    store.examples.add([approved, audited, plain])
    store.examples.judge(
        [Judgement(example_id=approved.example_id, status=Status.APPROVED)], actor="ada", at=NOON
    )
    store.audit.append(audit_entry(subject=audited.example_id))
    everyone = {e.example_id: "too old" for e in (approved, audited, plain)}

    cleaned = store.removals.clean(everyone, actor="ada", at=LATER)

    assert cleaned.removed == 1
    assert set(cleaned.held) == {approved.example_id, audited.example_id}
    assert store.removals.audited(everyone) == {audited.example_id}


def test_cleaned_content_may_come_back_and_be_cleaned_again(store: Store) -> None:
    """A tombstone of the clean-up is a memory, not a ban; the newest clean-up is remembered."""
    example = completeness_example()
    store.examples.add([example])
    clean(store, [example])

    assert store.examples.add([example], actor="mining").inserted == 1
    assert clean(store, [example]) == 1

    stone = store.removals.tombstone(example.example_id)
    assert stone is not None
    assert stone.added_by == "mining"
    assert [earlier["added_by"] for earlier in stone.details["earlier"]] == ["ratchet"]


def test_forgotten_content_never_comes_back(store: Store) -> None:
    """Whatever source brings it again, it is refused, and its neighbours are not."""
    gone, other = numbered_examples(2)
    store.examples.add([gone])

    assert forget(store, gone) == 1
    added = store.examples.add([gone, other, gone.evolve(notes="from another source")])

    assert (added.inserted, added.existing, added.forgotten) == (1, 0, 2)
    assert store.examples.get(gone.example_id) is None
    assert store.removals.forgotten(SIGNATURE) == {gone.example_id}
    assert store.removals.forgotten("generate_guidance") == frozenset()


def test_a_tombstone_of_the_forgotten_keeps_hashes_and_nothing_else(store: Store) -> None:
    """Neither text nor author nor group is left; the hash is enough to know it again."""
    example = completeness_example(
        implementation="secret of Ada", provenance={"author": "Ada"}, group_id="ada-1"
    )
    store.examples.add([example], actor="mining")

    forget(store, example)

    stone = store.removals.tombstone(example.example_id)
    assert stone is not None
    assert set(stone.details) == {"content_sha256", "inputs_sha256"}
    assert stone.details["content_sha256"].startswith(example.example_id)
    assert stone.details["inputs_sha256"] == inputs_sha256(SIGNATURE, example.inputs)
    (entry,) = store.audit.list(action="examples.forget")
    assert (entry.subject, entry.reason) == ("commit=abc", "asked to")
    assert entry.before == {"examples": [example.example_id]}


def test_what_was_forgotten_stays_forgotten_when_repeated(store: Store) -> None:
    """The first request keeps its reason, and the audit trail gets no second entry."""
    example = completeness_example()
    store.examples.add([example])
    forget(store, example)

    again = store.removals.forget([example], subject="x", actor="bob", reason="again", at=LATER)

    assert (again.examples, again.tombstones, again.known) == (0, 0, 1)
    assert len(store.audit.list(action="examples.forget")) == 1
    stone = store.removals.tombstone(example.example_id)
    assert stone is not None
    assert stone.actor == "ada"


def test_a_cleaned_example_can_still_be_forgotten(store: Store) -> None:
    """Its tombstone becomes one of the forgotten, without its metadata."""
    example = completeness_example()
    store.examples.add([example])
    clean(store, [example])

    forget(store, example)

    assert store.examples.add([example]).forgotten == 1
    stone = store.removals.tombstone(example.example_id)
    assert stone is not None
    assert stone.kind is TombstoneKind.FORGOTTEN
    assert "category" not in stone.details


def test_forgetting_a_request_deletes_its_payload_and_corrections(store: Store) -> None:
    """Outcome and score of the request stay: they are figures, not content."""
    text = {"implementation": "secret"}
    corrected = label("r1", 0.5)._replace(corrected_outputs={"is_complete": True})
    absorb(store, [outcome("r1", sampled=True), outcome("r2", sampled=True)], [corrected])
    with store.database.writing() as connection:
        rows = [
            PayloadRow(r, SIGNATURE, text, text)._asdict() | {"arrival": 1} for r in ("r1", "r2")
        ]
        connection.execute(insert(schema.payloads), rows)

    done = store.removals.forget(
        [], request_ids=["r1"], subject="request=r1", actor="ada", reason="asked", at=LATER
    )

    assert (done.payloads, done.corrections) == (1, 1)
    kept = list(store.payloads.labelled_or_failed(SIGNATURE, since=NOON - timedelta(days=1)))
    assert [request.outcome.request_id for request in kept] == []
    assert rows_of(store, "payloads") == 1
    assert rows_of(store, "outcomes") == 2


def test_an_add_and_a_forget_at_once_never_leave_the_content_behind(store: Store) -> None:
    """Whoever is first: at the end the example is not stored."""
    examples = list(numbered_examples(40))
    gate = threading.Barrier(2)

    def add() -> None:
        gate.wait()
        for example in examples:
            store.examples.add([example])

    adder = threading.Thread(target=add)
    adder.start()
    gate.wait()
    for example in examples:
        forget(store, example)
    adder.join()

    assert store.examples.statistics(SIGNATURE).total == 0


def test_the_shelf_lists_examples_without_their_content(store: Store) -> None:
    """Everything a clean-up decides by, of one signature."""
    example = completeness_example(quality_score=81.0)
    store.examples.add([example], actor="import")

    (found,) = store.removals.shelved(SIGNATURE)

    assert (found.example_id, found.quality_score) == (example.example_id, 81.0)
    assert (found.category, found.added_by, found.added_at) == ("authentication", "import", NOON)
    assert list(store.removals.shelved("generate_guidance")) == []
