"""The service catalogue: what each provider can be asked for, and which approvals it delegated to whom."""

from sqlalchemy import CheckConstraint, Column, Index, Numeric, String, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from app.kernel.database import Timestamp, metadata, reference, resource_columns

request_types = Table(
    "request_types",
    metadata,
    *resource_columns(),
    reference("provider_department_id", "departments.id"),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("description", Text),
    Column("required_fields", ARRAY(Text), nullable=False, server_default="{}"),
    UniqueConstraint("provider_department_id", "key"),
    CheckConstraint("kind in ('task', 'approval', 'information', 'advice', 'access', 'incident')", name="kind"),
)

delegations = Table(
    "delegations",
    metadata,
    *resource_columns(),
    reference("request_type_id", "request_types.id"),
    reference("department_id", "departments.id"),
    Column("up_to_value", Numeric),
    Column("currency", String(3)),
    Column("since", Timestamp, nullable=False),
    Column("until", Timestamp),
    Column("delegated_by", JSON),
    Column("ended_at", Timestamp),
    Column("ended_by", JSON),
    CheckConstraint("up_to_value >= 0", name="up_to_value"),
    CheckConstraint("currency is null or up_to_value is not null", name="currency_of_a_value"),
    CheckConstraint("until > since", name="until_after_since"),
)
Index(
    "uq_delegations_request_type_id_department_id",
    delegations.c.request_type_id,
    delegations.c.department_id,
    unique=True,
    postgresql_where=delegations.c.ended_at.is_(None),
)
