"""customer changes: the events of one customer's notes and preferences, found at once"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_events_customer_updated",
        "events",
        [sa.text("(data #>> '{customer,id}')")],
        postgresql_where=sa.text("type = 'customer.updated'"),
    )


def downgrade() -> None:
    op.drop_index("ix_events_customer_updated", "events")
