"""The check of improvement runs."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ratchet.alerts import Level
from ratchet.configuration.monitoring import MonitoringSettings
from ratchet.monitoring.check import State
from ratchet.monitoring.runs import (
    RunFacts,
    check_runs,
    consecutive_failures,
    finished_runs,
)
from tests.builders import NOON
from tests.monitoring_builders import (
    SETTINGS,
    SIGNATURE,
    days_ago,
    evaluation_fact,
    run_fact,
    run_facts,
)

STATUSES = st.lists(st.sampled_from(["succeeded", "failed", "interrupted", "running"]), max_size=12)


def kinds(facts: RunFacts, settings: MonitoringSettings = SETTINGS) -> list[str]:
    """The kinds of alerts that the check raises."""
    return [alert.kind for alert in check_runs(facts, settings, now=NOON).alerts]


def test_one_failed_run_is_no_alert_and_two_are_an_error() -> None:
    """The alert comes after the second failure in a row, with the words that R435 asks for."""
    once = RunFacts(runs=run_facts(["failed", "succeeded"]))
    twice = RunFacts(runs=run_facts(["failed", "failed", "succeeded"]))

    assert kinds(once) == []
    (alert,) = check_runs(twice, SETTINGS, now=NOON).alerts
    assert alert.title == "Orchestration Run Failures"
    assert alert.level is Level.ERROR
    assert alert.since == days_ago(3)
    assert alert.details == {
        "run_id": "run_2",
        "consecutive_failures": 2,
        "last_error": "The disk is full.",
    }


def test_the_threshold_of_failures_is_a_setting() -> None:
    """With 3, the second failure is none yet."""
    settings = MonitoringSettings(orchestration_failure_threshold=3)

    assert kinds(RunFacts(runs=run_facts(["failed"] * 2)), settings) == []
    assert "orchestration-run-failures" in kinds(RunFacts(runs=run_facts(["failed"] * 3)), settings)


@given(STATUSES)
def test_each_failed_run_since_the_last_success_counts_once(statuses: list[str]) -> None:
    """However often it is listed or looked at, and whatever was stopped or is at work."""
    runs = run_facts(statuses)
    settings = MonitoringSettings(run_stale_hours=1_000)

    once = consecutive_failures(finished_runs(runs, settings, now=NOON))
    twice = consecutive_failures(finished_runs((*runs, *runs), settings, now=NOON))

    since = statuses[: statuses.index("succeeded")] if "succeeded" in statuses else statuses
    assert len(once) == len(twice) == since.count("failed")
    assert len({run.run_id for run in once}) == len(once)


def test_a_run_that_never_ended_counts_as_failed_once_it_is_stale() -> None:
    """Exactly a day old it may still be at work; a second later it was killed."""
    at_work = run_fact("running", days=1.0)
    killed = run_fact("running", started_at=days_ago(1) - timedelta(seconds=1))
    failed = run_fact("failed", days=3)

    assert kinds(RunFacts(runs=(at_work, failed))) == []
    (alert,) = check_runs(RunFacts(runs=(killed, failed)), SETTINGS, now=NOON).alerts
    assert alert.details["consecutive_failures"] == 2
    assert "killed" in alert.details["last_error"]


def test_a_rate_of_success_below_the_least_is_a_warning() -> None:
    """Half is enough; of 5 runs 2 are not; 3 runs are too few for a rate."""
    half = ["succeeded", "failed"] * 3
    few = ["succeeded", "failed", "failed"]
    less = ["succeeded", "failed", "succeeded", "failed", "failed"]

    assert kinds(RunFacts(runs=run_facts(half))) == []
    assert kinds(RunFacts(runs=run_facts(few))) == []
    assert kinds(RunFacts(runs=run_facts(less))) == ["success-rate"]
    assert (
        check_runs(RunFacts(runs=run_facts(less)), SETTINGS, now=NOON).figures["success_rate"]
        == 0.4
    )


def test_three_runs_without_a_promotion_are_stale_and_two_are_not() -> None:
    """Whatever was promoted before."""
    two = tuple(evaluation_fact(days=days) for days in (1, 2))
    promoted = evaluation_fact("promote", days=4)
    facts = {"last_promotions": {SIGNATURE: days_ago(4)}}

    assert kinds(RunFacts(evaluations=(*two, promoted), **facts)) == []
    three = (*two, evaluation_fact(days=3), promoted)
    (alert,) = check_runs(RunFacts(evaluations=three, **facts), SETTINGS, now=NOON).alerts
    assert (alert.kind, alert.subject, alert.level) == ("no-improvement", SIGNATURE, Level.WARNING)
    assert alert.details["runs_without_improvement"] == 3


def test_evaluations_of_one_run_count_once() -> None:
    """A run that was started again judged twice, and still is one run."""
    again = tuple(
        evaluation_fact(days=days, run_id="run_1", evaluation_id=f"e{days}") for days in (1, 2, 3)
    )

    assert kinds(RunFacts(evaluations=again)) == []


def test_a_promotion_older_than_three_months_is_stale() -> None:
    """On the 92nd day it is not; a second later it is."""
    found = (evaluation_fact("promote", days=92),)
    on_the_day = RunFacts(evaluations=found, last_promotions={SIGNATURE: days_ago(92)})
    later = RunFacts(
        evaluations=found, last_promotions={SIGNATURE: days_ago(92) - timedelta(seconds=1)}
    )

    assert kinds(on_the_day) == []
    assert kinds(later) == ["no-improvement"]


def test_without_any_run_the_check_says_how_to_start() -> None:
    """A first look is no alarm."""
    check = check_runs(RunFacts(), SETTINGS, now=NOON)

    assert check.state is State.OK
    assert check.headline == "No run yet. Start one with `ratchet run`."
    assert check.figures["consecutive_failures"] == 0
