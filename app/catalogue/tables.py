"""The service catalogue: what each provider can be asked for."""

from sqlalchemy import CheckConstraint, Column, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY

from app.kernel.database import metadata, reference, resource_columns

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
