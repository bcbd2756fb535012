"""`ratchet monitor`: look at the whole system, alert on what is wrong, show the dashboard."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, MaybeSignatureName, PictureFile, load
from ratchet.cli.terminal import print_json, print_table, say, say_all, working

if TYPE_CHECKING:
    from ratchet.monitoring.dashboard import Dashboard
    from ratchet.monitoring.health import Health, Places
    from ratchet.monitoring.telling import Told
    from ratchet.settings import Settings

STYLES = {
    "ok": "green",
    "info": "cyan",
    "warning": "yellow",
    "error": "red",
    "critical": "bold red",
}

app = typer.Typer(
    no_args_is_help=True, help="Look at runs, rollouts, datasets, production and the machine."
)

Deliver = Annotated[
    bool,
    typer.Option(
        "--deliver/--no-deliver",
        help="Send alerts from here, as cron needs when Prefect is down; or only look.",
    ),
]


@app.command("check-all")
def check_all(*, deliver: Deliver = True, as_json: AsJson = False) -> None:
    """Make every check and tell what is wrong; leaves with 1 when something is an error."""
    from ratchet.monitoring.health import NAMES

    _check(NAMES, deliver=deliver, as_json=as_json)


@app.command("check-runs")
@app.command("check-orchestration", hidden=True)
def check_runs(*, deliver: Deliver = True, as_json: AsJson = False) -> None:
    """Check the improvement runs: failures in a row, success, costs, signatures gone stale."""
    _check(("runs", "costs", "forecasts"), deliver=deliver, as_json=as_json)


@app.command("check-rollouts")
@app.command("check-ab-tests", hidden=True)
def check_rollouts(*, deliver: Deliver = True, as_json: AsJson = False) -> None:
    """Check the rollouts: rolled back, long running, waiting for a person, split off plan."""
    _check(("rollouts",), deliver=deliver, as_json=as_json)


@app.command("check-datasets")
@app.command("check-dataset-quality", hidden=True)
def check_datasets(
    *, signature: MaybeSignatureName = None, deliver: Deliver = True, as_json: AsJson = False
) -> None:
    """Check the dataset versions: quality from version to version, growth, sources."""
    _check(("datasets",), deliver=deliver, as_json=as_json, signature=signature)


@app.command("check-production")
def check_production(*, deliver: Deliver = True, as_json: AsJson = False) -> None:
    """Check production: quality, errors, latency, silence, the spool and the disk."""
    _check(("production", "machine"), deliver=deliver, as_json=as_json)


@app.command("dashboard")
def dashboard(*, picture: PictureFile = None, as_json: AsJson = False) -> None:
    """Show the state of the whole system; it alerts nobody and records nothing."""
    from ratchet.monitoring.dashboard import read_dashboard
    from ratchet.monitoring.health import look_at_health

    settings = load()
    with working("Looking", quiet=as_json):
        health = look_at_health(_places(settings), settings.monitoring, now=datetime.now(UTC))
        found = read_dashboard(settings.store_url, health)
    if picture is not None:
        _draw(health, picture)
    if as_json:
        print_json(found.to_json())
        return
    _show_dashboard(found)
    if picture is not None:
        say(f"Picture: {picture}")


def _check(
    names: tuple[str, ...], *, deliver: bool, as_json: bool, signature: str | None = None
) -> None:
    from ratchet.monitoring.health import look_at_health

    settings, now = load(), datetime.now(UTC)
    with working("Checking", quiet=as_json):
        health = look_at_health(
            _places(settings), settings.monitoring, now=now, names=names, signature=signature
        )
        told = _told(health, settings, now) if deliver else None
    if as_json:
        delivered: Any = None if told is None else {"delivered": told.delivered, "over": told.over}
        print_json({**health.to_json(), "told": delivered})
    else:
        _show_health(health, told)
    raise typer.Exit(EXIT_NOT_REACHED if health.state.is_broken else 0)


def _told(health: Health, settings: Settings, now: datetime) -> Told:
    from ratchet.alerts.arrival import desk_of
    from ratchet.monitoring.telling import record_health, tell

    told = tell(health, desk_of(), now=now)
    record_health(settings.store_url, health)
    return told


def _places(settings: Settings) -> Places:
    from ratchet.monitoring.health import Places

    return Places(
        store_url=settings.store_url,
        datasets=settings.datasets_folder,
        telemetry=settings.telemetry_folder,
        home=settings.home,
    )


def _draw(health: Health, path: Path) -> None:
    from ratchet.pictures.health import draw_health
    from ratchet.pictures.style import format_of, write_picture

    write_picture(path, draw_health(health, form=format_of(path)))


def _show_health(health: Health, told: Told | None) -> None:
    from ratchet.monitoring.dashboard import CHECK_COLUMNS, check_rows

    print_table("Checks", CHECK_COLUMNS, check_rows(health))
    for alert in health.alerts:
        style = STYLES[alert.level.value]
        say(f"{alert.level.value.upper()} {alert.title} {alert.subject}".rstrip(), style=style)
        say_all((alert.message, f"What to do: {alert.advice}"))
    if told is not None:
        say_all(told.delivered, indent="Told: ")
        say_all(told.over, indent="Over: ")


def _show_dashboard(found: Dashboard) -> None:
    from ratchet.monitoring import dashboard as pages

    health = found.health
    say(f"Ratchet: {health.state.value}", style=STYLES[health.state.value])
    last = f"{found.last_check:%Y-%m-%d %H:%M} UTC" if found.last_check else "never"
    say(f"{health.at:%Y-%m-%d %H:%M} UTC; last recorded check: {last}")
    say()
    for title, columns, rows in (
        ("Checks", pages.CHECK_COLUMNS, pages.check_rows(health)),
        ("Alerts", pages.ALERT_COLUMNS, pages.alert_rows(health)),
        ("Production, recent hours", pages.PRODUCTION_COLUMNS, pages.production_rows(health)),
        ("Datasets in force", pages.DATASET_COLUMNS, pages.dataset_rows(health)),
        ("Next optimisation", pages.FORECAST_COLUMNS, pages.forecast_rows(health)),
    ):
        if rows:
            print_table(title, columns, rows)
    if found.recent_alerts:
        say(f"{len(found.recent_alerts)} alerts in 7 days: `ratchet alerts list`.")
