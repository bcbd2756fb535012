"""Quality by judge and dimension in the store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ratchet.errors import InputError
from ratchet.examples import Example, ExampleId, Status
from ratchet.store import Judgement, Store
from ratchet.store.curators import CuratorRecord, Role
from ratchet.store.dimension_scores import CalibrationRecord, DimensionScore
from tests.builders import NOON
from tests.store_builders import numbered_examples

SIGNATURE = "validate_completeness"


def score(example_id: str, dimension: str = "accuracy", **changes: object) -> DimensionScore:
    """A score of the judge heuristic-1."""
    fields = {
        "example_id": ExampleId(example_id),
        "judge": "heuristic-1",
        "dimension": dimension,
        "value": 80.0,
        "reason": "all agrees",
        "at": NOON,
    }
    return DimensionScore(**{**fields, **changes})  # type: ignore[arg-type]  # a builder


def stored(store: Store, count: int = 3) -> list[Example]:
    """So many examples in the store, by id."""
    examples = sorted(numbered_examples(count), key=lambda example: example.example_id)
    store.examples.add(examples)
    return examples


def judge(store: Store, example: Example, status: Status, actor: str, hour: int = 0) -> None:
    """Give an example a status as `actor`."""
    store.examples.judge(
        [Judgement(example_id=example.example_id, status=status)],
        actor=actor,
        at=NOON + timedelta(hours=hour),
    )


def test_scores_come_back_by_judge_and_signature(store: Store) -> None:
    """One judge never gets the scores of another."""
    one, two, _ = stored(store)
    mine = [score(one.example_id), score(one.example_id, "coherence"), score(two.example_id)]
    store.dimension_scores.put([*mine, score(two.example_id, judge="claude")])

    assert store.dimension_scores.find("heuristic-1", SIGNATURE) == tuple(mine)
    assert store.dimension_scores.judged("claude", SIGNATURE) == {two.example_id}
    assert store.dimension_scores.judges(SIGNATURE) == ("claude", "heuristic-1")
    assert store.dimension_scores.judges("validate_intent") == ()


def test_a_second_judgement_replaces_the_first_whole(store: Store) -> None:
    """No dimension of an earlier look stays beside those of the later one."""
    example = stored(store, 1)[0]
    store.dimension_scores.put([score(example.example_id), score(example.example_id, "clarity")])

    store.dimension_scores.put([score(example.example_id, value=10.0)])

    assert store.dimension_scores.find("heuristic-1", SIGNATURE) == (
        score(example.example_id, value=10.0),
    )


def test_an_example_that_is_gone_is_left_out(store: Store) -> None:
    """What was removed while a judge worked does not stop the others from being stored."""
    example = stored(store, 1)[0]

    written = store.dimension_scores.put([score("gone"), score(example.example_id)])

    assert written == 1
    assert store.dimension_scores.judged("heuristic-1", SIGNATURE) == {example.example_id}


def test_only_what_people_decided_counts(store: Store) -> None:
    """Curators, revoked ones too, and whoever is named; a gate's refusal is no decision."""
    one, two, three = stored(store)
    curator = CuratorRecord(
        name="ada",
        role=Role.ADMIN,
        token_hash="hash",
        created_at=NOON,
        created_by="root",
        revoked_at=NOON,
    )
    store.curators.add(curator, is_first=True)
    judge(store, one, Status.APPROVED, "ada")
    judge(store, two, Status.REJECTED, "bob")
    judge(store, three, Status.REJECTED, "ratchet validate")

    by_curators = store.dimension_scores.decisions(SIGNATURE)
    with_bob = store.dimension_scores.decisions(SIGNATURE, people=("bob",))

    assert [(d.example_id, d.approved) for d in by_curators] == [(one.example_id, True)]
    assert {d.example_id: d.approved for d in with_bob} == {
        one.example_id: True,
        two.example_id: False,
    }


def test_the_last_word_of_a_person_holds(store: Store) -> None:
    """A changed mind counts once, as it is now; a machine after it changes nothing."""
    example = stored(store, 1)[0]
    judge(store, example, Status.APPROVED, "bob")
    judge(store, example, Status.REJECTED, "bob", hour=1)
    judge(store, example, Status.ARCHIVED, "ratchet life", hour=2)

    (decision,) = store.dimension_scores.decisions(SIGNATURE, people=("bob",))

    assert not decision.approved
    assert decision.at == NOON + timedelta(hours=1)


def test_old_calibrations_are_kept(store: Store) -> None:
    """The newest first, of one judge or of all."""
    first = CalibrationRecord(judge="a", signature=SIGNATURE, at=NOON, n=3)
    second = CalibrationRecord(
        judge="a",
        signature=SIGNATURE,
        at=NOON,
        n=40,
        agreement=0.9,
        lower=0.8,
        upper=0.95,
        document={"threshold": 61.5, "curve": [[0.0, 0.1], [100.0, 0.9]]},
    )
    other = CalibrationRecord(judge="b", signature=SIGNATURE, at=NOON, n=0)
    for calibration in (first, second, other):
        store.dimension_scores.add_calibration(calibration)

    assert store.dimension_scores.calibrations(SIGNATURE, judge="a") == (second, first)
    assert store.dimension_scores.calibrations(SIGNATURE) == (other, second, first)


def test_a_score_outside_its_scale_is_refused() -> None:
    """0..100, as everywhere."""
    with pytest.raises(InputError, match="accuracy is 101"):
        score("x", value=101.0)
