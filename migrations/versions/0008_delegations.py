"""delegations of approvals, and which tickets one granted"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delegations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("request_type_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("up_to_value", sa.Numeric(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delegated_by", postgresql.JSON(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", postgresql.JSON(), nullable=True),
        sa.CheckConstraint("up_to_value >= 0", name=op.f("ck_delegations_up_to_value")),
        sa.CheckConstraint(
            "currency is null or up_to_value is not null", name=op.f("ck_delegations_currency_of_a_value")
        ),
        sa.CheckConstraint("until > since", name=op.f("ck_delegations_until_after_since")),
        sa.ForeignKeyConstraint(["request_type_id"], ["request_types.id"], name=op.f("fk_delegations_request_type_id")),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name=op.f("fk_delegations_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    op.create_index("ix_delegations_department_id", "delegations", ["department_id"])
    op.create_index("ix_delegations_request_type_id", "delegations", ["request_type_id"])
    op.create_index(
        "uq_delegations_request_type_id_department_id",
        "delegations",
        ["request_type_id", "department_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.add_column("tickets", sa.Column("delegation_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_tickets_delegation_id"), "tickets", "delegations", ["delegation_id"], ["id"])
    op.create_index(
        "ix_tickets_delegation_id",
        "tickets",
        ["delegation_id"],
        postgresql_where=sa.text("delegation_id is not null"),
    )


def downgrade() -> None:
    op.drop_index("ix_tickets_delegation_id", table_name="tickets")
    op.drop_constraint(op.f("fk_tickets_delegation_id"), "tickets", type_="foreignkey")
    op.drop_column("tickets", "delegation_id")
    op.drop_table("delegations")
