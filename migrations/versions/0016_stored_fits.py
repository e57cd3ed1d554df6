"""stored fits: whether each ticket's promise fits those of what blocks it, stored with the analysis of its commitment"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# What was stored without them is analysed again, in the background, and until then known to be of something else.
OUTDATED = "update ripple_analyses set graph_hash = ''"
MARKED = """
insert into ripple_marks (commitment_id, marked_at)
select commitment_id, now() from ripple_analyses order by commitment_id
on conflict do nothing
"""
STALE = "update ripple_days set stale_since = now() where stale_since is null"


def upgrade() -> None:
    op.add_column("ripple_analyses", sa.Column("fits", sa.LargeBinary(), nullable=False, server_default=sa.text("''")))
    op.alter_column("ripple_analyses", "fits", server_default=None)
    for name in ("fitted", "fits"):
        op.add_column("ripple_days", sa.Column(name, sa.LargeBinary(), nullable=True))
        op.execute(f"alter table ripple_days alter column {name} set storage external")
    for statement in (OUTDATED, MARKED, STALE):
        op.execute(statement)


def downgrade() -> None:
    for name in ("fitted", "fits"):
        op.drop_column("ripple_days", name)
    op.drop_column("ripple_analyses", "fits")
