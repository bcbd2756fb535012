"""What each source of examples is worth, measured by leaving it out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "ablations",
        sa.Column("ablation_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("dataset_version", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("ablation_id", name=op.f("pk_ablations")),
    )
    op.create_index("ix_ablations_age", "ablations", ["signature", "at"], unique=False)


def downgrade() -> None:
    op.drop_table("ablations")
