"""Alerts in Prefect: announced as an event, taken in, and what is left of them sent later.

A flow that delivers an alert is a fresh process on whose start a person waits, so nothing
heavy is imported here.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event
from prefect.logging import get_run_logger
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.utilities.urls import url_for

from blocks.connections import Connections
from ratchet.alerts import Alert
from ratchet.alerts.announcement import event_id, event_name, event_resource
from ratchet.alerts.arrival import alert_of_document, desk_of
from ratchet.alerts.delivery import DeliveryReport
from ratchet.alerts.desk import AlertDesk
from ratchet.errors import StoreError
from tasks.events import require_server, wait_until_sent

FLOW_RUN = "flow_run_id"  # the detail that names a flow run, in deployments/automations.yaml
RETRY_DELAYS = [31.0, 61.0, 121.0, 241.0, 301.0]  # a second after the deliveries are due again

logger = logging.getLogger("ratchet.alerts.announcing")


def announce_alert(alert: Alert) -> bool:
    """Make an alert known as the event `ratchet.alert.<kind>`, which automations deliver.

    The same sight of the same condition has the same event id, and the server keeps one.

    Returns:
        Whether it was sent. A server that does not answer costs a log line and a few seconds;
        who must be sure delivers the alert directly then.
    """
    try:
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 1}):
            require_server()
            emit_alert(alert)
            wait_until_sent()
    except Exception as error:  # noqa: BLE001 - whatever the client raises, the alert goes on
        logger.warning("%s was not announced: %s", event_name(alert), error or type(error).__name__)
        return False
    return True


def emit_alert(alert: Alert) -> None:
    """Hand the event of an alert to Prefect, which sends it soon."""
    emit_event(
        event=event_name(alert),
        resource=event_resource(alert),
        payload=alert.to_json(),
        id=event_id(alert),
    )


@task(task_run_name="take alert", cache_policy=NO_CACHE, persist_result=False)
def take_alert(document: dict[str, Any], *, connections: Connections) -> DeliveryReport:
    """Record an alert and send it through every channel of its level."""
    now = datetime.now(UTC)
    alert = with_link(alert_of_document(document, now=now))
    report = alert_desk(connections).take(alert, now=now)
    get_run_logger().info("%s: %s", alert.title, report)
    return report


def with_link(alert: Alert) -> Alert:
    """The alert with the address of the flow run that its details name, if it has none yet.

    The server's templates know the id of a run and not where its UI is.
    """
    named = str(alert.details.get(FLOW_RUN, ""))
    if alert.link or not named:
        return alert
    return replace(alert, link=url_for("flow-run", obj_id=named) or "")


@task(
    task_run_name="send the rest of {alert_id}",
    retries=len(RETRY_DELAYS),
    retry_delay_seconds=RETRY_DELAYS,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def send_rest(alert_id: str, *, connections: Connections) -> None:
    """Try again what a channel did not take; after the last retry, the hourly check goes on.

    Raises:
        StoreError: something of the alert is still to be sent.
    """
    left = alert_desk(connections).deliver_rest(alert_id, now=datetime.now(UTC))
    if left:
        raise StoreError(f"Still to be sent: {', '.join(f'{d.channel} ({d.error})' for d in left)}")
    get_run_logger().info("Nothing of %s is left to send", alert_id)


def alert_desk(connections: Connections) -> AlertDesk:
    """The desk of this installation, its channels completed by blocks."""
    return desk_of(connections.for_alerts)
