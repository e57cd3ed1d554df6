"""External customers, and what became of the relation with them."""

from sqlalchemy import CheckConstraint, Column, Index, Numeric, SmallInteger, String, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from app.kernel.database import Timestamp, metadata, reference, resource_columns

customers = Table(
    "customers",
    metadata,
    *resource_columns(),
    Column("external_ref", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("tier", Text, index=True),
    Column("annual_value", Numeric),
    Column("currency", String(3)),
    Column("preferences", JSONB, nullable=False, server_default="{}"),
    Column("notes", Text),
    CheckConstraint("annual_value is null or currency is not null", name="value_has_currency"),
)

customer_outcomes = Table(
    "customer_outcomes",
    metadata,
    *resource_columns(),
    reference("customer_id", "customers.id", index=False),
    Column("kind", Text, nullable=False),
    Column("score", SmallInteger),
    Column("value", Numeric),
    Column("currency", String(3)),
    Column("occurred_at", Timestamp, nullable=False, index=True),
    reference("commitment_id", "commitments.id", nullable=True),
    Column("comment", Text),
    CheckConstraint("kind in ('csat', 'nps', 'complaint', 'churn', 'renewal', 'expansion')", name="kind"),
    CheckConstraint(
        "case kind when 'csat' then coalesce(score between 1 and 5, false)"
        " when 'nps' then coalesce(score between 0 and 10, false) else score is null end",
        name="score",
    ),
    CheckConstraint("value is null or currency is not null", name="value_has_currency"),
    Index("ix_customer_outcomes_customer_id_occurred_at", "customer_id", "occurred_at"),
)
