"""Calibration of a judge to the decisions of people."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ratchet.quality.judges.agreement import (
    area_under_curve,
    best_threshold,
    kappa,
    kappa_interval,
    wilson,
)
from ratchet.quality.judges.calibration import Calibration, Decided, TooFew, calibrate
from ratchet.quality.judges.curves import fit_curve, pool_adjacent_violators

numbers = st.lists(st.floats(0, 100, allow_nan=False), min_size=1, max_size=60)
decided_pairs = st.lists(st.tuples(st.floats(0, 100), st.booleans()), min_size=2, max_size=150)


def decisions(count: int, *, noise: float = 0.0, seed: int = 1) -> list[Decided]:
    """People who approve from 60 points on, and err with a chance of `noise`."""
    rng = random.Random(seed)
    scores = [rng.uniform(0, 100) for _ in range(count)]
    return [Decided(score=s, approved=(s >= 60) != (rng.random() < noise)) for s in scores]


@given(numbers)
def test_pooling_gives_a_sequence_that_never_falls(values: list[float]) -> None:
    """And keeps the mean, which is what makes it the nearest one."""
    pooled = pool_adjacent_violators(np.array(values), np.ones(len(values)))

    assert (np.diff(pooled) >= 0).all()
    assert np.isclose(pooled.mean(), np.mean(values))


@given(decided_pairs)
def test_a_better_score_never_means_a_smaller_chance(pairs: list[tuple[float, bool]]) -> None:
    """Whatever people decided, the curve is monotone and within 0..1."""
    curve = fit_curve([score for score, _ in pairs], [approved for _, approved in pairs])

    chances = [curve.chance(score) for score in range(0, 101, 5)]

    assert all(low <= high + 1e-12 for low, high in pairwise(chances))
    assert all(0 <= chance <= 1 for chance in chances)


def test_many_decisions_get_an_isotonic_curve_and_few_a_logistic_one() -> None:
    """A hundred can carry steps; thirty would follow single examples."""
    few, many = (
        calibrate(decisions(40), min_decisions=30),
        calibrate(decisions(200), min_decisions=30),
    )

    assert isinstance(few, Calibration)
    assert isinstance(many, Calibration)
    assert (few.curve.kind, many.curve.kind) == ("logistic", "isotonic")


def test_the_threshold_of_people_is_found() -> None:
    """People who approve from 60 on are understood: threshold, curve and table say so."""
    found = calibrate(decisions(300, noise=0.05), min_decisions=30)

    assert isinstance(found, Calibration)
    assert 55 <= found.threshold <= 65
    assert found.chance(90) > 0.85
    assert found.chance(20) < 0.15
    assert found.agreement.lower < 0.95 < found.agreement.upper + 0.03
    assert found.confusion.total == 300


def test_a_judge_that_knows_nothing_is_found_out() -> None:
    """Scores without relation to the decisions: kappa near 0 on decisions it was not fit on."""
    rng = random.Random(3)
    blind = [Decided(score=rng.uniform(0, 100), approved=rng.random() < 0.5) for _ in range(200)]

    found = calibrate(blind, min_decisions=30)

    assert isinstance(found, Calibration)
    assert found.kappa.lower < 0.1
    assert abs(found.area - 0.5) < 0.1


def test_the_order_of_decisions_does_not_matter() -> None:
    """The same decisions give the same calibration."""
    some = decisions(60, noise=0.1)

    assert calibrate(some, min_decisions=30) == calibrate(some[::-1], min_decisions=30)


def test_too_few_decisions_say_how_many_more() -> None:
    """Of all, and of the kind that is lacking."""
    some = [Decided(score=80.0, approved=True)] * 12 + [Decided(score=20.0, approved=False)] * 2

    found = calibrate(some, min_decisions=30)

    assert isinstance(found, TooFew)
    assert found.message == "16 more decisions are needed (14 of 30); 3 more refusals (2 of 5)"


def test_one_kind_alone_is_not_enough() -> None:
    """However many approvals there are, nothing can be told apart."""
    found = calibrate([Decided(score=80.0, approved=True)] * 100, min_decisions=30)

    assert isinstance(found, TooFew)
    assert found.message == "5 more refusals (0 of 5)"


def test_kappa_is_zero_by_chance_and_one_in_full() -> None:
    """Ten approvals by somebody who approves everything are no agreement."""
    mixed = [True, False] * 20

    assert kappa(mixed, mixed) == 1
    assert kappa([True] * 40, mixed) == 0
    interval = kappa_interval(mixed, [not one for one in mixed[:8]] + mixed[8:], seed=1)
    assert interval.lower < interval.estimate < interval.upper < 1


@given(decided_pairs)
def test_the_area_is_the_share_of_pairs_ranked_right(pairs: list[tuple[float, bool]]) -> None:
    """By ranks or by looking at every pair: the same."""
    yes = [score for score, approved in pairs if approved]
    no = [score for score, approved in pairs if not approved]
    if not yes or not no:
        return
    wins = sum((y > n) + (y == n) / 2 for y in yes for n in no) / (len(yes) * len(no))

    found = area_under_curve([score for score, _ in pairs], [approved for _, approved in pairs])

    assert np.isclose(found, wins)


@given(decided_pairs)
def test_no_other_threshold_separates_better(pairs: list[tuple[float, bool]]) -> None:
    """Balanced accuracy at the threshold is at least that at any score that occurs."""
    scores, approved = [s for s, _ in pairs], [a for _, a in pairs]
    if len(set(approved)) < 2:
        return

    def balance(threshold: float) -> float:
        taken = [score >= threshold for score in scores]
        right = [t == a for t, a in zip(taken, approved, strict=True)]
        yes = [r for r, a in zip(right, approved, strict=True) if a]
        no = [r for r, a in zip(right, approved, strict=True) if not a]
        return sum(yes) / len(yes) + sum(no) / len(no)

    best = balance(best_threshold(scores, approved))

    assert all(best >= balance(score) - 1e-9 for score in scores)


def test_wilson_has_a_width_where_all_agree() -> None:
    """Five of five is no certainty."""
    found = wilson(5, 5)

    assert found.estimate == found.upper == 1
    assert 0.5 < found.lower < 0.6


def test_no_curve_promises_certainty() -> None:
    """Even when a hundred decisions agree with the judge in full."""
    for count in (40, 200):
        found = calibrate(decisions(count), min_decisions=30)

        assert isinstance(found, Calibration)
        assert 0 < found.chance(0) < 0.1
        assert 0.9 < found.chance(100) < 1
