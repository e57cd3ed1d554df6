"""webhooks follow the feed as everything else does"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("insert into feed_progress (name, sequence) select 'webhooks', sequence from webhook_progress")
    op.drop_table("webhook_progress")


def downgrade() -> None:
    op.create_table(
        "webhook_progress",
        sa.Column("single", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("single", name=op.f("ck_webhook_progress_single")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_webhook_progress")),
    )
    op.execute("insert into webhook_progress (sequence) select sequence from feed_progress where name = 'webhooks'")
    op.execute("delete from feed_progress where name = 'webhooks'")
