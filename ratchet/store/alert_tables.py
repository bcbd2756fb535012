"""The tables of alerts: what was raised, to whom it was delivered, and what is silenced."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from ratchet.store.columns import CleanText, Document, RowNumber, UtcDateTime
from ratchet.store.metadata import metadata

# One row an occurrence of a condition, from its first sight to its end.
alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", CleanText, primary_key=True),
    Column("fingerprint", CleanText, nullable=False),
    Column("level", Text, nullable=False),
    Column("title", CleanText, nullable=False),
    Column("message", CleanText, nullable=False),
    Column("advice", CleanText, nullable=False),
    Column("runbook", CleanText, nullable=False),
    Column("link", CleanText, nullable=False),
    Column("details", Document, nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("notified_at", UtcDateTime),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", CleanText),
    Column("resolved_at", UtcDateTime),
)
Index("ix_alerts_fingerprint", alerts.c.fingerprint, alerts.c.last_at)
Index("ix_alerts_age", alerts.c.last_at)

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    Column("delivery_id", RowNumber, primary_key=True),
    Column("alert_id", CleanText, ForeignKey("alerts.alert_id"), nullable=False, index=True),
    Column("channel", CleanText, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_attempt_at", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    Column("error", CleanText, nullable=False),
)
Index("ix_alert_deliveries_due", alert_deliveries.c.status, alert_deliveries.c.next_attempt_at)

alert_silences = Table(
    "alert_silences",
    metadata,
    Column("silence_id", CleanText, primary_key=True),
    Column("pattern", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("actor", CleanText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

# When each check last looked, and what it saw.
checks = Table(
    "checks",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("document", Document, nullable=False),
)
