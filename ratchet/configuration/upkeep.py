"""`[upkeep]`: how long what piles up is kept, before the clean-up takes it away."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from ratchet.configuration.section import Section


class UpkeepSettings(Section):
    """Ages in days; the ages of examples, dataset versions and caches are in `[life]`."""

    temporary_days: int = Field(
        default=7,
        ge=1,
        le=3_650,
        description="Days after which what killed commands and interrupted runs left goes.",
    )
    run_days: int = Field(
        default=90, ge=1, le=20_000, description="Days after which the folder of a run goes."
    )
    keep_runs: int = Field(
        default=10, ge=0, le=100_000, description="Newest run folders that stay whatever their age."
    )
    rotate_log_days: int = Field(
        default=7, ge=1, le=365, description="Days after which a log that grows is rotated."
    )
    log_days: int = Field(
        default=30, ge=1, le=3_650, description="Days after which a rotated log goes."
    )
    experiment_days: int = Field(
        default=30,
        ge=1,
        le=20_000,
        description="Days after which the file of a finished experiment goes, and its telemetry "
        "is no longer held back.",
    )
    payload_days: int = Field(
        default=90,
        ge=1,
        le=20_000,
        description="Days after which the inputs and outputs of requests go.",
    )
    outcome_days: int = Field(
        default=180,
        ge=1,
        le=20_000,
        description="Days after which requests go, with their labels.",
    )
    quarantine_days: int = Field(
        default=30,
        ge=1,
        le=20_000,
        description="Days after which lines of telemetry that could not be used go.",
    )
    alert_days: int = Field(
        default=90,
        ge=1,
        le=20_000,
        description="Days after which alerts that are over go, with their deliveries and files.",
    )
    rows_per_transaction: int = Field(
        default=5_000,
        ge=100,
        le=100_000,
        description="Rows that one transaction deletes; others can write between two of them.",
        json_schema_extra={"unit": "rows"},
    )

    @model_validator(mode="after")
    def _payloads_first(self) -> Self:
        if self.payload_days > self.outcome_days:
            raise ValueError(
                f"payload_days {self.payload_days} is above outcome_days {self.outcome_days}; "
                "the inputs of a request can not outlive it"
            )
        return self
