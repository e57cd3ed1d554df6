"""What was imported, so that importing it again changes nothing; and the imports that were asked for over HTTP."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSON

from app.kernel.database import Timestamp, metadata, resource_columns

imported_cases = Table(
    "imported_cases",
    metadata,
    Column("ticket_id", Uuid, ForeignKey("tickets.id"), primary_key=True),
    Column("ticket_version", Integer, nullable=False),
    Column("commitment_version", Integer),
    Column("promise", JSON),
    Column("events", JSON, nullable=False),
)

imports = Table(
    "imports",
    metadata,
    *resource_columns(),
    Column("status", Text, nullable=False, server_default="running"),
    Column("file_name", Text),
    Column("source", Text),
    Column("dry_run", Boolean, nullable=False),
    Column("strict", Boolean, nullable=False),
    Column("bytes_total", BigInteger, nullable=False),
    Column("bytes_read", BigInteger, nullable=False, server_default="0"),
    Column("events_read", BigInteger, nullable=False, server_default="0"),
    Column("cases_stored", BigInteger, nullable=False, server_default="0"),
    Column("summary", JSON),
    Column("problem", JSON),
    Column("actor", JSON),
    Column("finished_at", Timestamp),
    CheckConstraint("status in ('running', 'done', 'failed')", name="status"),
    CheckConstraint("(status = 'running') = (finished_at is null)", name="finished_when_not_running"),
)
