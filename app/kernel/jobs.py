"""Jobs: work that is to be done later, written in the transaction of what asks for it.

A job of a kind is done once, at `run_at` or as soon after it as a worker lives. Two that ask for the same under one
`key` while it is not done are one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, Table, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Timestamp, metadata, one_or_many
from app.kernel.ids import new_id

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text),
    Column("run_at", Timestamp, nullable=False),
    Column("payload", JSONB, nullable=False, server_default="{}"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("leased_until", Timestamp),
    Column("last_error", Text),
    Column("created_at", Timestamp, nullable=False, server_default=func.now()),
    Index("ix_jobs_kind_run_at", "kind", "run_at"),
)
Index("uq_jobs_kind_key", jobs.c.kind, jobs.c.key, unique=True, postgresql_where=jobs.c.key.is_not(None))
# A trigger tells the workers of a job that falls due within a minute: see `background`.

_ENQUEUE = upsert(jobs).on_conflict_do_nothing()


def job(kind: str, run_at: datetime, key: str | None = None, **payload: Any) -> dict[str, Any]:
    """A job as its row."""
    return {"id": new_id(), "kind": kind, "key": key, "run_at": run_at, "payload": payload}


async def enqueue(connection: AsyncConnection, wanted: Sequence[dict[str, Any]]) -> None:
    """Asks for jobs in the transaction at hand."""
    if wanted:
        await connection.execute(_ENQUEUE, one_or_many(list(wanted)))
