"""ripple days: the stored analyses of each day, put together so that a report over many days reads few rows"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

PACKED = (
    "commitment_ids",
    "customer_ids",
    "delivered_at",
    "lateness",
    "plan",
    "unpromised",
    "delay",
    "worth_high",
    "worth_low",
    "worth_digits",
    "currencies",
    "entries",
    "mismatches",
    "places",
    "tickets",
    "overrun",
    "primary_",
    "reactionary",
    "kept_waiting",
    "passed_on",
    "outward",
    "unfit",
)

# The day's row is locked until the change commits, also where it is stale already: who makes the day anew locks it
# before reading, so that no change is missed.
STALE = """
create function mark_ripple_days() returns trigger language plpgsql as $$
begin
    insert into ripple_days (day, stale_since)
    select distinct (delivered_at at time zone 'UTC')::date as day, now() from changed order by day
    on conflict (day) do update set stale_since = excluded.stale_since where ripple_days.stale_since is null;
    return null;
end $$
"""
# What is at stake with a commitment is not analysed, and changes without an event.
STALE_BY_VALUE = """
create function mark_ripple_day() returns trigger language plpgsql as $$
begin
    insert into ripple_days (day, stale_since) values ((new.delivered_at at time zone 'UTC')::date, now())
    on conflict (day) do update set stale_since = excluded.stale_since where ripple_days.stale_since is null;
    return null;
end $$
"""
TRIGGERS = (
    *(
        f"""
        create trigger mark_{name} after {verb} on ripple_analyses referencing {which} table as changed
            for each statement execute function mark_ripple_days()
        """
        for name, verb, which in (
            ("added", "insert", "new"),
            ("removed", "delete", "old"),
            ("changed", "update", "old"),
            ("changed_to", "update", "new"),
        )
    ),
    """
    create trigger mark_ripple_day after update of value, currency on commitments for each row
        when (new.delivered_at is not null
            and (old.value, old.currency) is distinct from (new.value, new.currency))
        execute function mark_ripple_day()
    """,
)
ALL_STALE = """
insert into ripple_days (day, stale_since)
select distinct (delivered_at at time zone 'UTC')::date, now() from ripple_analyses
"""


def upgrade() -> None:
    op.create_table(
        "ripple_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("stale_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made", sa.Uuid(), nullable=True),
        *(sa.Column(name, sa.LargeBinary(), nullable=True) for name in PACKED),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_ripple_days")),
    )
    op.create_index("ix_ripple_days_stale_since", "ripple_days", ["stale_since"])
    # Packing them tighter would cost more time than reading them.
    external = ", ".join(f"alter column {name} set storage external" for name in PACKED)
    for statement in (f"alter table ripple_days {external}", STALE, STALE_BY_VALUE, *TRIGGERS, ALL_STALE):
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop trigger mark_ripple_day on commitments")
    for name in ("mark_added", "mark_removed", "mark_changed", "mark_changed_to"):
        op.execute(f"drop trigger {name} on ripple_analyses")
    op.execute("drop function mark_ripple_days()")
    op.execute("drop function mark_ripple_day()")
    op.drop_table("ripple_days")
