"""The tables of the store and the revision of the schema they belong to."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from ratchet.store.alert_tables import alert_deliveries, alert_silences, alerts, checks
from ratchet.store.columns import CleanText, Document, ExactJson, RowNumber, UtcDateTime
from ratchet.store.curation_tables import (
    ablations,
    curators,
    dimension_scores,
    forecasts,
    judge_calibrations,
    review_skips,
    tombstones,
)
from ratchet.store.metadata import metadata

__all__ = [
    "SCHEMA_REVISION",
    "VERSION_TABLE",
    "ablations",
    "alert_deliveries",
    "alert_silences",
    "alerts",
    "audit",
    "champions",
    "checks",
    "counters",
    "curators",
    "dimension_scores",
    "evaluations",
    "example_judgements",
    "examples",
    "forecasts",
    "judge_calibrations",
    "labels",
    "metadata",
    "outcomes",
    "payloads",
    "program_versions",
    "quarantine",
    "review_skips",
    "rollout_decisions",
    "rollouts",
    "run_stages",
    "runs",
    "spool_progress",
    "test_split_uses",
    "tombstones",
]

SCHEMA_REVISION = "0004"
"""The newest migration; a database at this revision has exactly the tables below."""

VERSION_TABLE = "ratchet_schema"
"""Holds the revision. Not alembic's usual name: Prefect's tables may share the database."""

examples = Table(
    "examples",
    metadata,
    Column("example_id", Text, primary_key=True),
    Column("signature", CleanText, nullable=False),
    Column("status", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("difficulty", Text, nullable=False),
    Column("category", CleanText, nullable=False),
    Column("quality_score", Double),
    Column("group_id", CleanText, nullable=False),
    Column("notes", CleanText, nullable=False),
    Column("inputs", ExactJson, nullable=False),
    Column("outputs", ExactJson, nullable=False),
    Column("provenance", ExactJson, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("added_by", CleanText, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    CheckConstraint("quality_score BETWEEN 0 AND 100", name="quality_score"),
)
# `top` reads the first rows of this index and sorts nothing.
Index(
    "ix_examples_best",
    examples.c.signature,
    examples.c.status,
    examples.c.quality_score.desc(),
    examples.c.created_at.desc(),
    examples.c.example_id,
)
# `find` streams in the order of this one.
Index("ix_examples_age", examples.c.signature, examples.c.created_at, examples.c.example_id)

example_judgements = Table(
    "example_judgements",
    metadata,
    Column("judgement_id", RowNumber, primary_key=True),
    Column("example_id", Text, nullable=False, index=True),  # the example may be gone
    Column("status_before", Text, nullable=False),
    Column("status_after", Text, nullable=False),
    Column("quality_before", Double),
    Column("quality_after", Double),
    Column("reason", CleanText, nullable=False),
    Column("actor", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

program_versions = Table(
    "program_versions",
    metadata,
    Column("signature", CleanText, primary_key=True),
    Column("version", CleanText, primary_key=True),
    Column("kind", CleanText, nullable=False),
    Column("path", CleanText, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("optimizer", CleanText, nullable=False),
    Column("dataset_version", CleanText),
    Column("parent_version", CleanText),
    Column("model", CleanText, nullable=False),
    Column("notes", CleanText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

champions = Table(
    "champions",
    metadata,
    Column("signature", CleanText, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("version", CleanText, nullable=False),
    Column("previous_version", CleanText),
    Column("actor", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(
        ["signature", "version"],
        ["program_versions.signature", "program_versions.version"],
    ),
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("evaluation_id", CleanText, primary_key=True),
    Column("run_id", CleanText),
    Column("signature", CleanText, nullable=False),
    Column("dataset_version", CleanText, nullable=False),
    Column("baseline_version", CleanText, nullable=False),
    Column("candidate_version", CleanText, nullable=False),
    Column("split", CleanText, nullable=False),
    Column("baseline_score", Double),
    Column("candidate_score", Double),
    Column("lower", Double),
    Column("upper", Double),
    Column("n", Integer, nullable=False),
    Column("errors", Integer, nullable=False),
    Column("verdict", CleanText, nullable=False),
    Column("reasons", Document, nullable=False),
    Column("model", CleanText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("details", Document, nullable=False),
)
Index("ix_evaluations_age", evaluations.c.signature, evaluations.c.created_at)
Index("ix_evaluations_run_id", evaluations.c.run_id)

test_split_uses = Table(
    "test_split_uses",
    metadata,
    Column("evaluation_id", CleanText, primary_key=True),
    Column("signature", CleanText, nullable=False),
    Column("dataset_version", CleanText, nullable=False),
    Column("run_id", CleanText),
    Column("n", Integer, nullable=False),
    Column("purpose", CleanText, nullable=False),
    Column("actor", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
Index(
    "ix_test_split_uses_dataset",
    test_split_uses.c.signature,
    test_split_uses.c.dataset_version,
    test_split_uses.c.at,
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", CleanText, primary_key=True),
    Column("status", CleanText, nullable=False),
    Column("path", CleanText, nullable=False),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("finished_at", UtcDateTime),
    Column("error", CleanText, nullable=False),
    Column("config", Document, nullable=False),
    Column("summary", Document, nullable=False),
)

run_stages = Table(
    "run_stages",
    metadata,
    Column("run_id", CleanText, ForeignKey("runs.run_id"), primary_key=True),
    Column("signature", CleanText, primary_key=True),
    Column("stage", CleanText, primary_key=True),
    Column("key", CleanText, nullable=False),
    Column("status", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("result", Document, nullable=False),
)
Index(
    "ix_run_stages_key",
    run_stages.c.signature,
    run_stages.c.stage,
    run_stages.c.key,
    run_stages.c.status,
)

counters = Table(
    "counters",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

rollouts = Table(
    "rollouts",
    metadata,
    Column("experiment_id", CleanText, primary_key=True),
    Column("signature", CleanText, nullable=False),
    Column("status", CleanText, nullable=False),
    Column("stage", Integer, nullable=False),
    Column("percent", Double, nullable=False),
    Column("baseline_version", CleanText),
    Column("candidate_version", CleanText, nullable=False),
    Column("salt", CleanText, nullable=False),
    Column("policy", Document, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("started_by", CleanText, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("end_reason", CleanText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("absorbed", BigInteger, nullable=False),
    Column("announced", Integer, nullable=False),
    Column("ticked_at", UtcDateTime),
    Column("latest", Document),
    Column("state", ExactJson, nullable=False),
    ForeignKeyConstraint(
        ["signature", "candidate_version"],
        ["program_versions.signature", "program_versions.version"],
    ),
)
_ACTIVE = text("ended_at IS NULL")
Index(
    "uq_rollouts_active",
    rollouts.c.signature,
    unique=True,
    sqlite_where=_ACTIVE,
    postgresql_where=_ACTIVE,
)
Index("ix_rollouts_age", rollouts.c.signature, rollouts.c.started_at)

rollout_decisions = Table(
    "rollout_decisions",
    metadata,
    Column("experiment_id", CleanText, ForeignKey("rollouts.experiment_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("action", CleanText, nullable=False),
    Column("rule", CleanText, nullable=False),
    Column("stage", Integer, nullable=False),
    Column("percent", Double, nullable=False),
    Column("actor", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("document", ExactJson, nullable=False),
)

# `arrival` counts what ingestion took in, in its order; the numbers up to the counter are
# committed, so that a reader who remembers one misses nothing.
outcomes = Table(
    "outcomes",
    metadata,
    Column("request_id", CleanText, primary_key=True),
    Column("arrival", BigInteger, nullable=False),
    Column("signature", CleanText, nullable=False),
    Column("experiment_id", CleanText),
    Column("variant", CleanText, nullable=False),
    Column("program_version", CleanText),
    Column("candidate_buckets", Integer),
    Column("key", CleanText),
    Column("at", UtcDateTime, nullable=False),
    Column("latency_ms", Double),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("cost_usd", Double),
    Column("model", CleanText),
    Column("success", Boolean, nullable=False),
    Column("error", CleanText),
    Column("sampled", Boolean, nullable=False),
)
Index("ix_outcomes_arrival", outcomes.c.experiment_id, outcomes.c.arrival)
Index("ix_outcomes_age", outcomes.c.signature, outcomes.c.at)

payloads = Table(
    "payloads",
    metadata,
    Column("request_id", CleanText, primary_key=True),
    Column("arrival", BigInteger, nullable=False, index=True),
    Column("signature", CleanText, nullable=False),
    Column("inputs", ExactJson),
    Column("outputs", ExactJson),
)

labels = Table(
    "labels",
    metadata,
    Column("label_id", CleanText, primary_key=True),
    Column("request_id", CleanText, nullable=False),
    Column("arrival", BigInteger, nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("quality_score", Double),
    Column("corrected_outputs", ExactJson),
    CheckConstraint("quality_score BETWEEN 0 AND 1", name="quality_score"),
)
Index("ix_labels_request", labels.c.request_id, labels.c.at)

spool_progress = Table(
    "spool_progress",
    metadata,
    Column("file", CleanText, primary_key=True),
    Column("consumed_bytes", BigInteger, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("is_done", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("file", CleanText, primary_key=True),
    Column("offset_bytes", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("line", CleanText, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("entry_id", RowNumber, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("actor", CleanText, nullable=False),
    Column("action", CleanText, nullable=False),
    Column("subject", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("before", Document),
    Column("after", Document),
    Column("hash", Text),
)
Index("ix_audit_subject", audit.c.subject, audit.c.entry_id)
