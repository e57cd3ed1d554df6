"""webhooks: lanes of jobs, endpoints, deliveries and their attempts"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# What is in no week's partition yet; the weeks' are made by the worker.
DEFAULT_PARTITIONS = """
create table {table}_default partition of {table} default
"""
# Nobody has anything to do because another has taken a job; but somebody may when a lane goes on.
WAKE_FOR_JOBS_BUT_NOT_FOR_LEASES = """
create trigger wake_workers after insert or update of run_at on jobs for each row
    when (new.leased_by is null and new.run_at < clock_timestamp() + interval '1 minute')
    execute function wake_workers()
"""
WAKE_FOR_LANES = """
create trigger wake_workers after update on job_lanes for each row
    when (old is distinct from new and not new.stopped and
          (new.opens_at is null or new.opens_at < clock_timestamp() + interval '1 minute'))
    execute function wake_workers()
"""
WAKE_FOR_JOBS = """
create trigger wake_workers after insert or update of run_at on jobs for each row
    when (new.run_at < clock_timestamp() + interval '1 minute') execute function wake_workers()
"""


def instant(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)


def upgrade() -> None:
    secrets()
    lanes()
    endpoints()
    deliveries()
    op.create_table(
        "webhook_progress",
        sa.Column("single", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("single", name=op.f("ck_webhook_progress_single")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_webhook_progress")),
    )


def secrets() -> None:
    op.add_column("api_keys", sa.Column("pepper", sa.LargeBinary(), nullable=True))
    # Such answers are sealed from now on; these show API keys.
    op.execute("delete from idempotent_answers where headers->>'location' like '/v1/api-keys/%'")


def lanes() -> None:
    op.create_table(
        "job_lanes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ordered", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("width", sa.SmallInteger(), nullable=False),
        sa.Column("stopped", sa.Boolean(), server_default="false", nullable=False),
        instant("opens_at", nullable=True),
        sa.CheckConstraint("width > 0", name=op.f("ck_job_lanes_width")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_lanes")),
    )
    op.create_index(op.f("ix_job_lanes_kind"), "job_lanes", ["kind"])
    op.add_column("jobs", sa.Column("lane", sa.Uuid(), nullable=True))
    op.add_column("jobs", sa.Column("position", sa.BigInteger(), nullable=True))
    op.add_column("jobs", sa.Column("leased_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_jobs_lane"), "jobs", "job_lanes", ["lane"], ["id"], ondelete="CASCADE")
    for column in ("run_at", "position"):
        in_a_lane = sa.text("lane IS NOT NULL")
        op.create_index(f"ix_jobs_lane_{column}", "jobs", ["lane", column], postgresql_where=in_a_lane)
    # What is to be done outside may well be done in many attempts, without anything having failed here.
    op.drop_index("ix_jobs_failing", "jobs")
    op.create_index("ix_jobs_failing", "jobs", ["kind"], postgresql_where=sa.text("last_error IS NOT NULL"))
    op.execute("drop trigger wake_workers on jobs")
    for statement in (WAKE_FOR_JOBS_BUT_NOT_FOR_LEASES, WAKE_FOR_LANES):
        op.execute(statement)


def endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        instant("created_at", server_default=sa.text("now()"), nullable=False),
        instant("updated_at", server_default=sa.text("now()"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("event_types", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("department_ids", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("customer_ids", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("ordered", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("status", sa.Text(), server_default="enabled", nullable=False),
        sa.Column("disabled_because", sa.Text(), nullable=True),
        instant("disabled_at", nullable=True),
        sa.Column("missed_after", sa.BigInteger(), nullable=True),
        sa.Column("begins_after", sa.BigInteger(), nullable=False),
        sa.Column("replay_after", sa.BigInteger(), nullable=True),
        sa.Column("replay_until", sa.BigInteger(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("previous_secret", sa.LargeBinary(), nullable=True),
        instant("previous_secret_until", nullable=True),
        sa.Column("signing_key", sa.LargeBinary(), nullable=True),
        sa.Column("public_key", sa.Text(), nullable=True),
        sa.Column("failures_in_a_row", sa.Integer(), server_default="0", nullable=False),
        instant("failing_since", nullable=True),
        instant("last_success_at", nullable=True),
        sa.CheckConstraint("status in ('enabled', 'paused', 'disabled')", name=op.f("ck_webhook_endpoints_status")),
        sa.CheckConstraint(
            "disabled_because in ('by_hand', 'gone', 'failing')", name=op.f("ck_webhook_endpoints_disabled_because")
        ),
        sa.CheckConstraint(
            "(status = 'disabled') = (disabled_because is not null)",
            name=op.f("ck_webhook_endpoints_disabled_for_a_reason"),
        ),
        sa.CheckConstraint(
            "(replay_after is null) = (replay_until is null)", name=op.f("ck_webhook_endpoints_replay_has_two_ends")
        ),
        sa.CheckConstraint("(signing_key is null) = (public_key is null)", name=op.f("ck_webhook_endpoints_key_pair")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )


def deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        instant("created_at", server_default=sa.text("now()"), nullable=False),
        instant("next_attempt_at", nullable=True),
        instant("ended_at", nullable=True),
        sa.Column("last_status_code", sa.SmallInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("status in ('pending', 'succeeded', 'dead')", name=op.f("ck_webhook_deliveries_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        postgresql_partition_by="range (id)",
    )
    op.create_index("ix_webhook_deliveries_endpoint_id_id", "webhook_deliveries", ["endpoint_id", "id"])
    op.create_index("ix_webhook_deliveries_endpoint_id_sequence", "webhook_deliveries", ["endpoint_id", "sequence"])
    op.create_index(
        "ix_webhook_deliveries_dead",
        "webhook_deliveries",
        ["endpoint_id", "id"],
        postgresql_where=sa.text("status = 'dead'"),
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        instant("at", nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("status_code", sa.SmallInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("answer_headers", postgresql.JSONB(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_webhook_attempts")),
        postgresql_partition_by="range (delivery_id)",
    )
    for table in ("webhook_deliveries", "webhook_attempts"):
        op.execute(DEFAULT_PARTITIONS.format(table=table))


def downgrade() -> None:
    for table in ("webhook_progress", "webhook_attempts", "webhook_deliveries", "webhook_endpoints"):
        op.drop_table(table)
    # What is to be done outside the database is known to nobody without lanes, and what is to be replayed has gone.
    op.execute("delete from jobs where lane is not null or kind in ('webhook replay', 'webhook recovery')")
    # The version before refuses to read a key with a permission that it does not know.
    op.execute("update api_keys set permissions = array_remove(permissions, 'webhooks')")
    op.execute("drop trigger wake_workers on jobs")
    op.execute(WAKE_FOR_JOBS)
    op.drop_index("ix_jobs_failing", "jobs")
    op.create_index("ix_jobs_failing", "jobs", ["kind"], postgresql_where=sa.text("attempts > 0"))
    for column in ("leased_by", "position", "lane"):
        op.drop_column("jobs", column)
    op.drop_table("job_lanes")
    op.drop_column("api_keys", "pepper")
    # What is sealed the version before cannot open.
    op.execute(r"delete from idempotent_answers where substr(body, 1, 1) = '\x01'")
