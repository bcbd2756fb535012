"""The check of rollouts."""

from __future__ import annotations

from datetime import timedelta

from ratchet.alerts import Level
from ratchet.configuration.monitoring import MonitoringSettings
from ratchet.monitoring.rollouts import RolloutFacts, check_rollouts
from ratchet.store.monitoring import RolloutFact, SplitFact
from tests.builders import NOON
from tests.monitoring_builders import (
    SETTINGS,
    SIGNATURE,
    days_ago,
    decision_fact,
    rollout_fact,
)


def kinds(*rollouts: RolloutFact, settings: MonitoringSettings = SETTINGS) -> list[str]:
    """The kinds of alerts that the check raises."""
    check = check_rollouts(RolloutFacts(rollouts=rollouts), settings, now=NOON)
    return [alert.kind for alert in check.alerts]


def split(candidate: int, baseline: int, *, share: float = 0.1) -> SplitFact:
    """Keys of the rollout x."""
    return SplitFact(experiment_id="x", share=share, candidate=candidate, baseline=baseline)


def test_a_rollback_is_an_error_at_once_with_its_reason() -> None:
    """In the words that R436 asks for; the share is the one it had before."""
    decisions = (decision_fact("advance", 25.0), decision_fact("rollback", 0.0))
    rollout = rollout_fact("rolled_back", decisions=decisions)

    (alert,) = check_rollouts(RolloutFacts(rollouts=(rollout,)), SETTINGS, now=NOON).alerts

    assert (alert.title, alert.level, alert.at) == ("A/B Test Rolled Back", Level.ERROR, NOON)
    told = ("experiment_id", "signature", "reason", "final_traffic_percent")
    assert [alert.details[name] for name in told] == [
        *("x", SIGNATURE, "Errors rose by 12 points."),
        25.0,
    ]


def test_a_rollback_in_the_first_stage_had_the_share_of_that_stage() -> None:
    """Its log holds nothing before."""
    rollout = rollout_fact("rolled_back", decisions=(decision_fact("rollback", 0.0),))

    (alert,) = check_rollouts(RolloutFacts(rollouts=(rollout,)), SETTINGS, now=NOON).alerts

    assert alert.details["final_traffic_percent"] == 10.0


def test_a_rollback_that_was_told_is_not_told_again_and_is_not_taken_to_be_over() -> None:
    """It happens once: its kind is not among those that end when they are not seen."""
    facts = RolloutFacts(rollouts=(rollout_fact("rolled_back"),), told=frozenset({"x"}))

    check = check_rollouts(facts, SETTINGS, now=NOON)

    assert check.alerts == ()
    assert "rollout-rolled-back" not in check.kinds
    assert check.figures["rolled_back_recently"] == ["x"]


def test_an_old_rollback_and_a_switched_off_alert_say_nothing() -> None:
    """A week back is told still, a second more is not."""
    a_week = rollout_fact("rolled_back", days=9, ended_at=days_ago(7))
    older = rollout_fact("rolled_back", days=9, ended_at=days_ago(7) - timedelta(seconds=1))

    assert kinds(a_week) == ["rollout-rolled-back"]
    assert kinds(older) == []
    assert kinds(a_week, settings=MonitoringSettings(ab_test_rollback_alert=False)) == []


def test_a_rollout_older_than_seven_days_is_told_as_info() -> None:
    """On the seventh day it is not; a second later it is."""
    later = rollout_fact(started_at=days_ago(7) - timedelta(seconds=1))

    assert kinds(rollout_fact(days=7)) == []
    (alert,) = check_rollouts(RolloutFacts(rollouts=(later,)), SETTINGS, now=NOON).alerts
    assert (alert.kind, alert.level) == ("rollout-long-running", Level.INFO)


def test_a_rollout_that_asks_a_person_is_a_warning() -> None:
    """One that a person paused waits for nobody else."""
    asks = rollout_fact("paused", decisions=(decision_fact("pause", 10.0, rule="deadline"),))
    paused = rollout_fact("paused", decisions=(decision_fact("pause", 0.0, rule="person"),))

    (alert,) = check_rollouts(RolloutFacts(rollouts=(asks,)), SETTINGS, now=NOON).alerts
    assert (alert.kind, alert.level) == ("rollout-paused", Level.WARNING)
    assert alert.details["reason"] == "because of deadline"
    assert kinds(paused) == []


def test_a_running_rollout_that_nobody_decides_about_is_an_error() -> None:
    """Two hours of silence are the limit; a paused one may be silent."""
    at_limit = NOON - timedelta(minutes=120)
    silent = at_limit - timedelta(seconds=1)

    assert kinds(rollout_fact(ticked_at=at_limit)) == []
    assert kinds(rollout_fact(ticked_at=silent)) == ["rollout-not-driven"]
    assert "rollout-not-driven" not in kinds(rollout_fact("paused", ticked_at=silent))


def test_keys_off_the_planned_split_are_an_error() -> None:
    """100 of 1,000 are what 10 % gives; 150 are not, and neither is none at all."""

    def found(candidate: int, baseline: int) -> list[str]:
        facts = RolloutFacts(rollouts=(rollout_fact(),), splits=(split(candidate, baseline),))
        return [alert.kind for alert in check_rollouts(facts, SETTINGS, now=NOON).alerts]

    assert found(100, 900) == []
    assert found(112, 888) == []
    assert found(150, 850) == ["traffic-split"]
    assert found(0, 150) == ["traffic-split"]


def test_the_split_is_judged_under_each_share_that_was_in_force() -> None:
    """Shares that the rollout went through are no mismatch of the one it has now."""
    splits = (split(100, 900), split(250, 750, share=0.25))
    facts = RolloutFacts(rollouts=(rollout_fact(percent=25.0, stage=1),), splits=splits)

    assert check_rollouts(facts, SETTINGS, now=NOON).alerts == ()


def test_the_figures_count_the_rollouts_by_status() -> None:
    """They are what the dashboard shows."""
    rollouts = (
        rollout_fact(),
        rollout_fact(
            "paused", experiment_id="p", decisions=(decision_fact("pause", 0, rule="person"),)
        ),
        rollout_fact("completed", experiment_id="c"),
        rollout_fact("rolled_back", experiment_id="r", ended_at=days_ago(30)),
    )

    figures = check_rollouts(RolloutFacts(rollouts=rollouts), SETTINGS, now=NOON).figures

    assert [figures[name] for name in ("running", "paused", "completed", "rolled_back")] == [1] * 4
