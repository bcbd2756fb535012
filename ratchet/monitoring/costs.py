"""The check of costs: each run, the runs of the month and production, against their budgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ratchet.alerts import Alert, Level
from ratchet.configuration.monitoring import MonitoringSettings
from ratchet.monitoring.check import Check
from ratchet.monitoring.production import ProductionFacts
from ratchet.monitoring.slots import start_of_day
from ratchet.store.monitoring import MonitoringStore, RunCost

NAME = "costs"
KIND = "cost-budget"
KINDS = (KIND,)
LEAST_SHARE = 1 / 31  # of a month that must have passed before it is projected


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What one budget is for, what was spent of it, and since when; 0 is no budget."""

    name: str
    spent_usd: float
    budget_usd: float
    since: datetime


def start_of_month(moment: datetime) -> datetime:
    """The midnight (UTC) with which the month began."""
    return start_of_day(moment).replace(day=1)


def read_costs(store: MonitoringStore, *, now: datetime) -> tuple[RunCost, ...]:
    """The costs of the runs of this month, the newest first.

    Raises:
        StoreError: the store can not be read.
    """
    return store.run_costs(since=start_of_month(now))


def check_costs(
    runs: Sequence[RunCost],
    production: ProductionFacts,
    settings: MonitoringSettings,
    *,
    now: datetime,
) -> Check:
    """Look at what this month has cost."""
    month = start_of_month(now)
    known = [run for run in runs if run.cost_usd is not None]
    dearest = max(known, key=lambda run: run.cost_usd or 0.0, default=None)
    served = sum(t.cost_usd for slot, t in production.slots.items() if slot.start >= month)
    runs_usd = sum(run.cost_usd or 0.0 for run in known)
    spendings = _spendings(runs_usd, served, dearest, settings, month)
    found = [_alert(spending, settings, now) for spending in spendings]
    return Check(
        name=NAME,
        headline=f"Runs of this month {runs_usd:.2f} $, production {served:.2f} $.",
        figures={
            "runs_this_month": len(runs),
            "runs_usd": runs_usd,
            "runs_without_price": len(runs) - len(known),
            "dearest_run": None if dearest is None else dearest.run_id,
            "dearest_run_usd": None if dearest is None else dearest.cost_usd,
            "lm_calls": sum(run.lm_calls for run in runs),
            "production_usd": served,
            "production_is_counted": not production.pending,
            "production_month_end_usd": None if production.pending else projected(served, now=now),
            "budgets_usd": {each.name: each.budget_usd for each in spendings if each.budget_usd},
        },
        alerts=tuple(alert for alert in found if alert is not None),
        kinds=KINDS,
    )


def _spendings(
    runs_usd: float,
    served_usd: float,
    dearest: RunCost | None,
    settings: MonitoringSettings,
    month: datetime,
) -> list[Spending]:
    """What was spent, each beside its budget: the runs, production, and the dearest run."""
    budgets = {
        "month": (runs_usd, settings.monthly_budget_usd),
        "production": (served_usd, settings.production_monthly_budget_usd),
    }
    spendings = [
        Spending(name=name, spent_usd=spent, budget_usd=budget, since=month)
        for name, (spent, budget) in budgets.items()
    ]
    if dearest is not None:
        spendings.append(
            Spending(
                name=f"run {dearest.run_id}",
                spent_usd=dearest.cost_usd or 0.0,
                budget_usd=settings.run_budget_usd,
                since=dearest.started_at,
            )
        )
    return spendings


def projected(spent_usd: float, *, now: datetime) -> float | None:
    """What the month will have cost if it goes on like this; None on its first day."""
    month = start_of_month(now)
    following = start_of_month(month + timedelta(days=32))
    passed = (now - month) / (following - month)
    return round(spent_usd / passed, 2) if passed >= LEAST_SHARE else None


def _alert(spending: Spending, settings: MonitoringSettings, now: datetime) -> Alert | None:
    budget, spent = spending.budget_usd, spending.spent_usd
    if not budget or spent <= budget * settings.budget_warning_share:
        return None
    is_over = spent > budget
    return Alert(
        kind=KIND,
        subject=spending.name,
        level=Level.ERROR if is_over else Level.WARNING,
        title="Budget Exceeded" if is_over else "Budget Nearly Spent",
        message=f"The costs of the {spending.name} are {spent:.2f} $, {spent / budget:.0%} of the "
        f"budget of {budget:.2f} $.",
        at=now,
        since=spending.since,
        advice="See where it goes with `ratchet monitor check-production --json`; limit runs with "
        "the settings of `optimisation`, or raise the budget in `monitoring`.",
        runbook="monthly#costs",
        details={"budget_usd": budget, "spent_usd": spent, "of": spending.name},
    )
