"""outcomes of customers: satisfaction, complaints, renewals and what was lost"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_outcomes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind in ('csat', 'nps', 'complaint', 'churn', 'renewal', 'expansion')",
            name=op.f("ck_customer_outcomes_kind"),
        ),
        sa.CheckConstraint(
            "case kind when 'csat' then coalesce(score between 1 and 5, false)"
            " when 'nps' then coalesce(score between 0 and 10, false) else score is null end",
            name=op.f("ck_customer_outcomes_score"),
        ),
        sa.CheckConstraint(
            "value is null or currency is not null", name=op.f("ck_customer_outcomes_value_has_currency")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_customer_outcomes_customer_id")),
        sa.ForeignKeyConstraint(["commitment_id"], ["commitments.id"], name=op.f("fk_customer_outcomes_commitment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_outcomes")),
    )
    op.create_index("ix_customer_outcomes_customer_id_occurred_at", "customer_outcomes", ["customer_id", "occurred_at"])
    op.create_index("ix_customer_outcomes_occurred_at", "customer_outcomes", ["occurred_at"])
    op.create_index("ix_customer_outcomes_commitment_id", "customer_outcomes", ["commitment_id"])


def downgrade() -> None:
    op.drop_table("customer_outcomes")
