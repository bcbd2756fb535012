"""Production telemetry: what apps left in the spool comes into the store, each record once."""

from __future__ import annotations

from ratchet.telemetry.ingestion import Ingested, IngestedFile, ingest
from ratchet.telemetry.status import Backlog, TelemetryStatus, telemetry_status

__all__ = [
    "Backlog",
    "Ingested",
    "IngestedFile",
    "TelemetryStatus",
    "ingest",
    "telemetry_status",
]
