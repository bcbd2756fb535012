"""Every metric that Ratchet tells, in the order in which they are told."""

from __future__ import annotations

from ratchet.metrics.metric import Kind, Metric


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(name=f"ratchet_{name}", kind=Kind.GAUGE, help=text, labels=labels)


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(name=f"ratchet_{name}", kind=Kind.COUNTER, help=text, labels=labels)


COLLECTION = (
    _gauge("build_info", "1; the labels say which Ratchet this is.", "version", "schema"),
    _gauge("collection_success", "1 when the figures could be read, else 0 and they are left out."),
    _gauge("collection_timestamp_seconds", "When the figures were read."),
    _gauge("collection_duration_seconds", "How long reading them took."),
    _gauge("window_seconds", "The window of the ratchet_window_ metrics, up to the reading."),
    _gauge("cost_window_seconds", "The window of the ratchet_run_ metrics, up to the reading."),
)
RUNS = (
    _gauge("runs", "Improvement runs.", "status"),
    _gauge("runs_consecutive_failures", "Runs that failed since the last success."),
    _gauge("run_last_success_timestamp_seconds", "End of the last successful run."),
    _gauge("run_last_start_timestamp_seconds", "Start of the newest run."),
    _gauge("run_last_duration_seconds", "How long the last finished run took."),
    _gauge("run_cost_usd", "Cost of the runs that began in the cost window.", "signature"),
    _gauge("run_lm_calls", "Calls of language models by those runs.", "signature"),
)
STOCK = (
    _gauge("examples", "Examples in the store.", "signature", "status", "source"),
    _gauge("dataset_info", "1; the latest dataset version.", "signature", "version"),
    _gauge("dataset_examples", "Examples of the latest dataset version.", "signature", "side"),
    _gauge(
        "dataset_quality_ratio",
        "Mean quality of the latest dataset version, 0..1 (100 in Ratchet is 1).",
        "signature",
    ),
    _gauge(
        "dataset_created_timestamp_seconds",
        "When the latest dataset version was published.",
        "signature",
    ),
    _gauge("champion_info", "1; the champion of the signature.", "signature", "version"),
    _gauge("champion_since_timestamp_seconds", "Since when it is champion.", "signature"),
    _counter("evaluations_total", "Evaluations of candidates.", "signature", "verdict"),
    _gauge(
        "evaluation_score_ratio",
        "Score of the newest evaluation on sealed data, 0..1.",
        "signature",
        "arm",
    ),
    _gauge(
        "evaluation_gain_ratio",
        "Gain of the newest evaluation: the bounds of its 95 % interval.",
        "signature",
        "bound",
    ),
    _gauge("evaluation_timestamp_seconds", "When the newest evaluation was made.", "signature"),
    _gauge(
        "forecast_score_ratio",
        "Score that the newest forecast expects of more data, with its bounds.",
        "signature",
        "bound",
    ),
)
ROLLOUTS = (
    _gauge("rollouts", "Rollouts.", "status"),
    _gauge(
        "rollout_candidate_share_ratio",
        "Share of the traffic that the candidate of an active rollout gets.",
        "signature",
        "experiment_id",
    ),
    _gauge("rollout_stage", "Stage of an active rollout, from 1.", "signature", "experiment_id"),
    _gauge(
        "rollout_paused",
        "1 when an active rollout waits for a person, else 0.",
        "signature",
        "experiment_id",
    ),
    _gauge(
        "rollout_start_timestamp_seconds",
        "When an active rollout began.",
        "signature",
        "experiment_id",
    ),
    _gauge(
        "rollout_tick_timestamp_seconds",
        "When an active rollout was last looked at.",
        "signature",
        "experiment_id",
    ),
    _counter("rollout_decisions_total", "Decisions on rollouts, holds aside.", "action", "rule"),
)
TRAFFIC = (
    _counter("telemetry_records_total", "Telemetry records ever taken into the store."),
    _gauge("telemetry_newest_timestamp_seconds", "Time of the newest request.", "signature"),
    _gauge("quarantined_lines", "Lines of telemetry that could not be used."),
    _gauge("window_requests", "Requests of the window.", "signature", "variant"),
    _gauge("window_errors", "Those that failed.", "signature", "variant"),
    _gauge(
        "window_latency_seconds",
        "Latency of the requests of the window, a percentile by nearest rank.",
        "signature",
        "variant",
        "percentile",
    ),
    _gauge(
        "window_latency_mean_seconds",
        "Mean latency of the requests of the window.",
        "signature",
        "variant",
    ),
    _gauge("window_labels", "Requests of the window with a quality.", "signature", "variant"),
    _gauge("window_quality_ratio", "Mean of their quality, 0..1.", "signature", "variant"),
    _gauge(
        "window_tokens", "Tokens of the requests of the window.", "signature", "model", "direction"
    ),
    _gauge("window_cost_usd", "Cost of the requests of the window.", "signature", "model"),
)
SYSTEM = (
    _gauge("alerts_open", "Alerts that are not over.", "level"),
    _gauge("alert_deliveries", "Messages of alerts.", "channel", "status"),
    _gauge("checks_timestamp_seconds", "When the checks of the system last ran."),
    _gauge("spool_files", "Files in the telemetry spool.", "state"),
    _gauge("spool_unread_bytes", "Telemetry that waits in the spool."),
    _gauge("spool_unread_lines", "Its lines; estimated from the first 16 MB of a larger backlog."),
    _gauge("backups", "Backups, by whether they can be used.", "state"),
    _gauge("backup_timestamp_seconds", "When the newest usable backup was made."),
    _gauge("backup_size_bytes", "Size of the newest usable backup."),
    _gauge("disk_size_bytes", "Size of the disk of the state folder."),
    _gauge("disk_free_bytes", "What of it this user may still write."),
)
CATALOGUE: tuple[Metric, ...] = (*COLLECTION, *RUNS, *STOCK, *ROLLOUTS, *TRAFFIC, *SYSTEM)
BY_NAME = {metric.name: metric for metric in CATALOGUE}
