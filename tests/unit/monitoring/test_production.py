"""The check of production."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from ratchet.alerts import Level
from ratchet.configuration.monitoring import MonitoringSettings
from ratchet.monitoring.check import State
from ratchet.monitoring.comparison import error_rate_change, quality_change
from ratchet.monitoring.histogram import class_of
from ratchet.monitoring.production import ProductionFacts, check_production
from ratchet.monitoring.slots import DAY, Slot, Traffic, start_of_day
from tests.builders import NOON
from tests.monitoring_builders import (
    SETTINGS,
    SIGNATURE,
    hour_slot,
    judged,
    latencies,
    traffic,
)


def day_slot(days: int) -> Slot:
    """The whole day so many days before today."""
    start = start_of_day(NOON) - days * DAY
    return Slot(signature=SIGNATURE, start=start, end=start + DAY)


def facts(
    recent: Traffic, reference: Traffic, *, newest: datetime = NOON, days: int = 3
) -> ProductionFacts:
    """Traffic in this hour, and of a day so many days ago."""
    slots = {hour_slot(): recent, day_slot(days): reference}
    return ProductionFacts(slots=slots, newest={SIGNATURE: newest})


def kinds(found: ProductionFacts, settings: MonitoringSettings = SETTINGS) -> list[str]:
    """The kinds of alerts that the check raises."""
    return [alert.kind for alert in check_production(found, settings, now=NOON).alerts]


@pytest.mark.parametrize(("errors", "is_told"), [(69, False), (70, True)])
def test_an_error_rate_five_points_above_the_week_before_is_an_error(
    errors: int, is_told: bool
) -> None:
    """From 2 %, 6.9 % are borne and 7 % are not, with a thousand requests."""
    found = facts(traffic(1_000, errors=errors), traffic(10_000, errors=200))

    assert kinds(found) == ["error-rate"] * is_told


def test_a_rise_that_may_be_chance_is_no_alert() -> None:
    """9 errors of 100 after 2 of 100 are 7 points more, and prove nothing."""
    assert kinds(facts(traffic(100, errors=9), traffic(100, errors=2))) == []


@pytest.mark.parametrize(("requests", "is_told"), [(99, False), (100, True)])
def test_too_few_requests_are_not_compared(requests: int, is_told: bool) -> None:
    """Even when all of them fail."""
    found = facts(traffic(requests, errors=requests), traffic(10_000))

    assert kinds(found) == ["error-rate"] * is_told


@pytest.mark.parametrize(("scale", "is_told"), [(1.3, False), (1.8, True)])
def test_a_95th_percentile_half_as_high_again_is_a_warning(scale: float, is_told: bool) -> None:
    """A rise of 30 % is borne, one of 80 % is not."""
    slow = Counter(map(class_of, latencies(2_000, scale=scale, seed=2)))
    before = Counter(map(class_of, latencies(5_000)))

    found = facts(traffic(2_000, latencies=slow), traffic(5_000, latencies=before))

    assert kinds(found) == ["latency"] * is_told


def test_a_quality_that_fell_is_an_error_when_it_is_no_chance() -> None:
    """5 points with 400 judged requests are; with 30 that scatter widely they are not."""
    before = judged(400, 0.8)

    def found(count: int, quality: float, spread: float = 0.1) -> ProductionFacts:
        return facts(judged(count, quality, spread=spread), before, days=20)

    assert kinds(found(400, 0.75)) == ["production-quality-drift"]
    assert kinds(found(400, 0.76)) == []
    assert kinds(found(30, 0.74, spread=0.4)) == []
    assert kinds(found(28, 0.5)) == []


def test_an_alert_of_quality_has_both_means_and_the_interval() -> None:
    """So that a person can judge it."""
    found = facts(judged(400, 0.7), judged(400, 0.8), days=20)

    (alert,) = check_production(found, SETTINGS, now=NOON).alerts

    assert alert.level is Level.ERROR
    assert alert.details["reference"] == pytest.approx(0.8)
    assert alert.details["recent"] == pytest.approx(0.7)
    assert alert.details["lower"] < -0.1 < alert.details["upper"] < 0


@pytest.mark.parametrize(("seconds", "is_told"), [(-1, False), (0, True)])
def test_a_day_without_a_request_is_a_warning_where_there_was_traffic(
    seconds: int, is_told: bool
) -> None:
    """A second less than a day is not."""
    newest = NOON - timedelta(days=1, seconds=seconds)
    found = ProductionFacts(slots={day_slot(2): traffic(10_000)}, newest={SIGNATURE: newest})

    assert kinds(found) == ["telemetry-silence"] * is_told


def test_silence_of_a_signature_with_little_traffic_is_no_news() -> None:
    """Three requests in five weeks give no reason to expect one today."""
    found = ProductionFacts(
        slots={day_slot(2): traffic(3)}, newest={SIGNATURE: NOON - timedelta(days=2)}
    )

    assert kinds(found) == []


def test_the_figures_of_a_signature_have_its_percentiles_and_its_costs() -> None:
    """Recent ones beside those of the days before."""
    found = facts(traffic(1_000, cost_usd=2.0, input_tokens=9), traffic(1_000, errors=10))

    figures = check_production(found, SETTINGS, now=NOON).figures[SIGNATURE]

    assert figures["recent"]["p95_latency_ms"] == pytest.approx(1_000, rel=0.03)
    assert figures["recent"]["cost_usd"] == 2.0
    assert figures["reference"]["error_rate"] == 0.01
    assert figures["error_rate_change"] == -0.01
    assert figures["p95_change"] == 0


def test_recent_is_the_last_day_and_the_reference_is_before_it() -> None:
    """The hour that began 23 hours before this one is recent, the one before it is not."""
    slots = {hour_slot(hours=23): traffic(7), hour_slot(hours=24): traffic(100)}
    found = ProductionFacts(slots=slots, newest={SIGNATURE: NOON})

    figures = check_production(found, SETTINGS, now=NOON).figures[SIGNATURE]

    assert figures["recent"]["requests"] == 7
    assert figures["reference"]["requests"] == 100


def test_without_production_nothing_is_wrong() -> None:
    """A team that has no traffic yet."""
    check = check_production(ProductionFacts(), SETTINGS, now=NOON)

    assert (check.state, check.headline) == (State.OK, "No request of production yet.")


def test_the_interval_of_error_rates_is_that_of_newcombe() -> None:
    """The worked example of his paper: 56 of 70 against 48 of 80, 0.0524 to 0.3339."""
    change = error_rate_change(traffic(70, errors=56), traffic(80, errors=48), confidence=0.95)

    assert change is not None
    assert (change.lower, change.upper) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_equal_scores_prove_no_certainty() -> None:
    """Ten requests that scored the same have at least the variance of those before."""
    change = quality_change(judged(30, 0.7, spread=0.0), judged(30, 0.8), confidence=0.95)

    assert change is not None
    assert change.upper - change.lower > 0.05
