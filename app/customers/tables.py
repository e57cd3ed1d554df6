"""External customers, who serves them, and what became of the relation with them."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.kernel.database import Timestamp, metadata, reference, resource_columns
from app.kernel.outbox import events

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

customer_relationships = Table(
    "customer_relationships",
    metadata,
    *resource_columns(),
    reference("customer_id", "customers.id", index=False),
    reference("member_id", "members.id", nullable=True),
    reference("department_id", "departments.id", nullable=True),
    Column("role", Text, nullable=False),
    Column("since", Timestamp, nullable=False),
    Column("until", Timestamp),
    Column("perceived_owner_since", Timestamp),
    Column("perceived_owner_until", Timestamp),
    Column("end_reason", Text),
    Column(
        "successor_id",
        Uuid,
        # Checked at the end: whoever hands over ends first, since only one can be perceived as the owner.
        ForeignKey("customer_relationships.id", deferrable=True, initially="DEFERRED"),
        index=True,
    ),
    CheckConstraint("num_nonnulls(member_id, department_id) = 1", name="member_or_department"),
    CheckConstraint('"until" >= since', name="ends_after_start"),
    CheckConstraint(
        "perceived_owner_until is null or perceived_owner_since is not null"
        " and perceived_owner_until >= perceived_owner_since",
        name="perceived_owner",
    ),
    Index("ix_customer_relationships_customer_id_since", "customer_id", "since"),
)
"""Who serves a customer in which role, from `since` up to but without `until`; the customer perceives them as the owner
from `perceived_owner_since` up to `perceived_owner_until`, or up to the end."""

_lasts = customer_relationships.c.until.is_(None)
Index(
    "uq_customer_relationships_lasting",
    customer_relationships.c.customer_id,
    func.coalesce(customer_relationships.c.member_id, customer_relationships.c.department_id),
    func.lower(customer_relationships.c.role),
    unique=True,
    postgresql_where=_lasts,
)
Index(
    "uq_customer_relationships_perceived_owner",
    customer_relationships.c.customer_id,
    unique=True,
    postgresql_where=_lasts
    & customer_relationships.c.perceived_owner_since.is_not(None)
    & customer_relationships.c.perceived_owner_until.is_(None),
)

Index(
    "ix_events_customer_updated",
    text("(data #>> '{customer,id}')"),
    postgresql_where=events.c.type == "customer.updated",
    _table=events,
)
# What the timeline has of notes and preferences: how they changed is told by events, which stay.
