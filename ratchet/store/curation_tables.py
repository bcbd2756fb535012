"""The tables of curation and life: curators, quality by judge, tombstones, what data is worth."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Double, ForeignKey, Index, Integer, Table, Text

from ratchet.store.columns import CleanText, Document, RowNumber, UtcDateTime
from ratchet.store.metadata import metadata

# Who may approve examples; of a token only its argon2 hash is kept.
curators = Table(
    "curators",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("role", Text, nullable=False),
    Column("token_hash", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", CleanText, nullable=False),
    Column("revoked_at", UtcDateTime),
)

review_skips = Table(
    "review_skips",
    metadata,
    Column("example_id", Text, ForeignKey("examples.example_id"), primary_key=True),
    Column("curator", CleanText, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

dimension_scores = Table(
    "dimension_scores",
    metadata,
    Column("example_id", Text, ForeignKey("examples.example_id"), primary_key=True),
    Column("judge", CleanText, primary_key=True),
    Column("dimension", Text, primary_key=True),
    Column("value", Double, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    CheckConstraint("value BETWEEN 0 AND 100", name="value"),
)

judge_calibrations = Table(
    "judge_calibrations",
    metadata,
    Column("calibration_id", RowNumber, primary_key=True),
    Column("judge", CleanText, nullable=False),
    Column("signature", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("n", Integer, nullable=False),
    Column("agreement", Double),
    Column("lower", Double),
    Column("upper", Double),
    Column("document", Document, nullable=False),
)
Index(
    "ix_judge_calibrations_newest",
    judge_calibrations.c.judge,
    judge_calibrations.c.signature,
    judge_calibrations.c.calibration_id,
)

# What is gone and why; content that was forgotten on request is never taken in again.
tombstones = Table(
    "tombstones",
    metadata,
    Column("example_id", Text, primary_key=True),
    Column("signature", CleanText, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("actor", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("added_by", CleanText, nullable=False),
    Column("details", Document, nullable=False),
)

# What a learning curve foretold, and what came of it.
forecasts = Table(
    "forecasts",
    metadata,
    Column("forecast_id", CleanText, primary_key=True),
    Column("signature", CleanText, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("model", CleanText, nullable=False),
    Column("dataset_version", CleanText, nullable=False),
    Column("examples_now", Integer, nullable=False),
    Column("examples_then", Integer, nullable=False),
    Column("predicted", Double, nullable=False),
    Column("lower", Double, nullable=False),
    Column("upper", Double, nullable=False),
    Column("details", Document, nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("evaluation_id", CleanText),
    Column("actual", Double),
)
Index("ix_forecasts_age", forecasts.c.signature, forecasts.c.made_at)

# What each source is worth, measured by leaving it out.
ablations = Table(
    "ablations",
    metadata,
    Column("ablation_id", Text, primary_key=True),
    Column("signature", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("dataset_version", Text, nullable=False),
    Column("model", CleanText, nullable=False),
    Column("document", Document, nullable=False),
)
Index("ix_ablations_age", ablations.c.signature, ablations.c.at)
