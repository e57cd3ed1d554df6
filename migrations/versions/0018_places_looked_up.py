"""places looked up: each by an index, also where it has nothing"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NO_ID = "'00000000-0000-0000-0000-000000000000'::uuid"


def upgrade() -> None:
    op.drop_constraint(op.f("uq_ripple_places_place"), "ripple_places")
    op.create_index(
        "uq_ripple_places_place",
        "ripple_places",
        [
            "party",
            *(sa.text(f"coalesce({name}, {NO_ID})") for name in ("requester_id", "provider_id", "request_type_id")),
            sa.text("coalesce(priority, ''::text)"),
        ],
        unique=True,
    )


def downgrade() -> None:
    op.drop_index("uq_ripple_places_place", "ripple_places")
    op.create_unique_constraint(
        op.f("uq_ripple_places_place"),
        "ripple_places",
        ["party", "requester_id", "provider_id", "request_type_id", "priority"],
        postgresql_nulls_not_distinct=True,
    )
