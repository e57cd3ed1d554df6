"""External customers."""

from sqlalchemy import CheckConstraint, Column, Numeric, String, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from app.kernel.database import metadata, resource_columns

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
