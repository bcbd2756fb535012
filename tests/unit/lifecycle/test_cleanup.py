"""Who leaves in a clean-up, and who never does."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.errors import InputError
from ratchet.examples import Difficulty, ExampleId, Source, Status
from ratchet.lifecycle.cleanup import (
    APPROVED,
    LAST_OF_ITS_KIND,
    REFUSED,
    Cause,
    CleanupPolicy,
    plan_cleanup,
)
from ratchet.lifecycle.references import Reference, References, Referrer
from ratchet.store.removals import ShelvedExample
from tests.builders import NOON

POLICY = CleanupPolicy(
    max_age_days=365,
    refused_max_age_days=90,
    min_quality=40,
    settling_days=30,
    max_examples_per_signature=1_000,
    min_examples_per_cell=1,
    balance_tolerance=0.1,
)


def shelved(name: object, *, days: float = 10, **changes: Any) -> ShelvedExample:
    """An accepted example of quality 80 that was added so many days ago."""
    fields: dict[str, Any] = {
        "example_id": ExampleId(str(name)),
        "signature": "validate_completeness",
        "status": Status.ACCEPTED,
        "source": Source.GIT,
        "difficulty": Difficulty.MEDIUM,
        "category": "api",
        "quality_score": 80.0,
        "created_at": NOON - timedelta(days=days),
        "added_at": NOON - timedelta(days=days),
    }
    return ShelvedExample(**{**fields, **changes})


def referred(*names: object, by: Referrer = Referrer.TEST_SIDE) -> References:
    """References to these examples."""
    return References(found={ExampleId(str(name)): Reference(by=by, name="v1") for name in names})


def leaving(
    *examples: ShelvedExample, references: References | None = None, **changes: Any
) -> dict[str, Cause]:
    """Who leaves, and why."""
    policy = replace(POLICY, **changes)
    plan = plan_cleanup(examples, references or References(), policy, NOON)
    return {removal.example_id: removal.cause for removal in plan.removals}


def test_age_quality_and_refusal_each_let_an_example_leave() -> None:
    """Each rule by itself, and its reason; what breaks none stays."""
    old = shelved("old", days=400)
    poor = shelved("poor", days=31, quality_score=39.9)
    fresh = shelved("fresh and poor", days=29, quality_score=1.0)
    refused = shelved("refused", days=91, status=Status.REJECTED)
    good = shelved("good")
    unscored = shelved("unscored", days=60, quality_score=None)

    assert leaving(old, poor, fresh, refused, good, unscored) == {
        "old": Cause.OUTDATED,
        "poor": Cause.LOW_QUALITY,
        "refused": Cause.REFUSED,
    }


def test_what_is_approved_or_referred_to_never_leaves() -> None:
    """However old and poor; the plan counts what held them."""
    approved = shelved("a", days=900, status=Status.APPROVED)
    sealed, prompted, gone = (shelved(name, days=900) for name in "bcd")
    found = {
        **referred("b").found,
        **referred("c", by=Referrer.PROMPT).found,
    }

    plan = plan_cleanup(
        [approved, sealed, prompted, gone, shelved("e")],
        References(found=found),
        POLICY,
        NOON,
    )

    assert [removal.example_id for removal in plan.removals] == ["d"]
    assert plan.held == {
        APPROVED: 1,
        "a sealed test side refers to it": 1,
        "the prompt of a deployed program refers to it": 1,
    }


def test_the_best_of_a_category_and_difficulty_stay() -> None:
    """Age and quality never empty a cell of the coverage."""
    olds = [shelved(score, days=900, quality_score=float(score)) for score in range(50, 60)]
    plan = plan_cleanup(olds, References(), replace(POLICY, min_examples_per_cell=3), NOON)

    assert {removal.example_id for removal in plan.removals} == {str(s) for s in range(50, 57)}
    assert plan.held == {LAST_OF_ITS_KIND: 3}


def test_above_the_cap_the_worst_leave_first() -> None:
    """The refused before the candidates, those before the accepted, and the lower score first."""
    examples = [
        shelved("rejected", status=Status.REJECTED, quality_score=99.0),
        shelved("candidate", status=Status.CANDIDATE, quality_score=90.0),
        shelved("unscored", quality_score=None),
        *(shelved(score, quality_score=float(score)) for score in (50, 60, 70)),
    ]

    def left_over(cap: int) -> list[str]:
        found = leaving(*examples, max_examples_per_signature=cap, balance_tolerance=1.0)
        assert set(found.values()) <= {Cause.CAP}
        return list(found)

    assert left_over(5) == ["rejected"]
    assert left_over(4) == ["rejected", "candidate"]
    assert left_over(2) == ["rejected", "candidate", "unscored", "50"]


def test_the_cap_keeps_the_balance_while_the_worst_leave() -> None:
    """The hard ones score lower; without the balance they alone would leave."""
    easy = [
        shelved(f"e{n}", difficulty=Difficulty.EASY, quality_score=90.0 + n / 10) for n in range(50)
    ]
    hard = [
        shelved(f"h{n}", difficulty=Difficulty.HARD, quality_score=50.0 + n / 10) for n in range(50)
    ]
    policy = replace(POLICY, max_examples_per_signature=60)

    plan = plan_cleanup([*easy, *hard], References(), policy, NOON)

    gone = Counter(removal.example_id[0] for removal in plan.removals)
    assert gone == {"h": 23, "e": 17}  # 27 = 50 * 0.6 * 0.9 hard ones stand
    assert {r.example_id for r in plan.removals if r.example_id[0] == "h"} == {
        f"h{n}" for n in range(23)
    }
    assert plan.balance_after.difficulties == {"easy": 0.55, "hard": 0.45}


def test_a_cap_that_references_break_is_said() -> None:
    """Nobody is deleted for it who is referred to."""
    examples = [shelved(n) for n in range(10)]

    plan = plan_cleanup(
        examples, referred(*range(8)), replace(POLICY, max_examples_per_signature=5), NOON
    )

    assert len(plan.removals) == 2
    assert (plan.after, plan.over_cap) == (8, 3)


@pytest.mark.parametrize(
    "wrong", [{"min_quality": 101}, {"balance_tolerance": 2}, {"max_examples_per_signature": -1}]
)
def test_a_policy_refuses_what_can_not_be(wrong: dict[str, Any]) -> None:
    """The message names the value."""
    with pytest.raises(InputError, match=next(iter(wrong))):
        replace(POLICY, **wrong)


EXAMPLES = st.lists(
    st.builds(
        shelved,
        st.integers(0, 10_000),
        days=st.floats(0, 1_000),
        status=st.sampled_from(Status),
        difficulty=st.sampled_from(Difficulty),
        category=st.sampled_from(["api", "cli", "ui"]),
        quality_score=st.none() | st.floats(0, 100),
    ),
    max_size=60,
    unique_by=lambda example: example.example_id,
)


@given(examples=EXAMPLES, cap=st.integers(0, 40), tolerance=st.floats(0, 1), data=st.data())
def test_no_referenced_example_leaves_and_the_cap_holds_when_it_can(
    examples: list[ShelvedExample], cap: int, tolerance: float, data: st.DataObject
) -> None:
    """For any stock: the protected stay, and the cap holds when the others are enough."""
    ids = [example.example_id for example in examples]
    held = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    policy = replace(POLICY, max_examples_per_signature=cap, balance_tolerance=tolerance)

    plan = plan_cleanup(examples, referred(*held), policy, NOON)

    gone = [removal.example_id for removal in plan.removals]
    approved = {e.example_id for e in examples if e.status is Status.APPROVED}
    protected = held | approved
    assert len(gone) == len(set(gone))
    assert not set(gone) & protected
    assert plan.after == len(examples) - len(gone)
    assert plan.after <= max(cap, len(protected))
    assert plan.over_cap == max(0, plan.after - cap)


@given(examples=EXAMPLES, cap=st.integers(0, 40), seed=st.randoms())
def test_a_plan_does_not_depend_on_the_order_of_the_examples(
    examples: list[ShelvedExample], cap: int, seed: Any
) -> None:
    """The same stock gives the same plan, whatever order the database returns."""
    shuffled = list(examples)
    seed.shuffle(shuffled)
    policy = replace(POLICY, max_examples_per_signature=cap)

    assert plan_cleanup(shuffled, References(), policy, NOON) == plan_cleanup(
        examples, References(), policy, NOON
    )


@given(examples=EXAMPLES, cap=st.integers(1, 40))
def test_of_two_alike_the_cap_never_takes_the_better(
    examples: list[ShelvedExample], cap: int
) -> None:
    """Within a category, difficulty and status, whoever leaves for the cap scores no higher."""
    policy = replace(
        POLICY,
        max_examples_per_signature=cap,
        max_age_days=10**6,
        refused_max_age_days=10**6,
        min_quality=0,
    )
    gone = {r.example_id for r in plan_cleanup(examples, References(), policy, NOON).removals}
    for one in examples:
        for other in examples:
            alike = (one.category, one.difficulty, one.status) == (
                other.category,
                other.difficulty,
                other.status,
            )
            if alike and one.example_id in gone and other.example_id not in gone:
                assert (one.quality_score or -1) <= (other.quality_score or -1) or (
                    one.status in REFUSED
                )
