"""Splits: by group, stratified, stable, and without leaks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.errors import ConfigurationError
from ratchet.examples import Difficulty, Example
from ratchet.signatures import get
from ratchet.splits import DEFAULT_SHARES, Side, Split, split_examples
from tests.builders import NOON, completeness_example

SPEC = get("validate_completeness")


def numbered(
    number: int,
    *,
    group: str | None = None,
    complete: bool = True,
    difficulty: int = 1,
    day: int = 0,
) -> Example:
    """An example that differs from every other one by its number."""
    requirement = f"Requirement {number}"
    return completeness_example(
        requirements=(requirement,),
        missing=() if complete else (requirement,),
        group_id=group or f"g{number}",
        difficulty=list(Difficulty)[difficulty],
        created_at=NOON + timedelta(days=day),
    )


def even_set(count: int) -> list[Example]:
    """Examples of both labels and all difficulties, each a group of its own."""
    return [numbered(i, complete=i % 2 == 0, difficulty=i % 3) for i in range(count)]


def side_by_id(split: Split) -> Mapping[str, Side]:
    """The side of every example in a split."""
    return {e.example_id: side for side in Side for e in split.side(side)}


any_set = st.lists(
    st.tuples(st.integers(0, 12), st.booleans(), st.integers(0, 2)), min_size=1, max_size=40
).map(
    lambda rows: [
        numbered(i, group=f"g{group}", complete=complete, difficulty=difficulty)
        for i, (group, complete, difficulty) in enumerate(rows)
    ]
)


@given(examples=any_set)
@settings(max_examples=60, deadline=None)
def test_every_example_is_on_exactly_one_side_with_its_whole_group(
    examples: list[Example],
) -> None:
    """The sides are a partition of the examples, and share no group."""
    split = split_examples(SPEC, examples)

    placed = [e.example_id for side in Side for e in split.side(side)]
    groups = [{e.group_id for e in split.side(side)} for side in Side]

    assert sorted(placed) == sorted({e.example_id for e in examples})
    assert sum(len(found) for found in groups) == len(set.union(*groups))
    assert {e.group_id: split.sides[e.group_id] for e in examples} == split.sides


@given(examples=any_set, data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_examples_does_not_matter(
    examples: list[Example], data: st.DataObject
) -> None:
    """Any permutation of the input gives the same split and the same report."""
    shuffled = data.draw(st.permutations(examples))

    assert split_examples(SPEC, shuffled) == split_examples(SPEC, examples)


@given(examples=any_set, cut=st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_a_group_keeps_its_side_when_the_set_grows(examples: list[Example], cut: int) -> None:
    """Whatever is added, no example of the earlier split changes sides."""
    before = split_examples(SPEC, examples[:cut])

    after = split_examples(SPEC, examples, previous=before.sides)

    assert side_by_id(after).items() >= side_by_id(before).items()


@given(examples=any_set)
@settings(max_examples=60, deadline=None)
def test_three_groups_are_enough_for_three_sides(examples: list[Example]) -> None:
    """With n groups, min(n, 3) sides hold something; the train side comes first."""
    split = split_examples(SPEC, examples)

    filled = [side for side in Side if split.side(side)]

    assert len(filled) == min(3, len(split.sides))
    assert Side.TRAIN in filled


@given(examples=any_set)
@settings(max_examples=60, deadline=None)
def test_the_test_side_holds_both_classes_when_there_are_groups_enough(
    examples: list[Example],
) -> None:
    """A verdict on one class says nothing; four groups fill all sides and both classes."""
    split = split_examples(SPEC, examples)

    classes = {e.outputs["is_complete"] for e in examples}

    if len(split.sides) >= 4:
        assert {e.outputs["is_complete"] for e in split.test} == classes


@given(
    examples=any_set,
    links=st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=12),
    cut=st.integers(0, 40),
)
@settings(max_examples=80, deadline=None)
def test_near_duplicates_never_meet_across_sides(
    examples: list[Example], links: list[tuple[int, int]], cut: int
) -> None:
    """Linked examples are on one side, or one of them is left out and named in the report."""
    pairs = [
        (examples[a % len(examples)].example_id, examples[b % len(examples)].example_id)
        for a, b in links
    ]
    before = split_examples(SPEC, examples[:cut])

    split = split_examples(SPEC, examples, previous=before.sides, linked=pairs)

    sides = side_by_id(split)
    excluded = {conflict.example_id for conflict in split.report.excluded}
    assert {e.example_id for e in examples} == set(sides) | excluded
    assert not set(sides) & excluded
    for one, other in pairs:
        if one not in excluded and other not in excluded:
            assert sides[one] == sides[other]


def test_a_large_set_meets_its_shares_in_every_stratum() -> None:
    """With 600 groups a side is within one point of its share, a stratum within two."""
    examples = even_set(600)

    report = split_examples(SPEC, examples).report

    for side in Side:
        assert report.actual_shares[side] == pytest.approx(DEFAULT_SHARES[side], abs=0.01)
        for stratum, count in report.counts[side].items():
            total = sum(report.counts[s].get(stratum, 0) for s in Side)
            assert count / total == pytest.approx(DEFAULT_SHARES[side], abs=0.02)


def test_growth_is_dealt_to_the_sides_that_lack_it() -> None:
    """After a start that was all train, new groups fill the two other sides."""
    start = even_set(20)
    previous = {e.group_id: Side.TRAIN for e in start}

    report = split_examples(SPEC, even_set(100), previous=previous).report

    assert report.actual_shares[Side.TRAIN] == pytest.approx(0.35, abs=0.02)
    assert report.actual_shares[Side.TEST] == pytest.approx(0.40, abs=0.02)


def test_another_salt_deals_otherwise() -> None:
    """The salt decides who is where, so that a set can be split afresh on purpose."""
    examples = even_set(60)

    sides = split_examples(SPEC, examples).sides

    assert split_examples(SPEC, examples, salt="other").sides != sides


def test_the_report_says_what_was_kept_together_and_why() -> None:
    """Groups of several examples are named with size, side and reason."""
    examples = [*even_set(9), numbered(20, group="pair"), numbered(21, group="pair")]
    linked = [(examples[0].example_id, examples[1].example_id)]

    split = split_examples(SPEC, examples, linked=linked)

    kept = {k.group_ids: k for k in split.report.kept_together}
    assert set(kept) == {("pair",), ("g0", "g1")}
    assert kept["pair",].size == 2
    assert kept["pair",].side == split.sides["pair"]
    assert kept["g0", "g1"].reason.startswith("near-duplicates")


def bound_pair() -> tuple[list[Example], Mapping[str, Side]]:
    """A set in which g0 trains and g1 tests; g1 is younger."""
    examples = [numbered(i, day=i) for i in range(6)]
    return examples, {"g0": Side.TRAIN, "g1": Side.TEST}


def test_of_two_bound_near_duplicates_the_newer_is_left_out() -> None:
    """Groups with different sides can not be joined, so the newer example goes."""
    examples, previous = bound_pair()
    linked = [(examples[1].example_id, examples[0].example_id)]

    split = split_examples(SPEC, examples, previous=previous, linked=linked)

    (conflict,) = split.report.excluded
    assert conflict.example_id == examples[1].example_id
    assert conflict.linked_to == examples[0].example_id
    assert examples[1].example_id not in side_by_id(split)


def test_a_new_example_that_resembles_two_sides_is_left_out() -> None:
    """A bridge between train and test belongs to neither, however old it is."""
    examples, previous = bound_pair()
    bridge = numbered(99, day=-9)
    linked = [
        (bridge.example_id, examples[0].example_id),
        (examples[1].example_id, bridge.example_id),
    ]

    split = split_examples(SPEC, [*examples, bridge], previous=previous, linked=linked)

    assert [c.example_id for c in split.report.excluded] == [bridge.example_id]


def test_what_was_left_out_once_stays_out() -> None:
    """An example excluded by an earlier version does not come back with its group."""
    examples, previous = bound_pair()

    split = split_examples(SPEC, examples, previous=previous, excluded=[examples[1].example_id])

    assert examples[1].example_id not in side_by_id(split)
    assert split.report.excluded[0].linked_to is None


def test_a_missing_class_is_noted() -> None:
    """A set of one class, and a side without anything, are said in words."""
    split = split_examples(SPEC, [numbered(1), numbered(2, complete=False)])

    assert "The validation side is empty: there are too few new groups to fill it." in (
        split.report.notes
    )
    assert any(
        note.startswith("The train side has no example labelled") for note in split.report.notes
    )


def test_an_empty_set_splits_into_nothing() -> None:
    """No example is no error here; publishing it is."""
    split = split_examples(SPEC, [])

    assert (split.train, split.validation, split.test, split.sides) == ((), (), (), {})


@pytest.mark.parametrize(
    "shares",
    [
        {Side.TRAIN: 0.5, Side.VALIDATION: 0.5, Side.TEST: 0.5},
        {Side.TRAIN: 0.5, Side.TEST: 0.5},
        {Side.TRAIN: 1.2, Side.VALIDATION: -0.4, Side.TEST: 0.2},
    ],
)
def test_impossible_shares_are_refused(shares: Mapping[Side, float]) -> None:
    """Shares must be three, above 0, and sum to 1."""
    with pytest.raises(ConfigurationError, match="with a sum of 1"):
        split_examples(SPEC, even_set(5), shares=shares)


def test_a_split_is_the_same_on_every_machine() -> None:
    """The hash decides, not Python's: a known set gives a known split."""
    sides = split_examples(SPEC, [numbered(i) for i in range(8)]).sides

    assert {g: s.value for g, s in sides.items()} == {
        "g0": "validation",
        "g1": "test",
        "g2": "train",
        "g3": "train",
        "g4": "train",
        "g5": "test",
        "g6": "validation",
        "g7": "test",
    }
