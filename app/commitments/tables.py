"""Commitments: what was promised to a customer, and how the promise moved."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.kernel.database import Timestamp, metadata, reference, resource_columns

commitments = Table(
    "commitments",
    metadata,
    *resource_columns(),
    reference("customer_id", "customers.id"),
    Column("title", Text, nullable=False),
    reference("owner_department_id", "departments.id"),
    Column("status", Text, nullable=False, server_default="open"),
    Column("promised_at", Timestamp, nullable=False, index=True),
    Column("due_at", Timestamp, nullable=False, index=True),
    Column("agreed_due_at", Timestamp, nullable=False),
    Column("delivered_at", Timestamp, index=True),
    Column("cancelled_at", Timestamp),
    Column("cancel_reason", Text),
    Column("value", Numeric),
    Column("currency", String(3)),
    Column("source", Text),
    Column("external_ref", Text),
    CheckConstraint("status in ('open', 'delivered', 'cancelled')", name="status"),
    CheckConstraint("(status = 'delivered') = (delivered_at is not null)", name="delivered_when_delivered"),
    CheckConstraint("(status = 'cancelled') = (cancelled_at is not null)", name="cancelled_when_cancelled"),
    CheckConstraint("due_at >= promised_at and agreed_due_at >= promised_at", name="due_after_promised"),
    CheckConstraint("delivered_at >= promised_at", name="delivered_after_promised"),
    CheckConstraint("value is null or currency is not null", name="value_has_currency"),
)
Index(
    "uq_commitments_source_external_ref",
    commitments.c.source,
    commitments.c.external_ref,
    unique=True,
    postgresql_nulls_not_distinct=True,
    postgresql_where=commitments.c.external_ref.is_not(None),
)

commitment_reschedules = Table(
    "commitment_reschedules",
    metadata,
    reference("commitment_id", "commitments.id", index=False),
    Column("number", Integer, nullable=False),
    Column("at", Timestamp, nullable=False),
    Column("from_due_at", Timestamp, nullable=False),
    Column("to_due_at", Timestamp, nullable=False),
    Column("reason", Text, nullable=False),
    Column("customer_agreed", Boolean, nullable=False),
    Column("actor", JSONB, nullable=False),
    PrimaryKeyConstraint("commitment_id", "number"),
)
