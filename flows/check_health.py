"""Looks at the whole system every hour: runs, rollouts, datasets, production, the machine."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from blocks.connections import Connections
from tasks.check import check_system, show_dashboard, tell_alerts
from tasks.tracing import traced


@flow(name="check-health", flow_run_name="check health", persist_result=False)
@traced
def check_health(
    connections: Connections = Connections(),  # noqa: B008 - frozen
) -> State[Any]:
    """Make every check, announce what is wrong, close what is over, and show the dashboard.

    It completes whatever it finds: the alerts say what is wrong. What channels did not take
    before is sent here too.

    Args:
        connections: Blocks to use in place of the settings.
    """
    health = check_system(connections)
    told = tell_alerts(health, connections)
    show_dashboard(health, connections)
    return Completed(message=f"{health.headline}; {told.headline}")
