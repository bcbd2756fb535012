"""The check of costs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ratchet.alerts import Level
from ratchet.configuration.monitoring import MonitoringSettings
from ratchet.monitoring.costs import check_costs, projected
from ratchet.monitoring.production import ProductionFacts
from ratchet.store.monitoring import RunCost
from tests.builders import NOON
from tests.monitoring_builders import SIGNATURE, hour_slot, traffic


def run_cost(cost_usd: float | None, *, run_id: str = "run_1") -> RunCost:
    """A run of this month."""
    return RunCost(run_id=run_id, started_at=NOON, cost_usd=cost_usd, lm_calls=10)


def levels(cost_usd: float, **budgets: float) -> list[tuple[str, Level]]:
    """Subject and level of each alert."""
    settings = MonitoringSettings(**budgets)
    check = check_costs([run_cost(cost_usd)], ProductionFacts(), settings, now=NOON)
    return [(alert.subject, alert.level) for alert in check.alerts]


@pytest.mark.parametrize(
    ("cost_usd", "level"), [(8.0, None), (8.01, "warning"), (10.0, "warning"), (10.01, "error")]
)
def test_a_budget_warns_above_four_fifths_and_is_an_error_above_all(
    cost_usd: float, level: str | None
) -> None:
    """For the runs of the month, and for each run alike."""
    expected = [] if level is None else [Level(level)]

    assert [found for _, found in levels(cost_usd, monthly_budget_usd=10)] == expected
    assert levels(cost_usd, run_budget_usd=10) == [("run run_1", each) for each in expected]


def test_without_a_budget_nothing_is_too_dear() -> None:
    """0 means none."""
    assert levels(1_000_000) == []


def test_production_has_a_budget_of_its_own() -> None:
    """It is what the requests of this month reported."""
    facts = ProductionFacts(slots={hour_slot(): traffic(cost_usd=11.0)}, newest={SIGNATURE: NOON})
    settings = MonitoringSettings(production_monthly_budget_usd=10)

    check = check_costs([], facts, settings, now=NOON)

    assert [(alert.subject, alert.level) for alert in check.alerts] == [("production", Level.ERROR)]
    assert check.figures["production_usd"] == 11.0


def test_runs_without_a_price_are_counted_apart() -> None:
    """Their cost is unknown, which is not 0."""
    costs = [run_cost(2.0), run_cost(None, run_id="run_2")]

    figures = check_costs(costs, ProductionFacts(), MonitoringSettings(), now=NOON).figures

    assert (figures["runs_usd"], figures["runs_without_price"]) == (2.0, 1)
    assert figures["dearest_run"] == "run_1"


def test_a_month_is_projected_from_its_second_day_on() -> None:
    """Half of April has cost 10 $, so all of it will cost 20 $."""
    assert projected(10.0, now=datetime(2026, 4, 16, tzinfo=UTC)) == 20.0
    assert projected(10.0, now=datetime(2026, 4, 1, 5, tzinfo=UTC)) is None
