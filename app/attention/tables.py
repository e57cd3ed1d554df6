"""What somebody decided to leave alone for a while."""

from sqlalchemy import Column, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSON

from app.kernel.database import Timestamp, metadata, resource_columns

attention_snoozes = Table(
    "attention_snoozes",
    metadata,
    *resource_columns(),
    Column("kind", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    # Of that entry alone: when the same happens anew, it has another `since`, and is shown.
    Column("since", Timestamp, nullable=False),
    Column("until", Timestamp, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("actor", JSON),
    UniqueConstraint("kind", "subject_id"),
)
