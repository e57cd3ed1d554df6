"""stored analyses: the ripple of every delivered commitment, and which are to be done again"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# What reports add up.
PACKED = ("unfit", "places", "tickets", "overrun", "primary_", "reactionary", "kept_waiting", "passed_on", "outward")
SECONDS = ("elapsed_seconds", "lateness_seconds", "plan_seconds", "unpromised_seconds", "delay_seconds")

# Whatever is told up to here is seen by the statement that marks what is there: see `app.kernel.outbox`.
BEGIN_TO_FOLLOW = """
insert into feed_progress (name, sequence)
select 'ripple', least(last, min(last - (last - held) % 2147483648))
from (select last_value - (not is_called)::int as last from events_sequence_seq) as feed
left join (
    select objid::bigint as held from pg_locks
    where locktype = 'advisory' and objsubid = 2 and classid = 20311
        and database = (select oid from pg_database where datname = current_database())
) as writers on true
group by last
"""
MARK_ALL_DELIVERED = """
insert into ripple_marks (commitment_id, marked_at) select id, now() from commitments where status = 'delivered'
"""
KNOW_ALL_DEPARTMENTS = """
insert into ripple_departments (department_id, key, calendar_id, calendar_version)
select id, key, calendar_id, (select max(number) from calendar_versions v where v.calendar_id = d.calendar_id)
from departments d
"""
WAKE_FOR_MARKS = """
create trigger wake_workers after insert or update on ripple_marks for each statement execute function wake_workers()
"""
WAKE_FOR_DEPARTMENTS = """
create trigger wake_workers after update on departments for each row
    when (old.key <> new.key or old.calendar_id is distinct from new.calendar_id)
    execute function wake_workers()
"""


def instant(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)


def upgrade() -> None:
    following()
    places()
    analyses()
    marks()
    recomputation()
    for statement in (
        BEGIN_TO_FOLLOW,
        MARK_ALL_DELIVERED,
        KNOW_ALL_DEPARTMENTS,
        WAKE_FOR_MARKS,
        WAKE_FOR_DEPARTMENTS,
    ):
        op.execute(statement)


def following() -> None:
    op.create_table(
        "feed_progress",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_feed_progress")),
    )


def places() -> None:
    op.create_table(
        "ripple_places",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("requester_id", sa.Uuid(), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("request_type_id", sa.Uuid(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["requester_id"], ["departments.id"], name=op.f("fk_ripple_places_requester_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["departments.id"], name=op.f("fk_ripple_places_provider_id")),
        sa.ForeignKeyConstraint(
            ["request_type_id"], ["request_types.id"], name=op.f("fk_ripple_places_request_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ripple_places")),
        sa.UniqueConstraint(
            "party",
            "requester_id",
            "provider_id",
            "request_type_id",
            "priority",
            name=op.f("uq_ripple_places_place"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def analyses() -> None:
    op.create_table(
        "ripple_analyses",
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        instant("delivered_at", nullable=False),
        sa.Column("engine_version", sa.Text(), nullable=False),
        sa.Column("graph_hash", sa.LargeBinary(), nullable=False),
        instant("analysed_at", nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in SECONDS),
        sa.Column("promises_impossible", sa.Integer(), nullable=False),
        sa.Column("analysis", postgresql.JSON(), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in PACKED),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitments.id"],
            name=op.f("fk_ripple_analyses_commitment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_ripple_analyses_customer_id")),
        sa.PrimaryKeyConstraint("commitment_id", name=op.f("pk_ripple_analyses")),
    )
    op.create_index("ix_ripple_analyses_delivered_at", "ripple_analyses", ["delivered_at"])
    op.create_index("ix_ripple_analyses_engine_version", "ripple_analyses", ["engine_version"])
    op.create_index("ix_ripple_analyses_customer_id_delivered_at", "ripple_analyses", ["customer_id", "delivered_at"])


def marks() -> None:
    op.create_table(
        "ripple_marks",
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        instant("marked_at", nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitments.id"], name=op.f("fk_ripple_marks_commitment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("commitment_id", name=op.f("pk_ripple_marks")),
    )
    op.create_index("ix_ripple_marks_marked_at", "ripple_marks", ["marked_at"])
    op.create_table(
        "ripple_departments",
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("calendar_id", sa.Uuid(), nullable=True),
        sa.Column("calendar_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["departments.id"],
            name=op.f("fk_ripple_departments_department_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("department_id", name=op.f("pk_ripple_departments")),
    )


def recomputation() -> None:
    counts = ("analysed", "added", "outdated", "differing", "failed")
    op.create_table(
        "ripple_recomputation",
        sa.Column("single", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("engine_version", sa.Text(), nullable=False),
        instant("since", nullable=True),
        instant("started_at", nullable=False),
        instant("after_delivered_at", nullable=True),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in counts),
        sa.CheckConstraint("single", name=op.f("ck_ripple_recomputation_single")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_ripple_recomputation")),
    )


def downgrade() -> None:
    op.execute("drop trigger wake_workers on departments")
    for table in (
        "ripple_recomputation",
        "ripple_departments",
        "ripple_marks",
        "ripple_analyses",
        "ripple_places",
        "feed_progress",
    ):
        op.drop_table(table)
