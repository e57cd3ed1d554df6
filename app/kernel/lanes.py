"""Lanes: jobs whose work lies outside the database, side by side, so that a lane that is slow, closed or full holds up
none but itself.
"""

from sqlalchemy import Boolean, CheckConstraint, Column, SmallInteger, Table, Text, Uuid

from app.kernel.database import Timestamp, metadata

job_lanes = Table(
    "job_lanes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False, index=True),
    # In an ordered lane only the job of the lowest position is ever tried, and nothing else until it has ended.
    Column("ordered", Boolean, nullable=False, server_default="false"),
    Column("width", SmallInteger, nullable=False),
    Column("stopped", Boolean, nullable=False, server_default="false"),
    # Closed until then, and from then on one job at a time, until its owner clears it.
    Column("opens_at", Timestamp),
    CheckConstraint("width > 0", name="width"),
)
