"""service levels: background work, alarms, escalations, objectives, exclusion windows"""

import warnings
from datetime import date
from typing import Any

import holidays
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WAKE_WORKERS = """
create function wake_workers() returns trigger language plpgsql as $$
begin
    perform pg_notify('outward_work', tg_table_name);
    return null;
end $$
"""
WAKE_FOR_JOBS = """
create trigger wake_workers after insert or update of run_at on jobs for each row
    when (new.run_at < clock_timestamp() + interval '1 minute') execute function wake_workers()
"""
WAKE_FOR_ALARMS = """
create trigger wake_workers after insert or update of next_alarm_at on ticket_clocks for each row
    when (new.next_alarm_at < clock_timestamp() + interval '1 minute') execute function wake_workers()
"""
# What fell due before there were alarms stays untold; everything later is looked at once by a worker.
FIRST_ALARMS = """
update ticket_clocks set next_alarm_at = now() where state = 'running' and coalesce(due_at, now()) >= now()
"""


VERSIONS_WITH_A_COUNTRY = sa.text(
    "select distinct holiday_country, holiday_subdivision from calendar_versions where holiday_country is not null"
)
KEEP_PUBLIC_HOLIDAYS = sa.text(
    "update calendar_versions set public_holidays = :dates"
    " where holiday_country = :country and holiday_subdivision is not distinct from :subdivision"
).bindparams(sa.bindparam("dates", type_=postgresql.ARRAY(sa.Date())), sa.bindparam("subdivision", type_=sa.Text()))


def keep_public_holidays() -> None:
    """Gives every calendar version of a country the dates it went by so far, so that no other release of the package
    changes them; one of a country that this release no longer knows has none."""
    connection = op.get_bind()
    for country, subdivision in connection.execute(VERSIONS_WITH_A_COUNTRY).all():
        named = {"country": country, "subdivision": subdivision}
        connection.execute(KEEP_PUBLIC_HOLIDAYS, named | {"dates": public_holidays(country, subdivision)})


def public_holidays(country: str, subdivision: str | None) -> list[date]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            known = holidays.country_holidays(country, subdiv=subdivision)
        except NotImplementedError:
            return []
        years = range(max(1990, known.start_year), min(2100, known.end_year) + 1)
        return sorted(holidays.country_holidays(country, subdiv=subdivision, years=years))


def resource_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_kind_run_at", "jobs", ["kind", "run_at"])
    op.create_index(
        "uq_jobs_kind_key", "jobs", ["kind", "key"], unique=True, postgresql_where=sa.text("key IS NOT NULL")
    )
    op.create_index("ix_jobs_failing", "jobs", ["kind"], postgresql_where=sa.text("attempts > 0"))
    op.add_column("ticket_clocks", sa.Column("next_alarm_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ticket_clocks", sa.Column("warned_share", sa.Double(), nullable=True))
    op.create_index(
        "ix_ticket_clocks_next_alarm_at",
        "ticket_clocks",
        ["next_alarm_at"],
        postgresql_where=sa.text("next_alarm_at IS NOT NULL"),
    )
    op.create_index("ix_ticket_clocks_stopped_at", "ticket_clocks", ["stopped_at"])
    for table in ("slas", "sla_versions"):
        op.add_column(table, sa.Column("escalations", postgresql.JSONB(), server_default="[]", nullable=False))
    op.add_column("calendar_versions", sa.Column("public_holidays", postgresql.ARRAY(sa.Date()), nullable=True))
    keep_public_holidays()
    op.create_table(
        "objectives",
        *resource_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sla_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("goal", sa.Numeric(6, 5), nullable=False),
        sa.Column("window_days", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("state", sa.Text(), server_default="ok", nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("metric in ('acknowledge', 'update', 'resolve')", name=op.f("ck_objectives_metric")),
        sa.CheckConstraint("goal > 0 and goal < 1", name=op.f("ck_objectives_goal_is_a_share")),
        sa.CheckConstraint("window_days between 1 and 366", name=op.f("ck_objectives_window_days")),
        sa.CheckConstraint("state in ('ok', 'burning', 'exhausted')", name=op.f("ck_objectives_state")),
        sa.ForeignKeyConstraint(["sla_id"], ["slas.id"], name=op.f("fk_objectives_sla_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objectives")),
        sa.UniqueConstraint("sla_id", "name", name="uq_objectives_sla_id_name"),
    )
    op.create_index(op.f("ix_objectives_sla_id"), "objectives", ["sla_id"])
    op.create_table(
        "exclusion_windows",
        *resource_columns(),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provider_department_id", sa.Uuid(), nullable=True),
        sa.Column("sla_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_exclusion_windows_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["provider_department_id"],
            ["departments.id"],
            name=op.f("fk_exclusion_windows_provider_department_id"),
        ),
        sa.ForeignKeyConstraint(["sla_id"], ["slas.id"], name=op.f("fk_exclusion_windows_sla_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exclusion_windows")),
    )
    op.create_index("ix_exclusion_windows_ends_at", "exclusion_windows", ["ends_at"])
    op.create_index(
        op.f("ix_exclusion_windows_provider_department_id"), "exclusion_windows", ["provider_department_id"]
    )
    op.create_index(op.f("ix_exclusion_windows_sla_id"), "exclusion_windows", ["sla_id"])
    for statement in (WAKE_WORKERS, WAKE_FOR_JOBS, FIRST_ALARMS, WAKE_FOR_ALARMS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop trigger wake_workers on ticket_clocks")
    op.drop_table("exclusion_windows")
    op.drop_table("objectives")
    op.drop_column("calendar_versions", "public_holidays")
    for table in ("sla_versions", "slas"):
        op.drop_column(table, "escalations")
    op.drop_index("ix_ticket_clocks_stopped_at", table_name="ticket_clocks")
    op.drop_index("ix_ticket_clocks_next_alarm_at", table_name="ticket_clocks")
    op.drop_column("ticket_clocks", "warned_share")
    op.drop_column("ticket_clocks", "next_alarm_at")
    op.drop_table("jobs")
    op.execute("drop function wake_workers")
