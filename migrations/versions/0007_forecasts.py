"""forecasts: when each open commitment will be delivered, and which of them are at risk"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# How these stand is found out without telling anybody: nothing has changed.
LOOK_AT_ALL_OPEN = """
insert into ripple_forecasts (commitment_id, look_at, is_baseline)
select id, now(), true from commitments where status = 'open'
"""


def instant(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)


def upgrade() -> None:
    op.create_table(
        "ripple_forecasts",
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        instant("look_at", nullable=False),
        sa.Column("is_baseline", sa.Boolean(), server_default="false", nullable=False),
        instant("as_of", nullable=True),
        *(instant(name, nullable=True) for name in ("p50", "p80", "p95")),
        sa.Column("probability_late", sa.Double(), nullable=True),
        sa.Column("last_ticket_id", sa.Uuid(), nullable=True),
        sa.Column("last_share", sa.Double(), nullable=True),
        instant("at_risk_since", nullable=True),
        sa.CheckConstraint(
            "num_nulls(as_of, p50, p80, p95, probability_late) in (0, 5)", name=op.f("ck_ripple_forecasts_whole")
        ),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitments.id"], name=op.f("fk_ripple_forecasts_commitment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["last_ticket_id"], ["tickets.id"], name=op.f("fk_ripple_forecasts_last_ticket_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("commitment_id", name=op.f("pk_ripple_forecasts")),
    )
    op.create_index("ix_ripple_forecasts_look_at", "ripple_forecasts", ["look_at"])
    op.create_index("ix_ripple_forecasts_last_ticket_id", "ripple_forecasts", ["last_ticket_id"])
    op.create_index("ix_commitments_promised_at", "commitments", ["promised_at"])
    op.execute(LOOK_AT_ALL_OPEN)


def downgrade() -> None:
    op.drop_index("ix_commitments_promised_at", "commitments")
    op.drop_table("ripple_forecasts")
