"""Delivers one alert: the flow that automations run for each event that a person should know of."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed

from blocks.connections import Connections
from tasks.alert import send_rest, take_alert
from tasks.tracing import traced


def _name() -> str:
    """The title of the alert, whatever else is wrong with it."""
    given = flow_run.parameters.get("alert")
    title = given.get("title") if isinstance(given, dict) else None
    return f"alert: {title or 'without a title'}"


@flow(name="send-alert", flow_run_name=_name)
@traced
def send_alert(
    alert: dict[str, Any],
    connections: Connections = Connections(),  # noqa: B008 - frozen
) -> State[Any]:
    """Record an alert and send it through the channels of its level.

    It does not fail when a channel does: what could not be sent is kept, tried again for some
    minutes here, and then by the hourly health check.

    Args:
        alert: The alert: level (info, warning, error, critical), title, message and timestamp;
            kind, subject, since, advice, runbook, link and details as there are.
        connections: Blocks to use in place of the settings.
    """
    report = take_alert(alert, connections=connections)
    message = str(report)
    if report.plan is not None and report.outstanding:
        send_rest(report.plan.record.alert_id, connections=connections, return_state=True)
    return Completed(message=message)
