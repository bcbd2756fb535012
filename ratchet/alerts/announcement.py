"""An alert as an event: its name and resource, and an id that is the same for the same sight."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from ratchet.alerts.alert import Alert

PREFIX = "ratchet.alert"


def event_name(alert: Alert) -> str:
    """The name that automations wait for, `ratchet.alert.<kind>`."""
    return f"{PREFIX}.{alert.kind}"


def event_id(alert: Alert) -> UUID:
    """The same for the same condition seen at the same moment, so that it is told once."""
    return uuid5(NAMESPACE_URL, f"{PREFIX}/{alert.kind}/{alert.subject}/{alert.at.isoformat()}")


def event_resource(alert: Alert) -> dict[str, str]:
    """What the event is about, as labels."""
    return {
        "prefect.resource.id": f"{PREFIX}.{alert.fingerprint}",
        "prefect.resource.name": f"{alert.title} {alert.subject}".strip(),
        "ratchet.level": alert.level.value,
        "ratchet.kind": alert.kind,
        "ratchet.subject": alert.subject,
    }
