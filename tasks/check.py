"""Looks at the health of the system, shows it, and makes known what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from blocks.connections import Connections
from ratchet.monitoring.dashboard import CHECK_COLUMNS, check_rows, read_dashboard
from ratchet.monitoring.health import Health, Places, look_at_health
from ratchet.monitoring.telling import Told, record_health, tell
from ratchet.pictures.health import draw_health
from ratchet.settings import load_settings
from tasks.alert import alert_desk, announce_alert
from tasks.pictures import publish_picture

DASHBOARD = "dashboard"
CHECKS = "health-checks"
PICTURE = "health-picture"
TIMEOUT_SECONDS = 600  # of a store that has not been looked at before


@task(cache_policy=NO_CACHE, persist_result=False, timeout_seconds=TIMEOUT_SECONDS)
def check_system(connections: Connections) -> Health:
    """Make every check; one that breaks, or a database that is gone, is an alert as well."""
    settings = load_settings()
    health = look_at_health(places_of(connections), settings.monitoring, now=datetime.now(UTC))
    get_run_logger().info("%s", health.headline)
    return health


@task(cache_policy=NO_CACHE, persist_result=False)
def tell_alerts(health: Health, connections: Connections) -> Told:
    """Announce each alert as an event, deliver those that can not be, close what is over."""
    told = tell(health, alert_desk(connections), now=datetime.now(UTC), announce=announce_alert)
    record_health(places_of(connections).store_url, health)
    get_run_logger().info("%s", told.headline)
    return told


@task(cache_policy=NO_CACHE, persist_result=False)
def show_dashboard(health: Health, connections: Connections) -> None:
    """The dashboard as a page and the checks as a table, where the Prefect UI shows them."""
    found = read_dashboard(places_of(connections).store_url, health)
    create_markdown_artifact(
        found.to_markdown(), key=DASHBOARD, description=f"The system: {health.state.value}"
    )
    rows = [dict(zip(CHECK_COLUMNS, row, strict=True)) for row in check_rows(health)]
    create_table_artifact(rows, key=CHECKS, description=health.headline)
    publish_picture(
        lambda: draw_health(health),
        key=PICTURE,
        title=f"Health of the system: {health.state.value}",
        logger=get_run_logger(),
        replaces=True,
    )


def places_of(connections: Connections) -> Places:
    """Where the checks look, with what the blocks say in place of the settings."""
    workspace, settings = connections.workspace(), load_settings()
    return Places(
        store_url=workspace.store_url,
        datasets=workspace.datasets,
        telemetry=workspace.telemetry,
        home=settings.home,
    )
