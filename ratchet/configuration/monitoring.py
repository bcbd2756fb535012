"""`[monitoring]`: from when on a check speaks up."""

from __future__ import annotations

from pydantic import Field

from ratchet.configuration.section import Section


class MonitoringSettings(Section):
    """The thresholds of the checks, the windows they look at, and the budgets."""

    orchestration_failure_threshold: int = Field(
        default=2, ge=1, le=100, description="Failed runs in a row from which on it is an error."
    )
    success_rate_runs: int = Field(
        default=10, ge=2, le=1_000, description="Newest finished runs in the rate of success."
    )
    success_rate_threshold: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Rate of success of runs below which it is a warning.",
        json_schema_extra={"unit": "share"},
    )
    run_stale_hours: float = Field(
        default=24.0,
        ge=1,
        le=1_000,
        description="Hours after which a run that never ended counts as failed.",
    )
    optimization_no_improvement_threshold: int = Field(
        default=3,
        ge=1,
        le=100,
        description="Runs in a row without a promoted program from which on a signature is stale.",
    )
    no_improvement_days: float = Field(
        default=92.0,
        ge=1,
        le=3_650,
        description="Days without a promoted program after which a signature is stale.",
    )

    ab_test_rollback_alert: bool = Field(
        default=True, description="Alert on every rollback, with its reason."
    )
    ab_test_long_running_days: float = Field(
        default=7.0, gt=0, le=365, description="Days after which a rollout is a long one."
    )
    rollback_lookback_days: float = Field(
        default=7.0, gt=0, le=365, description="Days in which a rollback is still news."
    )
    rollout_silent_minutes: float = Field(
        default=120.0,
        ge=5,
        le=10_000,
        description="Minutes without a decision after which a running rollout is not driven.",
    )
    traffic_split_limit: float = Field(
        default=1_000.0,
        ge=20,
        le=1_000_000_000,
        description="Evidence (e-value) against the planned split from which on it is an error; "
        "1,000 comes by chance once in 1,000 rollouts.",
    )

    dataset_quality_drop_threshold: float = Field(
        default=0.10,
        gt=0,
        le=1,
        description="Drop of the mean quality from one version to the next, relative to the "
        "older one, above which it is an error.",
        json_schema_extra={"unit": "share"},
    )
    largest_source_share: float = Field(
        default=0.95,
        gt=0,
        le=1,
        description="Share of one source in a dataset above which it is said.",
    )

    recent_hours: int = Field(
        default=24, ge=1, le=24, description="Hours of production that count as recent."
    )
    reference_days: int = Field(
        default=7, ge=1, le=14, description="Days before them that they are compared with."
    )
    quality_recent_days: int = Field(
        default=7, ge=1, le=14, description="Days of judged requests that count as recent."
    )
    quality_reference_days: int = Field(
        default=28, ge=7, le=60, description="Days before them that they are compared with."
    )
    min_requests: int = Field(
        default=100,
        ge=10,
        le=1_000_000,
        description="Requests, recent and before, without which nothing is compared.",
    )
    min_judged_requests: int = Field(
        default=30,
        ge=5,
        le=1_000_000,
        description="Judged requests, recent and before, without which no quality is compared.",
    )
    error_rate_rise: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="Rise of the error rate from which on it is an error, if it is no chance.",
        json_schema_extra={"unit": "share"},
    )
    latency_rise: float = Field(
        default=0.5,
        gt=0,
        le=100,
        description="Rise of the 95th percentile of latency, relative to the reference, from "
        "which on it is a warning, if it is no chance.",
        json_schema_extra={"unit": "share"},
    )
    production_quality_drop: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="Drop of the mean production quality (0..1) from which on it is an error, "
        "if it is no chance.",
        json_schema_extra={"unit": "quality, 0..1"},
    )
    comparison_confidence: float = Field(
        default=0.999,
        ge=0.9,
        lt=1,
        description="Confidence of the intervals that keep chance apart; every hour compares "
        "every signature, so it is high.",
        json_schema_extra={"unit": "share"},
    )
    telemetry_silence_hours: float = Field(
        default=24.0,
        ge=1,
        le=1_000,
        description="Hours without a request after which a signature with traffic is silent.",
    )
    spool_backlog_mb: float = Field(
        default=100.0, gt=0, le=1_000_000, description="Megabytes in the spool not yet taken in."
    )
    spool_backlog_minutes: float = Field(
        default=60.0, ge=1, le=100_000, description="Age of the oldest of them."
    )

    run_budget_usd: float = Field(
        default=0.0, ge=0, le=1e9, description="Dollars a run may cost; 0 means no budget."
    )
    monthly_budget_usd: float = Field(
        default=0.0,
        ge=0,
        le=1e9,
        description="Dollars all runs of a calendar month (UTC) may cost; 0 means no budget.",
    )
    production_monthly_budget_usd: float = Field(
        default=0.0,
        ge=0,
        le=1e9,
        description="Dollars production may cost in a calendar month (UTC); 0 means no budget.",
    )
    budget_warning_share: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Share of a budget above which it is a warning; above all of it, an error.",
    )

    disk_free_warning: float = Field(
        default=0.10,
        ge=0,
        le=1,
        description="Share of free disk space below which it is a warning.",
        json_schema_extra={"unit": "share"},
    )
    disk_free_error: float = Field(
        default=0.03,
        ge=0,
        le=1,
        description="Share of free disk space below which it is an error.",
        json_schema_extra={"unit": "share"},
    )
