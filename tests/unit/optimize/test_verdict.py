from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.errors import ConfigurationError
from ratchet.optimize.constants import ConstantScore
from ratchet.optimize.interval import chance_of_gain
from ratchet.optimize.verdict import Action, PromotionPolicy, decide, refuse
from tests.optimize_builders import paired, program_evaluation

SCORES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=6, max_size=60)


def test_a_clear_gain_promotes() -> None:
    """A candidate right on 20 more of 60 examples is promoted, with interval and reason."""
    baseline = [0.0] * 40 + [1.0] * 20
    candidate = [0.0] * 20 + [1.0] * 40

    verdict = decide(paired(baseline, candidate))

    assert verdict.action is Action.PROMOTE
    assert verdict.gain is not None
    assert verdict.gain.lower > 0
    assert "a gain of +0.333 (+100.0%)" in verdict.reasons[0]


def test_a_perfect_baseline_leaves_nothing_to_gain() -> None:
    """A baseline of 1.000 rejects any candidate and says why."""
    verdict = decide(paired([1.0] * 30, [1.0] * 30))

    assert verdict.action is Action.REJECT
    assert verdict.reasons == ("The baseline scores 1.000: there is nothing to gain.",)


def test_a_threshold_beyond_perfection_rejects() -> None:
    """A baseline of 0.98 can not be beaten by 5 %, and the reason gives the headroom."""
    baseline = [1.0] * 49 + [0.0]

    verdict = decide(paired(baseline, [1.0] * 50))

    assert verdict.action is Action.REJECT
    assert "even a perfect program would gain 0.020" in verdict.reasons[0]


def test_a_baseline_of_zero_asks_for_an_absolute_gain() -> None:
    """Relative to 0 there is no gain; min_improvement is then read in score points."""
    verdict = decide(paired([0.0] * 30, [1.0] * 15 + [0.0] * 15))

    assert verdict.action is Action.PROMOTE
    assert verdict.relative_gain is None
    assert verdict.gain is not None
    assert verdict.gain.estimate == pytest.approx(0.5)


def test_equal_answers_are_rejected_without_an_interval_of_width() -> None:
    """Two programs that score alike everywhere have zero variance; that is a rejection."""
    scores = [0.0, 1.0] * 20

    verdict = decide(paired(scores, scores))

    assert verdict.action is Action.REJECT
    assert verdict.gain is not None
    assert (verdict.gain.lower, verdict.gain.upper) == (0.0, 0.0)
    assert "score alike on every example" in verdict.reasons[0]


def test_the_same_gain_everywhere_is_promoted() -> None:
    """Zero variance around a gain is a sure gain, not a division by zero."""
    verdict = decide(paired([0.5] * 20, [0.75] * 20))

    assert verdict.action is Action.PROMOTE


def test_few_differing_examples_are_not_evidence() -> None:
    """Five better and none worse of 100 has a lower bound above 0, yet chance does it too."""
    baseline = [0.0] * 50 + [1.0] * 50
    candidate = [1.0] * 5 + [0.0] * 45 + [1.0] * 50

    verdict = decide(paired(baseline, candidate))

    assert verdict.gain is not None
    assert verdict.gain.lower > 0
    assert verdict.chance == pytest.approx(1 / 32)
    assert verdict.action is Action.INCONCLUSIVE


def test_an_uncertain_gain_asks_for_examples() -> None:
    """A gain within the noise is inconclusive and names how many more examples it needs."""
    baseline = [0.0] * 6 + [1.0] * 3 + [0.5] * 21
    candidate = [1.0] * 6 + [0.0] * 3 + [0.5] * 21

    verdict = decide(paired(baseline, candidate))

    assert verdict.action is Action.INCONCLUSIVE
    assert verdict.needs_more is not None
    assert verdict.needs_more > 30
    assert f"about {verdict.needs_more} more sealed examples" in verdict.reasons[-1]


def test_a_gain_surely_below_the_threshold_is_rejected() -> None:
    """When even the upper bound misses the threshold, more examples would not help."""
    baseline = [0.5] * 400
    candidate = [0.5 + 0.01 * (index % 2) for index in range(400)]

    verdict = decide(paired(baseline, candidate))

    assert verdict.action is Action.REJECT
    assert "Even the upper bound stays below" in verdict.reasons[0]


def test_a_candidate_that_does_not_beat_a_constant_is_rejected() -> None:
    """A gain over a poor baseline is worthless when a constant answer does as well."""
    constant = ConstantScore(name="always is_complete=False", scores=(0.5,) * 40)

    verdict = decide(paired([0.1] * 40, [0.5] * 40, constants=(constant,)))

    assert verdict.action is Action.REJECT
    assert "a constant answer (always is_complete=False) scores 0.500" in verdict.reasons[0]


def test_a_balanced_accuracy_of_a_half_is_rejected() -> None:
    """A candidate that always decides alike is a constant, whatever its lists score."""
    candidate = program_evaluation([0.6] * 40, decisions=[False] * 40)

    verdict = decide(paired([0.1] * 40, [0.6] * 40, candidate=candidate))

    assert verdict.action is Action.REJECT
    assert "balanced accuracy is 0.50" in verdict.reasons[0]


@pytest.mark.parametrize("side", ["baseline", "candidate"])
def test_failed_calls_make_the_evaluation_void(side: str) -> None:
    """More than 2 % of failed calls on either side is void, never a score of 0."""
    scores = {"baseline": [0.5] * 50, "candidate": [1.0] * 50}
    failing = program_evaluation([None, None, *scores[side][2:]])

    verdict = decide(paired(scores["baseline"], scores["candidate"], **{side: failing}))

    assert verdict.action is Action.VOID
    assert f"2 of 50 calls of the {side} failed (2 malformed output)" in verdict.reasons[0]


def test_a_tolerable_failure_only_loses_its_pair() -> None:
    """One failed call in 100 drops that pair and leaves the verdict to the others."""
    verdict = decide(paired([0.5] * 100, [None, *[1.0] * 99]))

    assert verdict.action is Action.PROMOTE
    assert "on 99 sealed examples" in verdict.reasons[0]


def test_five_examples_are_refused() -> None:
    """With five examples no signs can show anything, so nothing is judged."""
    verdict = decide(paired([0.0] * 5, [1.0] * 5))

    assert verdict.action is Action.REFUSED
    assert "There are 5 sealed examples" in verdict.reasons[0]


def test_a_refusal_carries_its_reasons() -> None:
    """What stopped an optimisation before the evaluation reads as a verdict too."""
    assert refuse(["The metric is blind."]).reasons == ("The metric is blind.",)
    assert refuse(["The metric is blind."]).action is Action.REFUSED


@pytest.mark.parametrize(
    "change", [{"min_improvement": -0.1}, {"confidence": 1.0}, {"max_error_share": 1.0}]
)
def test_an_impossible_policy_is_refused(change: dict[str, float]) -> None:
    """A policy out of range is a configuration error that names the value."""
    with pytest.raises(ConfigurationError, match=next(iter(change))):
        PromotionPolicy(**change)  # type: ignore[arg-type]


@given(scores=SCORES)
def test_a_program_is_never_promoted_over_itself(scores: list[float]) -> None:
    """Whatever the scores are, an identical candidate is rejected."""
    assert decide(paired(scores, scores)).action is Action.REJECT


@given(pairs=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=6, max_size=60))
def test_promotion_needs_gain_threshold_and_evidence(pairs: list[tuple[float, float]]) -> None:
    """A promoted candidate has reached the threshold, a positive bound and a small chance."""
    verdict = decide(paired([b for b, _ in pairs], [c for _, c in pairs]))

    if verdict.promotes:
        assert verdict.gain is not None
        assert verdict.gain.lower > 0
        assert verdict.chance is not None
        assert verdict.chance <= 0.025
        level = sum(b for b, _ in pairs) / len(pairs)
        assert verdict.gain.estimate >= 0.05 * level - 1e-9


@given(pairs=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=6, max_size=60))
def test_programs_are_not_both_better_than_each_other(pairs: list[tuple[float, float]]) -> None:
    """When one is promoted over the other, the other way round it is rejected."""
    baseline, candidate = [b for b, _ in pairs], [c for _, c in pairs]

    if decide(paired(baseline, candidate)).promotes:
        assert decide(paired(candidate, baseline)).action is Action.REJECT


@given(pairs=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=6, max_size=60))
def test_a_verdict_is_repeatable_and_always_explained(pairs: list[tuple[float, float]]) -> None:
    """The same evaluation gives the same verdict, with at least one reason."""
    evaluation = paired([b for b, _ in pairs], [c for _, c in pairs])

    assert decide(evaluation) == decide(evaluation)
    assert all(reason.endswith(".") for reason in decide(evaluation).reasons)
    assert decide(evaluation).reasons


def test_the_chance_of_all_better_is_one_half_to_the_count() -> None:
    """The sign-flip test is exact for few differences: n better of n has chance 2^-n."""
    import numpy as np

    assert chance_of_gain(np.array([0.1, 0.5, 1.0, 0.0, 0.0]), seed=1) == pytest.approx(1 / 8)
