"""Following the feed: how far each duty that does so has read it."""

from sqlalchemy import BigInteger, Column, Table, Text

from app.kernel.database import metadata

feed_progress = Table(
    "feed_progress",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)
"""Up to which number of the feed the follower of this name has done what it does."""
