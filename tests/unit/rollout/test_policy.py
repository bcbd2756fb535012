"""The policy: presets, a policy from a file, and thresholds derived from alpha."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from ratchet.errors import ConfigurationError
from ratchet.rollout import Mode, RolloutPolicy
from tests.rollout_builders import begun


def test_the_standard_preset_is_the_documented_one() -> None:
    """Five stages of at least an hour and 100 requests, guarded."""
    policy = RolloutPolicy.standard()

    assert policy.stages == (10, 25, 50, 75, 100)
    assert (policy.min_minutes, policy.min_requests, policy.mode) == (60, 100, "guarded")
    assert (policy.max_error_difference, policy.min_quality) == (0.05, 0.70)
    assert policy.max_latency_difference_ms == 500


def test_the_daily_preset_lasts_days() -> None:
    """Three stages of at least 24 hours; changes are taken."""
    policy = RolloutPolicy.daily(mode="exact")

    assert (policy.stages, policy.min_minutes, policy.mode) == ((10, 50, 100), 1440, Mode.EXACT)


@pytest.mark.parametrize(
    ("risk", "cumulative", "stage"),
    [("error", 100, 400), ("quality", 200, 800), ("latency", 1 / 0.01, 1 / 0.0025)],
)
def test_the_thresholds_of_four_stages_at_five_percent(
    risk: str, cumulative: float, stage: float
) -> None:
    """Alpha .05 is .02 + .02 + .01, each half cumulative and half split over four stages."""
    policy = RolloutPolicy.standard()

    assert 1 / policy.cumulative_alpha(risk) == pytest.approx(cumulative, rel=1e-12)
    assert 1 / policy.stage_alpha(risk) == pytest.approx(stage, rel=1e-12)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("stages", [(50, 100), (1, 2, 5, 10, 20, 50, 100)])
def test_the_error_budget_adds_up(alpha: float, stages: tuple[float, ...]) -> None:
    """Whatever alpha and the number of stages, the parts sum to alpha."""
    policy = RolloutPolicy(alpha=alpha, stages=stages)

    spent = sum(
        policy.cumulative_alpha(risk) + policy.controlled_stages * policy.stage_alpha(risk)
        for risk in ("error", "latency", "quality")
    )

    assert spent == pytest.approx(alpha, rel=1e-12)


def test_a_policy_reads_back_from_json() -> None:
    """What is written to a file is the same policy again."""
    policy = RolloutPolicy.daily(alpha=0.02, on_deadline="pause", watch_minutes=5)

    assert RolloutPolicy.from_json(json.loads(json.dumps(policy.to_json()))) == policy


def test_a_policy_file_names_a_preset_and_what_differs() -> None:
    """A file needs to hold only the differences."""
    policy = RolloutPolicy.from_json({"preset": "daily", "name": "ours", "min_labels": 50})

    assert (policy.name, policy.min_minutes, policy.min_labels) == ("ours", 1440, 50)


@pytest.mark.parametrize(
    "wrong",
    [
        {"stages": (25, 10, 100)},
        {"stages": (10, 50)},
        {"stages": (100,)},
        {"stages": (0, 100)},
        {"stages": (10.001, 100)},
        {"alpha": 0},
        {"alpha": 0.9},
        {"alpha": math.nan},
        {"min_labels": 0},
        {"min_quality": 1},
        {"min_minutes": -1},
        {"min_minutes": "60"},
        {"mode": "brave"},
        {"on_deadline": "promote"},
        {"preset": "weekly"},
        {"minimum_minutes": 3},
        {"stages": None},
        {"stages": ["a lot"]},
    ],
)
def test_an_impossible_policy_is_refused(wrong: dict[str, Any]) -> None:
    """A wrong value or an unknown name is an error in the configuration, not a default."""
    with pytest.raises(ConfigurationError):
        RolloutPolicy.from_json(wrong)


def test_the_watch_at_full_traffic_belongs_to_guarded_mode() -> None:
    """Guarded mode watches for one more stage, the plain rule is done at 100 %."""
    assert RolloutPolicy.standard().watch_minutes == 60
    assert RolloutPolicy.standard(mode="exact").watch_minutes == 0
    assert RolloutPolicy.standard(watch_minutes=5).watch_minutes == 5


def test_the_policy_of_a_running_rollout_can_not_be_edited() -> None:
    """Another policy is refused, the same one is not."""
    state = begun()

    state.require_policy(RolloutPolicy.standard())

    with pytest.raises(ConfigurationError, match="can not be edited"):
        state.require_policy(RolloutPolicy.standard(alpha=0.1))
