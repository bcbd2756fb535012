"""`[metrics]`: the endpoint for Prometheus, the windows of its figures, and where spans go."""

from __future__ import annotations

from pydantic import Field

from ratchet.configuration.section import Section


class MetricsSettings(Section):
    """How the figures of the system are told to others."""

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address of the endpoint; 0.0.0.0 opens it to the network, unprotected.",
    )
    port: int = Field(default=9464, ge=1, le=65_535, description="Port of the endpoint.")
    max_age_seconds: float = Field(
        default=15.0,
        ge=0,
        le=3_600,
        description="Age up to which figures are told again without reading the database.",
    )
    window_minutes: float = Field(
        default=60.0,
        gt=0,
        le=10_080,
        description="Minutes of traffic behind requests, errors, latency, quality and cost.",
    )
    cost_window_days: float = Field(
        default=30.0, gt=0, le=366, description="Days of runs behind the cost of runs."
    )
    otlp_endpoint: str = Field(
        default="",
        description=(
            "URL of an OpenTelemetry collector (OTLP over HTTP, usually port 4318) that gets "
            "spans of flows, stages and model calls; OTEL_EXPORTER_OTLP_ENDPOINT wins over it; "
            "empty means none."
        ),
    )
    otlp_timeout_seconds: float = Field(
        default=3.0, gt=0, le=60, description="Seconds that sending spans may take, and leaving."
    )
