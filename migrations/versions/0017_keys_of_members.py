"""keys of members: an API key can stand for a member"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# The version before knows no such key and could not say what it may do.
GONE = "delete from api_keys where member_id is not null"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("member_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("fk_api_keys_member_id", "api_keys", "members", ["member_id"], ["id"])
    op.create_index("ix_api_keys_member_id", "api_keys", ["member_id"])
    op.create_check_constraint(
        op.f("ck_api_keys_stands_for_a_member"),
        "api_keys",
        "(role in ('lead', 'member')) = (member_id is not null)",
    )


def downgrade() -> None:
    op.execute(GONE)
    op.drop_constraint(op.f("ck_api_keys_stands_for_a_member"), "api_keys")
    op.drop_column("api_keys", "member_id")
