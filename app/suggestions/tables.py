"""What was suggested, who is for it, and what came of it."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, PrimaryKeyConstraint, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSON, JSONB

from app.kernel.database import Timestamp, metadata, reference, resource_columns

suggestions = Table(
    "suggestions",
    metadata,
    *resource_columns(),
    reference("customer_id", "customers.id", nullable=True),
    reference("department_id", "departments.id", nullable=True),
    reference("member_id", "members.id", nullable=True),
    Column("text", Text, nullable=False),
    Column("suggested_at", Timestamp, nullable=False, index=True),
    Column("actor", JSON),
    Column("status", Text, nullable=False, server_default="open"),
    Column("votes", Integer, nullable=False, server_default="0"),
    Column("answer", Text),
    Column("decided_at", Timestamp),
    Column("decided_by", JSON),
    Column("metric", Text),
    Column("days", SmallInteger),
    Column("effect", JSONB),
    CheckConstraint("status in ('open', 'adopted', 'declined')", name="status"),
    CheckConstraint("(status = 'open') = (decided_at is null)", name="decided_unless_open"),
    CheckConstraint("metric is null or status = 'adopted' and days is not null", name="metric_of_adopted"),
    Index("ix_suggestions_votes", "votes", "id"),
)
"""`member_id` is whose idea it was, where that is known. The effect of an adopted one is that on `metric`: in the
`days` before it was adopted, and in as many after; null until those are over."""

suggestion_votes = Table(
    "suggestion_votes",
    metadata,
    reference("suggestion_id", "suggestions.id", index=False),
    # The member's id, else that of the key: whichever it is, it votes once.
    Column("voter_id", Uuid, nullable=False),
    reference("member_id", "members.id", nullable=True),
    Column("voted_at", Timestamp, nullable=False),
    Column("actor", JSON),
    PrimaryKeyConstraint("suggestion_id", "voter_id"),
)
