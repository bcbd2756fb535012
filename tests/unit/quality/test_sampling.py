"""A set drawn for the gates reaches their shares whenever the pool allows it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet import signatures
from ratchet.examples import Difficulty, Example, ExampleId, Source
from ratchet.quality.gates import check
from ratchet.quality.sampling import select_for_gate
from ratchet.signatures.spec import SignatureSpec
from tests.quality_builders import balanced_set, pool, scored_example

SPEC = signatures.get("validate_completeness")
SMALL = replace(SPEC, policy=replace(SPEC.policy, min_examples=3, min_categories=1))
EASY, MEDIUM, HARD = Difficulty.EASY, Difficulty.MEDIUM, Difficulty.HARD
SHARES = {"difficulty_shares", "label_shares", "source_share"}


def holds_shares(spec: SignatureSpec, examples: list[Example] | tuple[Example, ...]) -> bool:
    """Whether the gates find every share within tolerance."""
    report = check(spec, examples, strict=True)
    return all(found.passed for found in report.checks if found.name in SHARES)


def ids(examples: Iterable[Example]) -> set[ExampleId]:
    """The ids of `examples`."""
    return {example.example_id for example in examples}


cells = st.tuples(
    st.integers(0, 30),
    st.sampled_from(list(Difficulty)),
    st.booleans(),
    st.sampled_from([Source.GIT, Source.SYNTHETIC, Source.MANUAL]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(cells, max_size=10))
def test_what_is_drawn_holds_every_share(parts: list[tuple[int, Difficulty, bool, Source]]) -> None:
    """Whatever the pool: a set said to reach the shares does, and no other that is drawn."""
    examples = pool(*parts)
    selection = select_for_gate(SPEC, examples)
    drawn = {example.example_id for example in selection.examples}
    assert drawn <= {example.example_id for example in examples}
    assert len(drawn) + sum(selection.left_out.values()) == len(examples)
    if selection.reached:
        assert holds_shares(SPEC, selection.examples)
        assert len(drawn) >= SPEC.policy.min_examples
    else:
        assert not holds_shares(SPEC, selection.examples) or len(drawn) < 10


@settings(max_examples=40, deadline=None)
@given(st.lists(cells.map(lambda cell: (cell[0] % 4, *cell[1:])), max_size=6))
def test_no_larger_set_exists(parts: list[tuple[int, Difficulty, bool, Source]]) -> None:
    """On small pools no subset that holds the shares is larger, by trying all of them."""
    counts: dict[tuple[Difficulty, bool, Source], int] = {}
    for count, *key in parts:
        counts[tuple(key)] = counts.get(tuple(key), 0) + count
    examples = pool(*((count, *key) for key, count in counts.items()))
    largest = max(
        (
            sum(numbers)
            for numbers in itertools.product(*(range(n + 1) for n in counts.values()))
            if sum(numbers) >= 3 and _fits(dict(zip(counts, numbers, strict=True)))
        ),
        default=None,
    )
    selection = select_for_gate(SMALL, examples)
    assert selection.reached is (largest is not None)
    if largest is not None:
        assert len(selection.examples) == largest


def _fits(counts: dict[tuple[Difficulty, bool, Source], int]) -> bool:
    """The shares by the definition of the policy, in whole numbers."""
    total = sum(counts.values())

    def share(place: int, value: object) -> float:
        return round(sum(n for key, n in counts.items() if key[place] == value) / total, 9)

    return (
        all(
            target - 0.1 - 1e-9 <= share(0, level) <= target + 0.1 + 1e-9
            for level, target in ((EASY, 0.3), (MEDIUM, 0.5), (HARD, 0.2))
        )
        and 0.3 - 1e-9 <= share(1, True) <= 0.5 + 1e-9
        and all(share(2, source) <= 0.8 + 1e-9 for source in Source)
    )


def test_a_set_that_holds_the_shares_is_kept_whole() -> None:
    """Nothing is dropped from a balanced pool."""
    examples = balanced_set()
    selection = select_for_gate(SPEC, examples)
    assert selection.examples == tuple(examples)
    assert selection.reached


def test_examples_below_the_policy_are_left_out() -> None:
    """Quality comes before shares; the count of the weak is reported."""
    weak = [scored_example(900 + n, quality=74.9) for n in range(5)]
    selection = select_for_gate(SPEC, [*balanced_set(), *weak])
    assert len(selection.examples) == 40
    assert selection.left_out == {"below the minimal quality": 5}


def test_the_better_examples_are_preferred() -> None:
    """Of too many easy ones the weakest go."""
    examples = balanced_set(50)
    extra = [
        scored_example(500 + n, difficulty=EASY, quality=99.0, complete=n % 5 < 2)
        for n in range(40)
    ]
    selection = select_for_gate(SPEC, [*examples, *extra])
    drawn = ids(selection.examples)
    easy = [e for e in selection.examples if e.difficulty is EASY]
    assert selection.reached
    assert 20 <= len(easy) < 55
    assert len(drawn & ids(extra)) >= len(easy) - 4  # one of each category comes first


def test_groups_are_kept_whole_where_the_shares_allow_it() -> None:
    """Of minimal pairs, a complete and an incomplete one each, few are torn."""
    pairs = [
        scored_example(
            2 * n + half,
            complete=bool(half),
            group=f"pair {n}",
            difficulty=(EASY, MEDIUM, HARD)[n % 3],
            source=Source.GIT if n % 2 else Source.SYNTHETIC,
        )
        for n in range(150)
        for half in (0, 1)
    ]
    selection = select_for_gate(SPEC, pairs)
    sizes: dict[str, int] = {}
    for example in selection.examples:
        sizes[example.group_id] = sizes.get(example.group_id, 0) + 1
    torn = sum(size == 1 for size in sizes.values())
    assert selection.reached
    assert torn <= 0.2 * len(sizes)


def test_the_order_of_the_pool_does_not_matter() -> None:
    """The same pool and seed give the same set; a limit is respected within the shares."""
    examples = pool(
        (60, EASY, True, Source.GIT),
        (60, MEDIUM, False, Source.SYNTHETIC),
        (30, HARD, False, Source.GIT),
    )
    forward = select_for_gate(SPEC, examples, limit=30)
    backward = select_for_gate(SPEC, examples[::-1], limit=30)
    assert ids(forward.examples) == ids(backward.examples)
    assert len(forward.examples) == 30
    assert forward.reached


def test_a_pool_of_one_source_can_not_reach_the_shares() -> None:
    """Difficulties and labels are right all the same, and another source is asked for."""
    extra = [scored_example(700 + n, difficulty=EASY) for n in range(30)]
    examples = [e.evolve(source=Source.GIT) for e in [*balanced_set(), *extra]]
    selection = select_for_gate(SPEC, examples)
    failed = [c.name for c in check(SPEC, selection.examples, strict=True).checks if not c.passed]
    assert not selection.reached
    assert len(selection.examples) >= 40
    assert failed == ["source_share"]
    assert "from a source other than git" in check(SPEC, selection.examples, strict=True).request


def test_a_pool_without_hard_examples_is_kept_whole() -> None:
    """When no share can be reached nothing good is thrown away."""
    examples = [e for e in balanced_set() if e.difficulty is not HARD]
    selection = select_for_gate(SPEC, examples)
    assert not selection.reached
    assert selection.examples == tuple(examples)


def test_an_empty_pool_gives_an_empty_set() -> None:
    """Nothing in, nothing out, and the shares are not reached."""
    selection = select_for_gate(SPEC, [])
    assert (selection.examples, selection.reached) == ((), False)
