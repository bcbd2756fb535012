"""Rollouts and their decisions; outcomes, payloads and labels of production requests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "labels",
        sa.Column("label_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("quality_score", sa.Double(), nullable=True),
        sa.Column("corrected_outputs", sa.JSON(), nullable=True),
        sa.CheckConstraint("quality_score BETWEEN 0 AND 1", name=op.f("ck_labels_quality_score")),
        sa.PrimaryKeyConstraint("label_id", name=op.f("pk_labels")),
    )
    op.create_index(op.f("ix_labels_arrival"), "labels", ["arrival"], unique=False)
    op.create_index("ix_labels_request", "labels", ["request_id", "at"], unique=False)
    op.create_table(
        "outcomes",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("experiment_id", sa.Text(), nullable=True),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("program_version", sa.Text(), nullable=True),
        sa.Column("candidate_buckets", sa.Integer(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("latency_ms", sa.Double(), nullable=True),
        sa.Column("input_tokens", sa.BigInteger(), nullable=True),
        sa.Column("output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("cost_usd", sa.Double(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("sampled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_outcomes")),
    )
    op.create_index("ix_outcomes_age", "outcomes", ["signature", "at"], unique=False)
    op.create_index("ix_outcomes_arrival", "outcomes", ["experiment_id", "arrival"], unique=False)
    op.create_table(
        "payloads",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=True),
        sa.Column("outputs", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_payloads")),
    )
    op.create_index(op.f("ix_payloads_arrival"), "payloads", ["arrival"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("offset_bytes", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("file", "offset_bytes", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "spool_progress",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("consumed_bytes", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("file", name=op.f("pk_spool_progress")),
    )
    op.create_table(
        "rollouts",
        sa.Column("experiment_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Double(), nullable=False),
        sa.Column("baseline_version", sa.Text(), nullable=True),
        sa.Column("candidate_version", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("policy", DOCUMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("absorbed", sa.BigInteger(), nullable=False),
        sa.Column("announced", sa.Integer(), nullable=False),
        sa.Column("ticked_at", MOMENT, nullable=True),
        sa.Column("latest", DOCUMENT, nullable=True),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["signature", "candidate_version"],
            ["program_versions.signature", "program_versions.version"],
            name=op.f("fk_rollouts_signature_candidate_version_program_versions"),
        ),
        sa.PrimaryKeyConstraint("experiment_id", name=op.f("pk_rollouts")),
    )
    op.create_index("ix_rollouts_age", "rollouts", ["signature", "started_at"], unique=False)
    op.create_index(
        "uq_rollouts_active",
        "rollouts",
        ["signature"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "rollout_decisions",
        sa.Column("experiment_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Double(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["rollouts.experiment_id"],
            name=op.f("fk_rollout_decisions_experiment_id_rollouts"),
        ),
        sa.PrimaryKeyConstraint("experiment_id", "number", name=op.f("pk_rollout_decisions")),
    )
    make_append_only("rollout_decisions")


def downgrade() -> None:
    for table in (
        "rollout_decisions",
        "rollouts",
        "spool_progress",
        "quarantine",
        "payloads",
        "outcomes",
        "labels",
        "counters",
    ):
        op.drop_table(table)


def make_append_only(table: str) -> None:
    """Let triggers refuse every change of a row and every deletion."""
    if op.get_bind().dialect.name == "postgresql":  # the function is that of the first migration
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'the table {table} is append-only'); END"
        )
