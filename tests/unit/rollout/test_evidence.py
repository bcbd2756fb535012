"""The formulas of the evidence, each against a second, slower way to compute it."""

from __future__ import annotations

import math
from fractions import Fraction
from statistics import fmean, variance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.rollout.breaker import LIMIT, Breaker
from ratchet.rollout.error_evidence import RATIOS, ErrorEvidence, expected_share
from ratchet.rollout.evidence import Evidence, StageStatistics
from ratchet.rollout.latency_evidence import (
    Difference,
    Moments,
    difference_of_means,
    half_width,
    over_stages,
)
from ratchet.rollout.memory import KEYS_IN_WINDOW, KeySet
from ratchet.rollout.quality_evidence import QualityEvidence, bets_on
from ratchet.rollout.sample_ratio import SampleRatio


def test_errors_multiply_the_bets_of_the_specification() -> None:
    """E is the mean over rho of the product of rho^A / (pi rho + 1 - pi)."""
    evidence = ErrorEvidence()
    seen = [(True, 0.1), (False, 0.2), (True, 0.15)]
    for key, (from_candidate, share) in enumerate(seen):
        evidence.add(key, share, from_candidate=from_candidate)

    expected = fmean(
        math.prod(
            (ratio if from_candidate else 1.0) / (share * ratio + 1 - share)
            for from_candidate, share in seen
        )
        for ratio in RATIOS
    )

    assert math.exp(evidence.log_e_value()) == pytest.approx(expected, rel=1e-12)


def test_the_expected_share_leans_on_the_stage_share_at_first() -> None:
    """The share is (n_c + 20 pi_s) / (n_c + n_b + 20), before the error."""
    assert expected_share(7, 33, 0.25) == pytest.approx((7 + 20 * 0.25) / (40 + 20))


@given(st.fractions(Fraction(1, 100), Fraction(99, 100)))
def test_a_fair_error_neither_wins_nor_loses(share: Fraction) -> None:
    """If the error comes from the candidate with probability pi, the factor has mean 1."""
    for ratio in map(Fraction, RATIOS):
        denominator = share * ratio + 1 - share

        assert share * ratio / denominator + (1 - share) / denominator == 1


def test_a_key_errs_once_in_a_window() -> None:
    """A user who fails again and again is one bet in the stage and one over all stages."""
    evidence = Evidence(stages=[StageStatistics.at(0.1)])
    for _ in range(50):
        evidence.add_outcome(0, 7, 1.0, is_candidate=True, failed=True)
    once = evidence.errors.log_e_value()
    evidence.begin_stage(0.25)
    evidence.add_outcome(1, 7, 1.0, is_candidate=True, failed=True)

    assert evidence.stages[0].candidate.errors == 50
    assert evidence.errors.log_e_value() == once
    assert math.exp(once) == pytest.approx(fmean(r / (0.1 * r + 0.9) for r in RATIOS))
    assert evidence.stage_errors.log_e_value() > 0


def test_keys_without_end_stop_the_bets_not_the_state() -> None:
    """A window counts so many keys and no more, so the document stays small."""
    keys = KeySet(keys=set(range(KEYS_IN_WINDOW)))

    assert not keys.admit(KEYS_IN_WINDOW + 1)
    assert len(keys.keys) == KEYS_IN_WINDOW


@given(st.lists(st.floats(0, 60_000), min_size=2, max_size=50))
def test_moments_are_those_of_the_list(values: list[float]) -> None:
    """One value at a time gives the mean and variance of all."""
    moments = Moments()
    for value in values:
        moments.add(value)

    assert moments.mean == pytest.approx(fmean(values), abs=1e-6)
    expected = variance(values) / len(values)
    assert moments.variance_of_mean() == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_the_half_width_is_that_of_the_specification() -> None:
    """sqrt(V n) sqrt(2 (n r + 1) / (n^2 r) ln(1 + sqrt(n r + 1) / (2 a)))."""
    spread, n, a = 7_500.0, 640, 0.0025
    r = (-2 * math.log(2 * a) + math.log(-2 * math.log(2 * a) + 1)) / 500
    inner = 2 * (n * r + 1) / (n**2 * r) * math.log(1 + math.sqrt(n * r + 1) / (2 * a))

    assert half_width(spread, n, a) == pytest.approx(math.sqrt(spread * n) * math.sqrt(inner))


def test_stages_are_averaged_and_never_pooled() -> None:
    """Two stages without a difference have none together, though the pooled means differ."""
    morning = Difference(0.0, 1.0, 10, 90)
    evening = Difference(0.0, 1.0, 75, 25)

    together = over_stages([morning, evening])

    assert together is not None
    assert together.value == 0.0
    assert (together.candidate, together.baseline) == (85, 115)


def test_a_stage_weighs_by_its_smaller_arm() -> None:
    """The weight is n_c n_b / (n_c + n_b)."""
    together = over_stages([Difference(1.0, 4.0, 10, 90), Difference(5.0, 2.0, 50, 50)])

    assert together is not None
    assert together.value == pytest.approx((9 * 1 + 25 * 5) / 34)
    assert together.variance == pytest.approx((81 * 4 + 625 * 2) / 34**2)


def test_no_values_give_no_difference() -> None:
    """A missing arm is unknown, not zero."""
    filled = Moments()
    filled.add(1.0)

    assert difference_of_means(filled, Moments()) is None
    assert over_stages([]) is None


LABELS = st.lists(st.floats(0, 1), max_size=40)


def quality_of(labels: list[float]) -> QualityEvidence:
    """The evidence of labels against the limit 0.70."""
    evidence = QualityEvidence()
    for quality in labels:
        evidence.add(bets_on(quality, 0.70))
    return evidence


@given(LABELS)
def test_labels_multiply_the_bets_of_the_specification(labels: list[float]) -> None:
    """W is the mean over lambda of the product of 1 + lambda (0.70 - x)."""
    rates = (0.15, 0.35, 0.7, 1.1, 1.6, 2.2, 2.8, 3.2)

    expected = fmean(math.prod(1 + rate * (0.70 - x) for x in labels) for rate in rates)

    assert quality_of(labels).log_e_value() == pytest.approx(math.log(expected), abs=1e-9)


@given(LABELS, st.randoms())
def test_the_order_of_labels_does_not_matter(labels: list[float], random: object) -> None:
    """Late labels simply multiply in."""
    shuffled = list(labels)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a Random

    first, second = quality_of(labels).log_e_value(), quality_of(shuffled).log_e_value()

    assert first == pytest.approx(second, abs=1e-9)


@given(LABELS, st.floats(0, 1))
def test_a_label_taken_back_leaves_no_trace(labels: list[float], extra: float) -> None:
    """A corrected label replaces its factor."""
    evidence = quality_of([*labels, extra])
    evidence.remove(bets_on(extra, 0.70))

    assert evidence.count == len(labels)
    assert evidence.log_e_value() == pytest.approx(quality_of(labels).log_e_value(), abs=1e-9)


@pytest.mark.parametrize("share", [0.1, 0.75])
def test_the_sample_ratio_is_a_fair_bet(share: float) -> None:
    """Over all outcomes of 12 units, the e-value has mean 1 under the share."""
    units = 12
    mean = sum(
        math.comb(units, n)
        * share**n
        * (1 - share) ** (units - n)
        * math.exp(SampleRatio(candidate=n, baseline=units - n).log_e_value(share))
        for n in range(units + 1)
    )

    assert mean == pytest.approx(1.0, rel=1e-12)


def test_a_key_is_one_unit_of_the_sample_ratio() -> None:
    """A heavy user does not look like a mismatch."""
    evidence = Evidence(stages=[StageStatistics.at(0.1)])
    for _ in range(1_000):
        evidence.add_outcome(0, 7, 1.0, is_candidate=True, failed=False)

    units = evidence.current.periods[0].units
    assert (units.candidate, units.baseline) == (1, 0)


def fed(script: str) -> Breaker:
    """A breaker after a script: c and b are good requests of the arms, C and B errors."""
    breaker = Breaker()
    for letter in script:
        if letter in "bB":
            breaker.add_baseline(failed=letter == "B")
        else:
            breaker.add_candidate(failed=letter == "C", is_controlled=True)
    return breaker


def test_the_breaker_fires_on_seven_errors_beside_a_good_baseline() -> None:
    """Each error adds ln(.95 / .2333) while the baseline is clean: six are too few."""
    assert not fed("bbbbb" + "Cbb" * 6).fired
    assert fed("bbbbb" + "Cbb" * 7).fired
    assert fed("bbbbb" + "Cbb" * 6).score == pytest.approx(6 * math.log(0.95 / (0.5 / 6 + 0.15)))
    assert math.exp(LIMIT) == pytest.approx(10_000)


def test_the_breaker_waits_for_baseline_requests_in_the_run() -> None:
    """Errors with nothing beside them may be an outage that both arms share."""
    assert not fed("bbbbb" + "C" * 50 + "bbbb").fired
    assert fed("bbbbb" + "C" * 50 + "bbbbb").fired


def test_a_shared_outage_resets_the_breaker() -> None:
    """Two errors among the last five baseline requests are no fault of the candidate's."""
    breaker = fed("bbbbb" + "Cb" * 6 + "BB" + "C" * 5)

    assert not breaker.fired
    assert fed("bbbbb" + "Cb" * 6 + "BB").score == 0


def test_a_candidate_that_fails_half_of_its_calls_is_not_the_breakers() -> None:
    """The breaker is for total failure; the rest is for the evidence."""
    assert not fed("bbbbb" + "Cbbcbb" * 500).fired


def test_the_breaker_remembers_twenty_baseline_requests() -> None:
    """Its state does not grow with the traffic."""
    assert len(fed("b" * 100).baseline) == 20
