"""relationships: who serves a customer in which role, since when, and who is perceived as the owner"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_relationships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("perceived_owner_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("perceived_owner_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(member_id, department_id) = 1", name=op.f("ck_customer_relationships_member_or_department")
        ),
        sa.CheckConstraint('"until" >= since', name=op.f("ck_customer_relationships_ends_after_start")),
        sa.CheckConstraint(
            "perceived_owner_until is null or perceived_owner_since is not null"
            " and perceived_owner_until >= perceived_owner_since",
            name=op.f("ck_customer_relationships_perceived_owner"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_customer_relationships_customer_id")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_customer_relationships_member_id")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_customer_relationships_department_id")
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"],
            ["customer_relationships.id"],
            name=op.f("fk_customer_relationships_successor_id"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_relationships")),
    )
    op.create_index("ix_customer_relationships_customer_id_since", "customer_relationships", ["customer_id", "since"])
    for column in ("member_id", "department_id", "successor_id"):
        op.create_index(f"ix_customer_relationships_{column}", "customer_relationships", [column])
    op.create_index(
        "uq_customer_relationships_lasting",
        "customer_relationships",
        ["customer_id", sa.text("coalesce(member_id, department_id)"), sa.text("lower(role)")],
        unique=True,
        postgresql_where=sa.text('"until" is null'),
    )
    op.create_index(
        "uq_customer_relationships_perceived_owner",
        "customer_relationships",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text(
            '"until" is null and perceived_owner_since is not null and perceived_owner_until is null'
        ),
    )


def downgrade() -> None:
    op.drop_table("customer_relationships")
