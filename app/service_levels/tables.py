"""Service level agreements: what a provider undertakes, version by version."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text, Uuid
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
