"""Who was thanked, by whom, and for what."""

from sqlalchemy import CheckConstraint, Column, Index, Table, Text
from sqlalchemy.dialects.postgresql import JSON

from app.kernel.database import Timestamp, metadata, reference, resource_columns

recognitions = Table(
    "recognitions",
    metadata,
    *resource_columns(),
    reference("member_id", "members.id", nullable=True, index=False),
    reference("department_id", "departments.id", nullable=True, index=False),
    reference("from_member_id", "members.id", nullable=True),
    reference("ticket_id", "tickets.id", nullable=True),
    reference("customer_id", "customers.id", nullable=True, index=False),
    Column("message", Text, nullable=False),
    Column("given_at", Timestamp, nullable=False, index=True),
    Column("actor", JSON),
    CheckConstraint("num_nonnulls(member_id, department_id) = 1", name="member_or_department"),
    CheckConstraint("from_member_id <> member_id", name="another"),
    *(
        Index(f"ix_recognitions_{name}_given_at", name, "given_at")
        for name in ("member_id", "department_id", "customer_id")
    ),
)
"""`member_id` or `department_id` was thanked, by `from_member_id` where that is known."""
