"""The backtest: recorded telemetry through a policy."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from ratchet.errors import InputError
from ratchet.rollout import CANDIDATE, RolloutPolicy, Rule, variant_of
from ratchet.rollout.backtest import backtest
from tests.rollout_builders import NOON

STANDARD = RolloutPolicy.standard()


def recorded(
    *, hours: float, percent: float = 50, candidate_errors: float = 0.05, **changes: Any
) -> list[dict[str, Any]]:
    """Telemetry of an experiment at a fixed share, 600 requests an hour, as it is on disk."""
    rng = random.Random(5)
    records = []
    for number in range(round(600 * hours)):
        key = f"user-{number}"
        variant = variant_of("then", key, percent)
        rate = candidate_errors if variant == CANDIDATE else 0.05
        records.append(
            {
                "request_id": f"r{number}",
                "key": key,
                "signature": "any",
                "experiment_id": "then",
                "variant": variant,
                "program_version": "v1",
                "propensity": percent / 100 if variant == CANDIDATE else 1 - percent / 100,
                "timestamp": (NOON + timedelta(seconds=6 * number)).isoformat(),
                "latency_ms": 2_000 + rng.random() * 100,
                "success": rng.random() >= rate,
                "error": None,
                "quality_score": 0.8,
                **changes,
            }
        )
    return records


def test_a_good_record_goes_through_and_a_bad_one_is_rolled_back() -> None:
    """The same policy, two histories."""
    good = backtest(STANDARD, recorded(hours=9))
    bad = backtest(STANDARD, recorded(hours=9, candidate_errors=0.4))

    assert [each.action for each in good.decisions[:3]] == ["advance"] * 3
    assert [each.rule for each in bad.decisions] == [Rule.HARM]


def test_a_recorded_share_is_thinned_to_the_policys() -> None:
    """At 50 % recorded and 10 % wanted, all of the baseline and a ninth of the candidate stay."""
    result = backtest(STANDARD, recorded(hours=1))

    stage = result.state.evidence.stages[0]
    assert stage.candidate.requests / stage.requests == pytest.approx(0.1, abs=0.04)
    assert result.used + result.unused == 600
    assert result.used == pytest.approx(300 * 10 / 9, abs=50)
    assert result.state.evidence.log_e_sample_ratio() < 3


def test_the_reasons_of_the_holds_are_told_once() -> None:
    """A minute more or less is not another reason."""
    result = backtest(STANDARD, recorded(hours=0.9, quality_score=None))

    assert 1 <= len(result.holds) <= 12
    assert "needs 20 more labels" in result.holds[0].reason


def test_records_need_no_order_and_may_repeat() -> None:
    """A folder of spool files is not sorted."""
    records = recorded(hours=2)

    assert (
        backtest(STANDARD, [*records[::-1], *records[:50]]).decisions
        == backtest(STANDARD, records).decisions
    )


def test_a_record_without_a_baseline_beside_it_compares_nothing() -> None:
    """Traffic recorded at 100 % has no control: nothing of it is used below 100 %."""
    result = backtest(STANDARD, recorded(hours=1, percent=100))

    assert (result.used, result.decisions) == (0, ())


@pytest.mark.parametrize(
    "change", [{"timestamp": "noon"}, {"propensity": 2}, {"propensity": None}, {"timestamp": None}]
)
def test_a_record_that_can_not_be_read_is_an_error(change: dict[str, Any]) -> None:
    """A backtest of half a file would be a wrong answer."""
    with pytest.raises(InputError, match="can not be replayed"):
        backtest(STANDARD, recorded(hours=0.01, **change))


def test_nothing_to_replay_is_an_error() -> None:
    """An empty file has no first minute."""
    with pytest.raises(InputError):
        backtest(STANDARD, [])
