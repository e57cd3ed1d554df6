"""Where API keys are kept: never the key, only a keyed hash of it."""

from sqlalchemy import CheckConstraint, Column, LargeBinary, String, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from app.kernel.database import Timestamp, metadata, reference, resource_columns

api_keys = Table(
    "api_keys",
    metadata,
    *resource_columns(),
    Column("lookup", String(40), nullable=False, unique=True),
    Column("key_hash", LargeBinary, nullable=False),
    # Sealed: what the hash is under; null in rows of versions that derived it from the secret key of the settings.
    Column("pepper", LargeBinary),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("permissions", ARRAY(Text), nullable=False, server_default="{}"),
    Column("department_ids", ARRAY(Uuid), nullable=False, server_default="{}"),
    reference("member_id", "members.id", nullable=True),
    Column("revoked_at", Timestamp),
    CheckConstraint("role in ('admin', 'lead', 'member', 'analyst', 'integration')", name="role"),
    CheckConstraint("(role in ('lead', 'member')) = (member_id is not null)", name="stands_for_a_member"),
)
"""The departments of a key that stands for a member are the member's, and not stated here."""
