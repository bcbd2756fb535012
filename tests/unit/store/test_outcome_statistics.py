"""The statistics of outcomes, the same on every database."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from ratchet.rollout import RolloutPolicy, stage_of
from ratchet.store import Store
from ratchet.store.outcome_statistics import OutcomeStatistics, Placement
from ratchet.store.telemetry import LabelRow, OutcomeRow
from tests.builders import NOON
from tests.control_builders import absorb, label, outcome

POLICY = RolloutPolicy.standard()
STAGES = POLICY.stages


def drawn_outcomes(count: int) -> list[OutcomeRow]:
    """Requests of all stages, shares within stages, pauses and fallbacks; some without latency."""
    rng = random.Random(7)
    shares = (None, 0, 1, 700, 1_000, 1_001, 2_500, 5_000, 7_333, 7_500, 10_000)
    return [
        outcome(
            f"drawn-{number}",
            variant=rng.choice(("baseline", "candidate")),
            candidate_buckets=rng.choice(shares),
            latency_ms=None if rng.random() < 0.1 else float(rng.randrange(50)),
            success=rng.random() < 0.8,
            input_tokens=rng.choice((None, 7)),
            cost_usd=rng.choice((None, 0.25)),
        )
        for number in range(count)
    ]


def drawn_labels(outcomes: Sequence[OutcomeRow]) -> list[LabelRow]:
    """No, one or several labels a request, many of them of the same minute."""
    rng = random.Random(8)
    return [
        label(row.request_id, rng.choice((None, rng.random())), minutes=rng.randrange(3))
        for row in outcomes
        for _ in range(rng.randrange(4))
    ]


def place_of(row: OutcomeRow) -> tuple[Placement, int | None]:
    """Where the pure core would count a request."""
    if row.candidate_buckets is None:
        return Placement.NOT_COMPARABLE, None
    stage = stage_of(POLICY, row.candidate_buckets / 10_000)
    return (Placement.OUTSIDE, None) if stage is None else (Placement.STAGE, stage)


def nearest_rank(values: Iterable[float], percent: int) -> float | None:
    """The textbook percentile."""
    ordered = sorted(values)
    return ordered[math.ceil(percent * len(ordered) / 100) - 1] if ordered else None


def mean(values: Sequence[float]) -> float | None:
    """The mean, where there is one."""
    return sum(values) / len(values) if values else None


def by_hand(rows: Sequence[OutcomeRow], labels: Sequence[LabelRow]) -> dict[Any, dict[str, Any]]:
    """The statistics that plain Python gives."""
    words = [
        (word.at, -word.quality_score, word) for word in labels if word.quality_score is not None
    ]
    latest = {
        word.request_id: word.quality_score for *_, word in sorted(words, key=lambda w: w[:2])
    }
    groups = defaultdict(list)
    for row in rows:
        groups[*place_of(row), row.variant].append(row)
    found = {}
    for group, members in groups.items():
        latencies = [row.latency_ms for row in members if row.latency_ms is not None]
        qualities = [latest[row.request_id] for row in members if row.request_id in latest]
        found[group] = {
            "requests": len(members),
            "errors": sum(not row.success for row in members),
            "mean_latency_ms": mean(latencies),
            "p50_latency_ms": nearest_rank(latencies, 50),
            "p95_latency_ms": nearest_rank(latencies, 95),
            "p99_latency_ms": nearest_rank(latencies, 99),
            "input_tokens": sum(row.input_tokens or 0 for row in members),
            "output_tokens": sum(row.output_tokens or 0 for row in members),
            "cost_usd": sum(row.cost_usd or 0 for row in members),
            "mean_quality": mean(qualities),
            "labels": len(qualities),
        }
    return found


def one(found: tuple[OutcomeStatistics, ...]) -> OutcomeStatistics:
    """The only group there is."""
    (only,) = found
    return only


def test_every_figure_is_that_of_plain_python(store: Store) -> None:
    """Counts, means, percentiles, tokens, cost and quality of all stages and both variants."""
    rows = drawn_outcomes(900)
    labels = drawn_labels(rows)
    absorb(store, rows, labels)

    found = {
        (each.placement, each.stage, each.variant): each
        for each in store.outcomes.statistics("x", STAGES)
    }

    wanted = by_hand(rows, labels)
    assert set(found) == set(wanted)
    for group, figures in wanted.items():
        assert {name: getattr(found[group], name) for name in figures} == pytest.approx(figures)


def test_stages_come_in_order_and_what_compares_with_nothing_last(store: Store) -> None:
    """A table can be printed as it is."""
    buckets = (None, 0, 7_500, 1_000)
    absorb(store, [outcome(candidate_buckets=each) for each in buckets])

    found = store.outcomes.statistics("x", STAGES)

    assert [(each.placement.value, each.stage) for each in found] == [
        ("stage", 0),
        ("stage", 3),
        ("outside", None),
        ("not_comparable", None),
    ]


def test_the_latest_label_of_a_request_counts(store: Store) -> None:
    """A correction replaces; of two at the same time the lower counts, as in the core."""
    absorb(
        store,
        [outcome("a"), outcome("b")],
        [
            *(label("a", 0.9, minutes=1), label("a", 0.2, minutes=2), label("a", None, minutes=3)),
            *(label("b", 0.8), label("b", 0.4)),
        ],
    )

    found = one(store.outcomes.statistics("x", STAGES))

    assert (found.labels, found.mean_quality) == (2, pytest.approx(0.3))


def test_requests_without_a_latency_have_no_percentile(store: Store) -> None:
    """None is not 0 milliseconds."""
    absorb(store, [outcome(latency_ms=None, success=False)])

    found = one(store.outcomes.statistics("x", STAGES))

    assert (found.requests, found.error_rate) == (1, 1.0)
    assert found.mean_latency_ms is found.p50_latency_ms is found.p99_latency_ms is None


def test_another_experiment_is_not_counted(store: Store) -> None:
    """Experiments of one signature stay apart."""
    absorb(store, [outcome(experiment_id="y"), outcome(experiment_id=None)])

    assert store.outcomes.statistics("x", STAGES) == ()


def test_recent_traffic_is_a_rate_with_labels_and_keys(store: Store) -> None:
    """Requests an hour since the first of the day, the share with a label, distinct keys."""
    rows = [
        outcome(f"t{n}", key=f"k{n % 10}", at=NOON - timedelta(minutes=6 * n)) for n in range(101)
    ]
    absorb(store, rows, [label(row.request_id, 0.5) for row in rows[:50]])

    found = store.outcomes.recent_traffic("validate_completeness", now=NOON)

    assert found is not None
    assert found.requests_per_hour == pytest.approx(10.1)
    assert found.label_share == pytest.approx(50 / 101)
    assert found.users == 10


def test_keys_that_send_one_request_each_are_no_users(store: Store) -> None:
    """A session key a request says nothing of heavy users."""
    absorb(store, [outcome(key=f"k{n}", at=NOON) for n in range(10)])

    found = store.outcomes.recent_traffic("validate_completeness", now=NOON)

    assert found is not None
    assert (found.users, found.hours) == (None, 1.0)


def test_traffic_of_long_ago_is_not_recent(store: Store) -> None:
    """A week of silence is no basis for an estimate; a quiet day falls back on the week."""
    absorb(store, [outcome(at=NOON)])
    recent = store.outcomes.recent_traffic

    assert recent("validate_completeness", now=NOON + timedelta(days=8)) is None
    assert recent("validate_completeness", now=NOON + timedelta(days=3)) is not None
    assert recent("another", now=NOON) is None
