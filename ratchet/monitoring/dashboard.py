"""The dashboard: the state of the system in one document, as JSON and as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ratchet.monitoring import datasets, outlook, production, rollouts, runs
from ratchet.monitoring.health import NAMES, Health
from ratchet.store import open_store

RECENT_DAYS = 7
SHOWN_ALERTS = 20
CHECK_COLUMNS = ("check", "state", "what it saw")
ALERT_COLUMNS = ("level", "what", "about", "since", "what to do")
PRODUCTION_COLUMNS = (
    *("signature", "requests", "error rate", "p50 ms", "p95 ms", "p99 ms", "quality"),
)
DATASET_COLUMNS = ("signature", "version", "examples", "growth", "quality", "sources")
FORECAST_COLUMNS = (
    *("signature", "more examples", "gain, points", "bounds", "past forecasts held"),
)


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """What the checks found, when they were last recorded, and the alerts of the last days."""

    health: Health
    last_check: datetime | None = None
    recent_alerts: tuple[Mapping[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The keys of `ratchet monitor dashboard --json`, which programs rely on."""
        found = self.health.check(runs.NAME)
        figures = {} if found is None else found.figures
        return {
            "timestamp": self.health.at.isoformat(),
            "orchestration": {
                "last_run": figures.get("last_run"),
                "last_success": figures.get("last_success"),
                "consecutive_failures": figures.get("consecutive_failures", 0),
            },
            "ab_tests": _ab_tests(self.health),
            "datasets": _datasets(self.health),
            "alerts": {
                "last_check": self.last_check and self.last_check.isoformat(),
                "recent_alerts": [dict(alert) for alert in self.recent_alerts],
            },
        }

    def to_markdown(self) -> str:
        """A page for the Prefect UI."""
        health = self.health
        lines = [
            f"# Ratchet: {health.state.value}",
            f"{health.at:%Y-%m-%d %H:%M} UTC",
            "",
            *_table(CHECK_COLUMNS, check_rows(health)),
            *_section("Alerts", ALERT_COLUMNS, alert_rows(health)),
            *_section("Production, recent hours", PRODUCTION_COLUMNS, production_rows(health)),
            *_section("Datasets in force", DATASET_COLUMNS, dataset_rows(health)),
            *_section("Next optimisation", FORECAST_COLUMNS, forecast_rows(health)),
        ]
        return "\n".join(lines)


def read_dashboard(store_url: str, health: Health) -> Dashboard:
    """The dashboard of a look; without what is in the database when that can not be read.

    Raises:
        StoreError: the database went away in between.
    """
    if health.is_blind:
        return Dashboard(health=health)
    with open_store(store_url) as store:
        recorded = store.monitoring.checked(NAMES)
        alerts = store.monitoring.recent_alerts(
            since=health.at - timedelta(days=RECENT_DAYS), limit=SHOWN_ALERTS
        )
    last = max((at for at, _ in recorded.values()), default=None)
    return Dashboard(health=health, last_check=last, recent_alerts=alerts)


def check_rows(health: Health) -> list[tuple[Any, ...]]:
    """A row for each check: its name, state and headline."""
    return [(check.name, check.state.value, check.headline) for check in health.checks]


def alert_rows(health: Health) -> list[tuple[Any, ...]]:
    """A row for each alert: level, title, subject, since when, what to do."""
    return [
        (
            alert.level.value,
            alert.title,
            alert.subject or None,
            f"{alert.since or alert.at:%Y-%m-%d %H:%M}",
            alert.advice,
        )
        for alert in health.alerts
    ]


def production_rows(health: Health) -> list[tuple[Any, ...]]:
    """A row for each signature with the figures of the recent hours."""
    return [
        (
            name,
            figures["recent"]["requests"],
            figures["recent"]["error_rate"],
            *(figures["recent"][f"p{percent}_latency_ms"] for percent in (50, 95, 99)),
            figures["quality"],
        )
        for name, figures in _figures(health, production.NAME).items()
    ]


def dataset_rows(health: Health) -> list[tuple[Any, ...]]:
    """A row for each signature with its version in force."""
    return [
        (
            name,
            figures["version"],
            figures["examples"],
            figures["growth"],
            figures["quality"],
            figures["effective_sources"],
        )
        for name, figures in _signatures(health).items()
    ]


def forecast_rows(health: Health) -> list[tuple[Any, ...]]:
    """A row for each signature with the newest forecast, in points."""
    return [
        (
            name,
            figures["more_examples"],
            _points(figures["gain"]),
            f"{_points(figures['gain_lower'])} to {_points(figures['gain_upper'])}",
            f"{figures['past_forecasts_inside']} of {figures['past_forecasts']}",
        )
        for name, figures in _figures(health, outlook.NAME).items()
    ]


def _figures(health: Health, name: str) -> Mapping[str, Any]:
    check = health.check(name)
    return {} if check is None else check.figures


def _signatures(health: Health) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _figures(health, datasets.NAME).get("signatures", {})
    return found


def _ab_tests(health: Health) -> dict[str, int]:
    figures = _figures(health, rollouts.NAME)
    return {
        "active": figures.get("running", 0),
        **{name: figures.get(name, 0) for name in ("paused", "completed", "rolled_back")},
    }


def _datasets(health: Health) -> dict[str, Any]:
    kept = ("version", "examples", "quality", "sources")
    return {
        name: {key: figures[key] for key in kept} for name, figures in _signatures(health).items()
    }


def _points(score: float | None) -> str:
    return "-" if score is None else f"{100 * score:+.1f}"


def _section(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    return ["", f"## {title}", "", *_table(columns, rows)] if rows else []


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    return [
        f"| {' | '.join(columns)} |",
        f"|{' --- |' * len(columns)}",
        *(f"| {' | '.join(_cell(value) for value in row)} |" for row in rows),
    ]


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    return " ".join(text.replace("|", "\\|").split())
