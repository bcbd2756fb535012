"""Rows of alerts, deliveries and silences, from records and back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from ratchet.alerts.alert import Alert, Level, plain_json
from ratchet.alerts.records import AlertRecord, Delivery, DeliveryStatus, Silence


def row_of_alert(record: AlertRecord) -> dict[str, Any]:
    """An occurrence as its row; what has no column of its own is in the document."""
    alert = record.alert
    return {
        "alert_id": record.alert_id,
        "fingerprint": alert.fingerprint,
        "level": alert.level.value,
        "title": alert.title,
        "message": alert.message,
        "advice": alert.advice,
        "runbook": alert.runbook,
        "link": alert.link,
        "details": {
            "kind": alert.kind,
            "subject": alert.subject,
            "at": alert.at.isoformat(),
            "since": alert.since.isoformat() if alert.since else None,
            "details": plain_json(alert.details),
        },
        "count": record.count,
        "first_at": record.first_at,
        "last_at": record.last_at,
        "notified_at": record.notified_at,
        "acknowledged_at": record.acknowledged_at,
        "acknowledged_by": record.acknowledged_by,
        "resolved_at": record.resolved_at,
    }


def alert_of_row(row: RowMapping) -> AlertRecord:
    """What `row_of_alert` wrote."""
    more = row["details"]
    return AlertRecord(
        alert_id=row["alert_id"],
        alert=Alert(
            kind=more["kind"],
            subject=more["subject"],
            level=Level(row["level"]),
            title=row["title"],
            message=row["message"],
            at=datetime.fromisoformat(more["at"]),
            since=datetime.fromisoformat(more["since"]) if more["since"] else None,
            advice=row["advice"],
            runbook=row["runbook"],
            link=row["link"],
            details=more["details"],
        ),
        count=row["count"],
        first_at=row["first_at"],
        last_at=row["last_at"],
        notified_at=row["notified_at"],
        acknowledged_at=row["acknowledged_at"],
        acknowledged_by=row["acknowledged_by"],
        resolved_at=row["resolved_at"],
    )


def row_of_delivery(delivery: Delivery) -> dict[str, Any]:
    """A delivery as its row, without the number that the database gives it."""
    return {
        "alert_id": delivery.alert_id,
        "channel": delivery.channel,
        "kind": delivery.kind,
        "status": delivery.status.value,
        "attempts": delivery.attempts,
        "created_at": delivery.created_at,
        "next_attempt_at": delivery.next_attempt_at,
        "delivered_at": delivery.delivered_at,
        "error": delivery.error,
    }


def delivery_of_row(row: RowMapping) -> Delivery:
    """What `row_of_delivery` wrote, with its number."""
    return Delivery(**{**row, "status": DeliveryStatus(row["status"])})


def silence_of_row(row: RowMapping) -> Silence:
    """A silence."""
    return Silence(**row)
