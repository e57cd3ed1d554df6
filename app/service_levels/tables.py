"""Service level agreements: what a provider undertakes, version by version."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.schema import SchemaItem

from app.kernel.database import Timestamp, metadata, reference, resource_columns


def _undertaking() -> tuple[SchemaItem, ...]:
    return (
        Column("name", Text, nullable=False),
        reference("provider_department_id", "departments.id"),
        reference("requester_department_id", "departments.id", nullable=True, index=False),
        reference("request_type_id", "request_types.id", nullable=True, index=False),
        Column("priorities", ARRAY(Text)),
        Column("customer_tiers", ARRAY(Text)),
        Column("rank", Integer, nullable=False),
        reference("calendar_id", "calendars.id"),
        Column("targets", JSONB, nullable=False),
        Column("pause_on", ARRAY(Text), nullable=False, server_default="{}"),
        Column("warn_at", JSONB, nullable=False, server_default="[]"),
        Column("escalations", JSONB, nullable=False, server_default="[]"),
        Column("active", Boolean, nullable=False, server_default="true"),
    )


slas = Table("slas", metadata, *resource_columns(), *_undertaking())
# Ties (`matching.may_tie`) are refused when one is saved, under a lock on the provider's row.
Index("ix_slas_active_rank", slas.c.provider_department_id, slas.c.rank, postgresql_where=slas.c.active)

sla_versions = Table(
    "sla_versions",
    metadata,
    Column("sla_id", Uuid, ForeignKey("slas.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("holds_from", Timestamp, nullable=False),
    *_undertaking(),
    PrimaryKeyConstraint("sla_id", "number"),
)

objectives = Table(
    "objectives",
    metadata,
    *resource_columns(),
    Column("name", Text, nullable=False),
    reference("sla_id", "slas.id"),
    Column("metric", Text, nullable=False),
    Column("goal", Numeric(6, 5), nullable=False),
    Column("window_days", Integer, nullable=False),
    Column("active", Boolean, nullable=False, server_default="true"),
    Column("state", Text, nullable=False, server_default="ok"),
    Column("state_since", Timestamp),
    UniqueConstraint("sla_id", "name", name="uq_objectives_sla_id_name"),
    CheckConstraint("metric in ('acknowledge', 'update', 'resolve')", name="metric"),
    CheckConstraint("goal > 0 and goal < 1", name="goal_is_a_share"),
    CheckConstraint("window_days between 1 and 366", name="window_days"),
    CheckConstraint("state in ('ok', 'burning', 'exhausted')", name="state"),
)
"""What share of an SLA's clocks is to be met within a rolling window, and how its error budget stood when last seen."""

exclusion_windows = Table(
    "exclusion_windows",
    metadata,
    *resource_columns(),
    Column("reason", Text, nullable=False),
    Column("starts_at", Timestamp, nullable=False),
    Column("ends_at", Timestamp, nullable=False),
    reference("provider_department_id", "departments.id", nullable=True),
    reference("sla_id", "slas.id", nullable=True),
    CheckConstraint("starts_at < ends_at", name="ends_after_start"),
    Index("ix_exclusion_windows_ends_at", "ends_at"),
)
"""Stretches of time, an outage or a strike, in which decisions count towards no attainment and no budget."""
