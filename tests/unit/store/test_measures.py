"""The figures for monitoring: windows, percentiles, failures in a row, and what is newest."""

from __future__ import annotations

from datetime import timedelta

from ratchet.examples import Source, Status
from ratchet.store import RunStatus, Store
from ratchet.store.measures import stock, traffic, work
from tests.builders import NOON, completeness_example
from tests.control_builders import absorb, label, outcome
from tests.store_builders import evaluation, program, run

HOUR = timedelta(hours=1)


def finish(store: Store, number: int, status: RunStatus) -> None:
    """A run an hour after the one before, that took ten minutes."""
    began = NOON + number * HOUR
    name = f"run_{number}"
    spent = {"cost_usd": 0.5, "lm_calls": 10}
    store.runs.start(run(name, started_at=began))
    store.runs.finish(
        name,
        status=status,
        at=began + timedelta(minutes=10),
        summary={"signatures": {"validate_completeness": spent}},
    )


def test_failures_are_counted_since_the_last_success(store: Store) -> None:
    """A stopped run neither adds to the failures in a row nor ends them."""
    for number, status in enumerate(
        (
            RunStatus.FAILED,
            RunStatus.SUCCEEDED,
            RunStatus.FAILED,
            RunStatus.INTERRUPTED,
            RunStatus.FAILED,
        )
    ):
        finish(store, number, status)

    found = work.run_figures(store.database)

    assert found.by_status == {"failed": 3, "interrupted": 1, "succeeded": 1}
    assert found.consecutive_failures == 2
    assert found.last_success_at == NOON + HOUR + timedelta(minutes=10)
    assert found.last_started_at == NOON + 4 * HOUR
    assert found.last_seconds == 600


def test_costs_are_those_of_the_runs_of_the_window(store: Store) -> None:
    """A run that began before the window costs nothing in it."""
    for number in range(3):
        finish(store, number, RunStatus.SUCCEEDED)

    (found,) = work.run_costs(store.database, NOON + HOUR)

    assert (found.signature, found.runs, found.cost_usd, found.lm_calls) == (
        "validate_completeness",
        2,
        1.0,
        20,
    )


def test_an_empty_store_has_figures_too(store: Store) -> None:
    """Before the first run and request there is nothing, which is no failure."""
    runs, seen = work.run_figures(store.database), traffic.traffic_since(store.database, NOON)

    assert (dict(runs.by_status), runs.consecutive_failures) == ({}, 0)
    assert (runs.last_success_at, runs.last_seconds) == (None, None)
    assert (seen.variants, seen.spending, seen.newest, seen.arrivals) == ((), (), {}, 0)
    assert work.rollout_figures(store.database).active == ()
    assert stock.newest_forecasts(store.database) == ()


def test_percentiles_are_nearest_ranks_of_each_variant(store: Store) -> None:
    """Of 20 latencies the 95th percentile is the 19th; requests without one do not count."""
    absorb(
        store,
        [
            *(outcome(latency_ms=100.0 * n, at=NOON) for n in range(20, 0, -1)),
            outcome(latency_ms=None, success=False),
            outcome(variant="baseline", latency_ms=7.0),
        ],
    )

    baseline, candidate = traffic.traffic_since(store.database, NOON).variants

    assert baseline.latency_percentiles_ms == (7.0, 7.0, 7.0)
    assert candidate.latency_percentiles_ms == (1_000.0, 1_900.0, 2_000.0)
    assert (candidate.requests, candidate.errors, candidate.mean_latency_ms) == (21, 1, 1_050.0)


def test_requests_before_the_window_are_known_but_not_counted(store: Store) -> None:
    """The newest request of a silent signature is told, its traffic is not."""
    absorb(
        store,
        [
            outcome(signature="silent", at=NOON - HOUR),
            outcome(signature="busy", at=NOON - HOUR),
            outcome(signature="busy", at=NOON),
        ],
    )

    found = traffic.traffic_since(store.database, NOON)

    assert found.newest == {"busy": NOON, "silent": NOON - HOUR}
    assert [(seen.signature, seen.requests) for seen in found.variants] == [("busy", 1)]
    assert found.arrivals == 3


def test_quality_is_that_of_the_latest_labels(store: Store) -> None:
    """A label that was corrected counts once, as corrected."""
    absorb(
        store,
        [outcome("r1"), outcome("r2"), outcome("r3")],
        [label("r1", 0.1), label("r1", 0.5, minutes=1), label("r2", 1.0)],
    )

    (found,) = traffic.traffic_since(store.database, NOON).variants

    assert (found.mean_quality, found.labels) == (0.75, 2)


def test_spending_is_by_model(store: Store) -> None:
    """A request that named no model is spending too."""
    absorb(store, [outcome(), outcome(), outcome(model=None, cost_usd=1.0, input_tokens=None)])

    nameless, named = traffic.traffic_since(store.database, NOON).spending

    assert (nameless.model, nameless.cost_usd, nameless.input_tokens) == ("", 1.0, 0)
    assert (named.model, named.cost_usd, named.input_tokens) == ("offline/in-context", 0.5, 200)


def test_only_the_newest_of_each_signature_is_told(store: Store) -> None:
    """Champion and evaluation are the last ones, whatever came before."""
    for version in ("v1", "v2"):
        store.programs.add(program(version))
    for before, version in ((None, "v1"), ("v1", "v2")):
        store.programs.set_champion(
            "validate_completeness",
            version,
            expected_previous=before,
            actor="ada",
            reason="better",
            at=NOON,
        )
    store.evaluations.add(evaluation("e1", candidate_score=0.9, created_at=NOON))
    store.evaluations.add(evaluation("e2", candidate_score=0.6, created_at=NOON + HOUR))

    (champion,) = stock.champions_now(store.database)
    (newest,) = stock.newest_evaluations(store.database)

    assert champion.version == "v2"
    assert newest.candidate_score == 0.6
    assert stock.verdict_counts(store.database) == {("validate_completeness", "promote"): 2}


def test_examples_are_counted_by_kind(store: Store) -> None:
    """Each combination of signature, status and source has a count of its own."""
    store.examples.add(
        [
            completeness_example(implementation="one"),
            completeness_example(implementation="two"),
            completeness_example(implementation="three", source=Source.GIT),
            completeness_example(implementation="four", status=Status.REJECTED),
        ]
    )

    found = {(one.status, one.source): one.count for one in stock.example_counts(store.database)}

    assert found == {
        ("candidate", "manual"): 2,
        ("candidate", "git"): 1,
        ("rejected", "manual"): 1,
    }
