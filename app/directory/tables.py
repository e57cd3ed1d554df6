"""The organisation: departments, members, and the calendars they keep."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import Date

from app.kernel.database import Timestamp, metadata, reference, resource_columns


def _business_hours() -> tuple[SchemaItem, ...]:
    return (
        Column("timezone", Text, nullable=False),
        Column("hours", JSONB, nullable=False),
        Column("holidays", ARRAY(Date), nullable=False, server_default="{}"),
        Column("holiday_country", String(2)),
        Column("holiday_subdivision", Text),
    )


calendars = Table("calendars", metadata, *resource_columns(), Column("name", Text, nullable=False), *_business_hours())

calendar_versions = Table(
    "calendar_versions",
    metadata,
    Column("calendar_id", Uuid, ForeignKey("calendars.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("holds_from", Timestamp, nullable=False),
    Column("public_holidays", ARRAY(Date)),
    *_business_hours(),
    PrimaryKeyConstraint("calendar_id", "number"),
)

departments = Table(
    "departments",
    metadata,
    *resource_columns(),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    reference("parent_id", "departments.id", nullable=True),
    reference("calendar_id", "calendars.id", nullable=True),
    reference("manager_id", "members.id", nullable=True),
    CheckConstraint("key not in ('customer', 'third_party')", name="key_not_reserved"),
    CheckConstraint("parent_id <> id", name="not_its_own_parent"),
)

members = Table(
    "members",
    metadata,
    *resource_columns(),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False, server_default="member"),
    Column("left_at", Timestamp),
    CheckConstraint("role in ('admin', 'lead', 'member', 'analyst')", name="role"),
)
Index("uq_members_email", func.lower(members.c.email), unique=True)

member_departments = Table(
    "member_departments",
    metadata,
    reference("member_id", "members.id", index=False),
    reference("department_id", "departments.id"),
    Column("position", Integer, nullable=False, server_default="0"),
    PrimaryKeyConstraint("member_id", "department_id"),
)
