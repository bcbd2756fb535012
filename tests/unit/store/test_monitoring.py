"""The facts that the checks are made of."""

from __future__ import annotations

from datetime import timedelta

from ratchet.store import RunStatus, Store
from ratchet.store.monitoring import EVALUATIONS
from tests.builders import NOON
from tests.control_builders import absorb, outcome
from tests.dataset_builders import example_set
from tests.monitoring_builders import days_ago
from tests.store_builders import evaluation, run


def test_runs_come_newest_first_and_the_last_success_however_old(store: Store) -> None:
    """More failures than are read do not hide it."""
    for number in range(5):
        store.runs.start(run(f"run_{number}", started_at=days_ago(number)))
        status = RunStatus.SUCCEEDED if number == 4 else RunStatus.FAILED
        store.runs.finish(f"run_{number}", status=status, at=days_ago(number), error="e")

    assert [each.run_id for each in store.monitoring.runs(limit=3)] == ["run_0", "run_1", "run_2"]
    success = store.monitoring.last_success()
    assert success is not None
    assert (success.run_id, success.started_at) == ("run_4", days_ago(4))


def test_the_costs_of_runs_come_from_their_summaries(store: Store) -> None:
    """Added over the signatures; a summary that says nothing has no cost."""
    summary = {"signatures": {"a": {"cost_usd": 1.5, "lm_calls": 3}, "b": {"cost_usd": 0.5}}}
    for name, found in (("run_1", summary), ("run_2", {}), ("run_3", {"signatures": [1]})):
        store.runs.start(run(name))
        store.runs.finish(name, status=RunStatus.SUCCEEDED, at=NOON, summary=found)
    store.runs.start(run("run_0", started_at=days_ago(1)))

    costs = {each.run_id: each for each in store.monitoring.run_costs(since=NOON)}

    assert {name: each.cost_usd for name, each in costs.items()} == {
        "run_1": 2.0,
        "run_2": None,
        "run_3": None,
    }
    assert costs["run_1"].lm_calls == 3


def test_the_newest_evaluations_of_each_signature_are_read(store: Store) -> None:
    """With when a candidate was last promoted, be it longer ago."""
    for number in range(EVALUATIONS + 2):
        verdict = "promote" if number == 0 else "reject"
        store.evaluations.add(
            evaluation(f"a{number}", created_at=NOON + timedelta(hours=number), verdict=verdict)
        )
    store.evaluations.add(evaluation("b", signature="other", verdict="reject", run_id=None))

    found = store.monitoring.evaluations()

    assert [each.evaluation_id for each in found][:2] == ["a13", "a12"]
    assert sum(each.signature != "other" for each in found) == EVALUATIONS
    assert store.monitoring.last_promotions() == {"validate_completeness": NOON}
    assert set(store.monitoring.first_evaluations()) == {"validate_completeness", "other"}


def test_the_split_counts_each_key_once_under_the_share_it_was_assigned(store: Store) -> None:
    """Requests that compare with nothing are left out; those without a key count by themselves."""
    absorb(
        store,
        [
            *(outcome(key="k1") for _ in range(3)),
            outcome(key="k2", variant="baseline"),
            outcome(key=None, variant="baseline"),
            outcome(key="k3", candidate_buckets=2_500),
            outcome(key="k4", candidate_buckets=0),
            outcome(key="k5", candidate_buckets=None),
            outcome(key="k6", experiment_id="other"),
        ],
    )

    found = store.monitoring.splits(["x"])

    assert [(each.share, each.candidate, each.baseline) for each in found] == [
        (0.1, 1, 2),
        (0.25, 1, 0),
    ]


def test_the_pool_counts_examples_by_signature_and_status(store: Store) -> None:
    """With their mean quality."""
    store.examples.add(example_set(4, quality_score=80.0))

    (found,) = store.monitoring.pool()

    assert (found.signature, found.count, found.mean_quality) == ("validate_completeness", 4, 80.0)


def test_what_checks_saw_is_written_over_and_read_again(store: Store) -> None:
    """One row for each check, with the time of the newest look."""
    store.monitoring.record_checks({"runs": {"state": "ok"}}, at=days_ago(1))
    store.monitoring.record_checks({"runs": {"state": "error"}}, at=NOON)

    assert store.monitoring.checked(["runs", "none"]) == {"runs": (NOON, {"state": "error"})}


def test_the_size_of_the_database_is_known(store: Store) -> None:
    """SQLite and PostgreSQL alike."""
    assert store.monitoring.database_bytes() > 100_000
