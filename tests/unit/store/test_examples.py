"""Examples in the store, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, timezone
from itertools import count, islice
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text

from ratchet.errors import InputError
from ratchet.examples import Difficulty, Example, ExampleId, Source, Status
from ratchet.store import USABLE, Added, Order, Store
from ratchet.store.examples import CHUNK, PAGE
from tests.builders import NOON, completeness_example
from tests.store_builders import numbered_examples

SIGNATURE = "validate_completeness"


def test_an_example_comes_back_as_it_was(store: Store) -> None:
    """Every field of an example survives the store."""
    example = completeness_example(
        missing=("Lock after five failures",),
        source=Source.GIT,
        difficulty=Difficulty.HARD,
        category="security",
        group_id="pr-7",
        created_at=NOON + timedelta(microseconds=7),
        notes="subtle",
        provenance={"sha": "abc", "files": ["ü.py"], "lines": 3},
        quality_score=81.25,
        status=Status.ACCEPTED,
    )

    store.examples.add([example])

    assert store.examples.get(example.example_id) == example


@pytest.mark.parametrize(
    "value",
    ["a \x00 NUL", "a lone \udc80", "🦉 and \u2028", "", 1e22, -0.0, 1.0, 2**70, None],
    ids=["nul", "surrogate", "unicode", "empty", "1e22", "-0.0", "1.0", "big", "null"],
)  # fmt: skip
def test_the_content_id_survives_whatever_the_content(store: Store, value: object) -> None:
    """What was hashed comes back byte for byte, also where JSONB would refuse or rewrite it."""
    example = completeness_example(provenance={"value": value}).evolve(
        outputs={"value": value, "nested": [{"b": value, "a": [value]}]}
    )

    store.examples.add([example])
    (found,) = store.examples.find(SIGNATURE)

    assert found.example_id == example.example_id
    assert repr(found.outputs["value"]) == repr(value)
    assert repr(found.provenance["value"]) == repr(value)


def test_metadata_that_no_database_can_hold_is_replaced(store: Store) -> None:
    """A NUL or lone surrogate in a note does not lose the example."""
    example = completeness_example(notes="a\x00b\udc80c")

    store.examples.add([example])

    found = store.examples.get(example.example_id)
    assert found is not None
    assert found.notes == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"


def test_times_come_back_in_utc(store: Store) -> None:
    """An example from another time zone is the same moment in UTC."""
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    example = completeness_example(created_at=tokyo)

    store.examples.add([example])

    found = store.examples.get(example.example_id)
    assert found is not None
    assert (found.created_at, found.created_at.utcoffset()) == (NOON, timedelta(0))


def test_adding_again_changes_nothing(store: Store) -> None:
    """The second add of the same content keeps the status and score of the first."""
    example = completeness_example(quality_score=90, status=Status.ACCEPTED)

    first = store.examples.add([example])
    again = store.examples.add([example.evolve(quality_score=1, status=Status.REJECTED), example])

    assert first == Added(inserted=1, existing=0)
    assert again == Added(inserted=0, existing=2)
    found = store.examples.get(example.example_id)
    assert found is not None
    assert (found.quality_score, found.status) == (90, Status.ACCEPTED)


def test_adding_nothing_is_fine(store: Store) -> None:
    """An empty stream adds nothing."""
    assert store.examples.add([]) == Added(inserted=0, existing=0)


def test_whole_broken_and_missing_scores_go_together(store: Store) -> None:
    """One chunk may mix ints, floats and None; PostgreSQL's arrays would not."""
    scores = [80, 80.5, None]
    examples = [
        example.evolve(quality_score=score)
        for example, score in zip(numbered_examples(3), scores, strict=True)
    ]

    store.examples.add(examples)

    assert [e.quality_score for e in store.examples.find(SIGNATURE)] == scores


def test_a_stream_longer_than_a_chunk_is_stored_whole(store: Store) -> None:
    """Chunks neither lose nor repeat an example."""
    examples = list(numbered_examples(2 * CHUNK + 1))

    added = store.examples.add(iter(examples))

    assert added == Added(inserted=len(examples), existing=0)
    found = list(store.examples.find(SIGNATURE))
    assert [e.example_id for e in found] == [e.example_id for e in examples]


def test_content_without_a_json_form_is_refused(store: Store) -> None:
    """NaN has no JSON form, so there is no content id; the message names the example."""
    broken = completeness_example(group_id="pr-9").evolve(outputs={"score": float("nan")})

    with pytest.raises(InputError, match=r"validate_completeness \(pr-9\) has no JSON form"):
        store.examples.add([broken])


def test_an_unknown_id_is_none(store: Store) -> None:
    """Looking for what is not there is no error."""
    assert store.examples.get(ExampleId("0" * 32)) is None


def test_find_narrows_by_status_and_source(store: Store) -> None:
    """Only examples of the signature, of one of the statuses and of one of the sources."""
    accepted_git, accepted_manual, rejected_git, other = (
        example.evolve(status=status, source=source, signature=signature)
        for example, (status, source, signature) in zip(
            numbered_examples(4),
            [
                (Status.ACCEPTED, Source.GIT, SIGNATURE),
                (Status.ACCEPTED, Source.MANUAL, SIGNATURE),
                (Status.REJECTED, Source.GIT, SIGNATURE),
                (Status.ACCEPTED, Source.GIT, "validate_intent"),
            ],
            strict=True,
        )
    )
    store.examples.add([accepted_git, accepted_manual, rejected_git, other])

    def found(**narrowed: object) -> list[Example]:
        return list(store.examples.find(SIGNATURE, **narrowed))  # type: ignore[arg-type]

    assert found() == [accepted_git, accepted_manual, rejected_git]
    assert found(statuses=[Status.ACCEPTED]) == [accepted_git, accepted_manual]
    assert found(sources=[Source.GIT]) == [accepted_git, rejected_git]
    assert found(statuses=[Status.ACCEPTED], sources=[Source.GIT]) == [accepted_git]
    assert found(statuses=[Status.ARCHIVED, Status.REJECTED]) == [rejected_git]
    assert found(limit=2) == [accepted_git, accepted_manual]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.OLDEST, [0, 1, 2, 3]),
        (Order.NEWEST, [3, 2, 1, 0]),
        (Order.BEST, [2, 3, 0, 1]),
    ],
)
def test_find_orders(store: Store, order: Order, expected: list[int]) -> None:
    """By age, or by score with the newer of two equals first and the unscored last."""
    examples = [
        example.evolve(quality_score=score)
        for example, score in zip(numbered_examples(4), [50, None, 90, 50], strict=True)
    ]
    store.examples.add(examples)

    found = list(store.examples.find(SIGNATURE, order=order))

    assert found == [examples[i] for i in expected]


def test_find_streams(store: Store) -> None:
    """Pages come as they are asked for, others write meanwhile, and nothing stays in use."""
    store.examples.add(numbered_examples(3 * PAGE))
    cursors: list[Any] = []
    event.listen(
        store.database.engine,
        "after_cursor_execute",
        lambda _connection, cursor, *_: cursors.append(cursor),
    )
    stream = store.examples.find(SIGNATURE)

    first = list(islice(stream, 2))
    on_server = isinstance(cursors[-1], psycopg.ServerCursor)
    store.examples.add([completeness_example(implementation="written while reading")])
    stream.close()  # type: ignore[attr-defined]

    assert len(first) == 2
    assert on_server or store.database.is_sqlite  # SQLite's own cursors read as they go
    assert store.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_top_is_the_best_of_the_usable(store: Store) -> None:
    """Accepted and approved examples with a score, the best first, ties to the newer."""
    kinds = [
        (Status.ACCEPTED, 70.0),
        (Status.APPROVED, 95.0),
        (Status.REJECTED, 99.0),
        (Status.ACCEPTED, None),
        (Status.ACCEPTED, 95.0),
    ]
    examples = [
        example.evolve(status=status, quality_score=score)
        for example, (status, score) in zip(numbered_examples(5), kinds, strict=True)
    ]
    store.examples.add(examples)

    assert store.examples.top(SIGNATURE, 10) == [examples[4], examples[1], examples[0]]
    assert store.examples.top(SIGNATURE, 1) == [examples[4]]
    assert store.examples.top(SIGNATURE, 9, statuses=[Status.REJECTED]) == [examples[2]]
    assert store.examples.top("validate_intent", 10) == []
    assert store.examples.top(SIGNATURE, 10, statuses=[]) == []


def test_top_is_an_index_seek(store: Store) -> None:
    """One status of one signature in order of quality is read from the index, unsorted."""
    spread = (
        example.evolve(
            signature=f"signature_{number % 20}", status=Status.ACCEPTED, quality_score=number % 101
        )
        for number, example in zip(count(), numbered_examples(4_000), strict=False)
    )
    store.examples.add(spread)

    one = _plan(store, lambda: store.examples.top("signature_3", 10, statuses=[Status.ACCEPTED]))
    two = _plan(store, lambda: store.examples.top("signature_3", 10, statuses=USABLE))

    assert one.count("ix_examples_best") == 1
    assert "sort" not in one.lower()
    assert "b-tree" not in one.lower()
    assert two.count("ix_examples_best") == 2
    assert "seq scan" not in two.lower()


def test_streaming_by_age_sorts_nothing(store: Store) -> None:
    """Finding the oldest first follows an index, so the first page comes at once."""
    store.examples.add(numbered_examples(4_000))

    plan = _plan(store, lambda: list(store.examples.find(SIGNATURE, limit=10)))

    assert "ix_examples_age" in plan
    assert "b-tree" not in plan.lower()


def test_statistics_count_and_average(store: Store) -> None:
    """Counts come by kind, the most first; the mean is over the scored ones."""
    first, second, third = numbered_examples(3)
    store.examples.add(
        [
            first.evolve(quality_score=60, source=Source.GIT, category="api"),
            second.evolve(quality_score=90, source=Source.GIT, difficulty=Difficulty.EASY),
            third.evolve(status=Status.REJECTED),
            completeness_example(signature="validate_intent"),
        ]
    )

    found = store.examples.statistics(SIGNATURE)

    assert (found.total, found.scored, found.mean_quality) == (3, 2, 75.0)
    assert list(found.statuses.items()) == [("candidate", 2), ("rejected", 1)]
    assert list(found.sources.items()) == [("git", 2), ("manual", 1)]
    assert list(found.difficulties.items()) == [("medium", 2), ("easy", 1)]
    assert list(found.categories.items()) == [("authentication", 2), ("api", 1)]


def test_statistics_of_nothing_are_zero(store: Store) -> None:
    """A signature without examples has a mean of 0.0 and no kinds."""
    found = store.examples.statistics(SIGNATURE)

    assert (found.total, found.mean_quality, dict(found.sources)) == (0, 0.0, {})


def test_signatures_are_those_with_examples(store: Store) -> None:
    """Each signature with an example is listed once, by name."""
    store.examples.add([completeness_example(signature=name) for name in ("b", "a", "b")])

    assert store.examples.signatures() == ["a", "b"]


def test_who_added_an_example_and_when_is_kept(store: Store) -> None:
    """The row says who added it, and when by the store's clock."""
    store.examples.add([completeness_example()], actor="ada")

    with store.database.reading() as connection:
        actor, at = connection.execute(text("SELECT added_by, added_at FROM examples")).one()

    assert actor == "ada"
    assert str(at).startswith("2026-03-01 12:00:00")


def _plan(store: Store, ask: Callable[[], object]) -> str:
    """How the database answers the last statement of `ask`, with statistics up to date."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    with store.database.writing() as connection:
        connection.execute(text("ANALYZE"))
    event.listen(store.database.engine, "before_cursor_execute", note)
    ask()
    event.remove(store.database.engine, "before_cursor_execute", note)
    statement, parameters = asked[-1]
    explain = "EXPLAIN QUERY PLAN" if store.database.is_sqlite else "EXPLAIN"
    with store.database.reading() as connection:
        rows = connection.exec_driver_sql(f"{explain} {statement}", parameters)
        return "\n".join(str(row) for row in rows)
