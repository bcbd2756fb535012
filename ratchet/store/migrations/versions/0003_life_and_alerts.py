"""Curators, quality by judge, tombstones and forecasts; alerts; the hash chain of the audit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alert_silences",
        sa.Column("silence_id", sa.Text(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("silence_id", name=op.f("pk_alert_silences")),
    )
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("runbook", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("notified_at", MOMENT, nullable=True),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_age", "alerts", ["last_at"], unique=False)
    op.create_index("ix_alerts_fingerprint", "alerts", ["fingerprint", "last_at"], unique=False)
    op.create_table(
        "checks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_checks")),
    )
    op.create_table(
        "curators",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_curators")),
    )
    op.create_table(
        "forecasts",
        sa.Column("forecast_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("dataset_version", sa.Text(), nullable=False),
        sa.Column("examples_now", sa.Integer(), nullable=False),
        sa.Column("examples_then", sa.Integer(), nullable=False),
        sa.Column("predicted", sa.Double(), nullable=False),
        sa.Column("lower", sa.Double(), nullable=False),
        sa.Column("upper", sa.Double(), nullable=False),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.Column("evaluation_id", sa.Text(), nullable=True),
        sa.Column("actual", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("forecast_id", name=op.f("pk_forecasts")),
    )
    op.create_index("ix_forecasts_age", "forecasts", ["signature", "made_at"], unique=False)
    op.create_table(
        "judge_calibrations",
        sa.Column("calibration_id", ROW_NUMBER, nullable=False),
        sa.Column("judge", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("agreement", sa.Double(), nullable=True),
        sa.Column("lower", sa.Double(), nullable=True),
        sa.Column("upper", sa.Double(), nullable=True),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("calibration_id", name=op.f("pk_judge_calibrations")),
    )
    op.create_index(
        "ix_judge_calibrations_newest",
        "judge_calibrations",
        ["judge", "signature", "calibration_id"],
        unique=False,
    )
    op.create_table(
        "tombstones",
        sa.Column("example_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("example_id", name=op.f("pk_tombstones")),
    )
    op.create_index(op.f("ix_tombstones_signature"), "tombstones", ["signature"], unique=False)
    op.create_table(
        "alert_deliveries",
        sa.Column("delivery_id", ROW_NUMBER, nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=True),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.alert_id"], name=op.f("fk_alert_deliveries_alert_id_alerts")
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_alert_deliveries")),
    )
    op.create_index(
        op.f("ix_alert_deliveries_alert_id"), "alert_deliveries", ["alert_id"], unique=False
    )
    op.create_index(
        "ix_alert_deliveries_due", "alert_deliveries", ["status", "next_attempt_at"], unique=False
    )
    op.create_table(
        "dimension_scores",
        sa.Column("example_id", sa.Text(), nullable=False),
        sa.Column("judge", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("value BETWEEN 0 AND 100", name=op.f("ck_dimension_scores_value")),
        sa.ForeignKeyConstraint(
            ["example_id"],
            ["examples.example_id"],
            name=op.f("fk_dimension_scores_example_id_examples"),
        ),
        sa.PrimaryKeyConstraint(
            "example_id", "judge", "dimension", name=op.f("pk_dimension_scores")
        ),
    )
    op.create_table(
        "review_skips",
        sa.Column("example_id", sa.Text(), nullable=False),
        sa.Column("curator", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["example_id"],
            ["examples.example_id"],
            name=op.f("fk_review_skips_example_id_examples"),
        ),
        sa.PrimaryKeyConstraint("example_id", "curator", name=op.f("pk_review_skips")),
    )
    op.add_column("audit", sa.Column("hash", sa.Text(), nullable=True))
    let_judgements_outlive_examples()


def downgrade() -> None:
    op.drop_column("audit", "hash")
    for table in (
        "review_skips",
        "dimension_scores",
        "alert_deliveries",
        "tombstones",
        "judge_calibrations",
        "forecasts",
        "curators",
        "checks",
        "alerts",
        "alert_silences",
    ):
        op.drop_table(table)


def let_judgements_outlive_examples() -> None:
    """Drop the foreign key of the judgements: what was judged stays known when it is cleaned up."""
    key = "fk_example_judgements_example_id_examples"
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(key, "example_judgements", type_="foreignkey")
        return
    with op.batch_alter_table("example_judgements", recreate="always") as table:
        table.drop_constraint(key, type_="foreignkey")
    for change in ("UPDATE", "DELETE"):  # the table was made anew, without its triggers
        op.execute(
            f"CREATE TRIGGER example_judgements_no_{change.lower()} "
            f"BEFORE {change} ON example_judgements "
            "BEGIN SELECT RAISE(ABORT, 'the table example_judgements is append-only'); END"
        )
