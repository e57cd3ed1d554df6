"""attention: somebody watches what begins to need it"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# It asks for its own next turn. What needs attention already is told to nobody: it is listed.
BEGIN = """
insert into jobs (id, kind, key, run_at) values (gen_random_uuid(), 'attention', 'attention', now())
"""


def upgrade() -> None:
    op.execute(BEGIN)


def downgrade() -> None:
    op.execute("delete from jobs where kind = 'attention'")
