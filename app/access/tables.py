"""Where API keys are kept: never the key, only a keyed hash of it."""

from sqlalchemy import CheckConstraint, Column, LargeBinary, String, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from app.kernel.database import Timestamp, metadata, resource_columns

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
    Column("revoked_at", Timestamp),
    CheckConstraint("role in ('admin', 'lead', 'member', 'analyst', 'integration')", name="role"),
)
